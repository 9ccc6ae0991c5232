import Basics
import Foundation
import Testing

/// The program from raw records to scores, run as a user runs it.
@Suite struct PipelineTests {
  private func today() -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd"
    return formatter.string(from: Date())
  }

  @Test func theWholeJob() throws {
    let workspace = try Workspace(), day = today()
    let prepared = try workspace.succeed("prepare", Workspace.dialogues, "--split", "0.6/0.2/0.2")
    #expect(prepared.output.contains("dialogue-summary") && prepared.output.contains("tune train --lora --rank 8"))
    for name in ["train.jsonl", "validation.jsonl", "test.jsonl", "dataset.json"] {
      #expect(workspace.exists("prepared/\(name)"))
    }
    let trained = try workspace.succeed("train", "--lora", "--rank", "8", "--epochs", "5", "--model", Workspace.model)
    #expect(trained.output.contains("LoRA r=8") && trained.output.contains("next: tune eval --rouge"))
    let run = try #require(["runs/\(day)-lora", "runs/\(today())-lora"].first { workspace.exists($0) })
    try checkRun(workspace, run)
    let evaluated = try workspace.succeed("eval", "--rouge", "--bleu", "--json")
    try checkScores(workspace, run, try evaluated.json)
    #expect(evaluated.errors.contains("using the newest run, \(run)"))
    let generated = try workspace.succeed("generate", "Ann: I want tea", "--max-new-tokens", "5")
    #expect(generated.errors.contains("using the newest run, \(run)") && !generated.output.isEmpty)
    let tuned = try workspace.succeed("eval", "--loss", "prepared/test.jsonl", "--json")
    let base = try workspace.succeed(
      "eval", "--loss", "prepared/test.jsonl", "--json", "--model", Workspace.model, "--adapter", "\(run)/adapter")
    #expect(tuned.output == base.output)
    // A second run gets a name of its own and is now the newest.
    try workspace.succeed("train", "--model", Workspace.model, "--max-steps", "1", "--quiet")
    #expect(try workspace.succeed("generate", "Ann", "--max-new-tokens", "1").errors.contains("\(run)-2"))
  }

  private func checkRun(_ workspace: Workspace, _ run: String) throws {
    #expect(
      workspace.contents().filter { $0.hasPrefix("\(run)/") }.map { String($0.dropFirst(run.count + 1)) } == [
        "adapter", "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "metrics.jsonl", "run.json",
      ])
    let description = try JSON(contentsOf: workspace.file("\(run)/run.json"))
    #expect(description["status"] == "complete")
    #expect(description["command"]?.arrayValue?.dropFirst().prefix(3) == ["train", "--lora", "--rank"])
    #expect(description["method"]?["r"] == 8 && description["method"]?["lora_alpha"]?.doubleValue == 16)
    #expect(description["method"]?["target_modules"] == ["q_proj", "v_proj"])
    #expect(description["data"]?["path"] == "prepared" && description["data"]?["overlong"] == "error")
    #expect(description["model"]?["parameters"] == 8720)
    let trainer = try #require(description["trainer"]?.objectValue)
    #expect(trainer["epochs"]?.doubleValue == 5 && trainer["batch_size"] == 8 && trainer["seed"] == 42)
    #expect(trainer["lr_schedule"] == "linear" && (trainer["learning_rate"]?.doubleValue ?? 0) > 0)
    let metrics = try workspace.lines("\(run)/metrics.jsonl")
    let steps = metrics.compactMap { $0["loss"] == nil ? nil : $0["step"]?.intValue }
    #expect(steps == Array(1...(description["total_steps"]?.intValue ?? 0)))
    let losses = metrics.compactMap { $0["eval_loss"]?.doubleValue }
    #expect(losses.first == description["result"]?["first_eval_loss"]?.doubleValue)
    #expect(losses.last == description["result"]?["last_eval_loss"]?.doubleValue)
    #expect(try #require(losses.last) < 0.95 * (try #require(losses.first)), "training does not help")
  }

  private func checkScores(_ workspace: Workspace, _ run: String, _ printed: JSON) throws {
    let saved = try JSON(contentsOf: workspace.file("\(run)/eval/scores.json"))
    #expect(saved["scores"] == printed["scores"] && saved["tuned_model"] == .string(run))
    #expect(printed["scores"]?.objectValue?.keys == ["rouge1", "rouge2", "rougeL", "rougeLsum", "bleu"])
    let rouge = try #require(printed["scores"]?["rougeL"])
    #expect(try #require(rouge["tuned"]?.doubleValue) > (try #require(rouge["base"]?.doubleValue)))
    let predictions = try workspace.lines("\(run)/eval/predictions.jsonl")
    #expect(predictions.count == printed["examples"]?.intValue)
    for prediction in predictions {
      #expect(prediction["base"]?["text"]?.stringValue != nil && prediction["tuned"]?["text"]?.stringValue != nil)
      #expect(prediction["tuned"]?["rougeL"]?.doubleValue != nil && prediction["reference"]?.stringValue != nil)
    }
    let mean = predictions.compactMap { $0["tuned"]?["rougeL"]?.doubleValue }.reduce(0, +) / Double(predictions.count)
    #expect(abs(mean - (try #require(rouge["tuned"]?.doubleValue))) < 1e-9)
  }

  @Test func fullFineTuningMakesAModelFolder() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      "train", "--full", "--model", Workspace.model, "--epochs", "2", "--save-dtype", "bfloat16", "--output", "tuned",
      "--quiet")
    #expect(
      workspace.contents().filter { $0.hasPrefix("tuned/model/") }
        == [
          "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
        ].map { "tuned/model/\($0)" })
    let scores = try workspace.succeed("eval", "--run", "tuned", "--limit", "2", "--json").json
    #expect(scores["examples"] == 2 && scores["scores"]?["rougeL"]?["tuned"] != nil)
    let own = try workspace.succeed("generate", "--model", "tuned/model", "Ann: I want", "--max-new-tokens", "8")
    #expect(
      try workspace.succeed("generate", "--run", "tuned", "Ann: I want", "--max-new-tokens", "8").output == own.output)
    // The original was not written to.
    #expect(try workspace.succeed("train", "--model", Workspace.model, "--max-steps", "1", "--json").json["run"] != nil)
  }

  @Test func trainingFromScratch() throws {
    let workspace = try Workspace.prepared()
    let texts = try workspace.lines("prepared/train.jsonl").map { record in
      JSON.object(["text": .string((record["prompt"]?.stringValue ?? "") + (record["completion"]?.stringValue ?? ""))])
    }
    try workspace.write(texts.map { $0.text() + "\n" }.joined(), to: "texts.jsonl")
    let vocabulary = try workspace.succeed(
      "tokenize", "--train", "texts.jsonl", "--vocab-size", "310", "--output", "new", "--json")
    #expect(try vocabulary.json["vocabulary_size"] == 310)
    var config = try #require(try JSON(contentsOf: "\(Workspace.model)/config.json").objectValue)
    config["vocab_size"] = 310
    config["num_hidden_layers"] = 1
    try workspace.write(JSON.object(config).text(), to: "new/config.json")
    let summary = try workspace.succeed(
      "train", "--full", "--from-scratch", "--model", "new", "--data", "texts.jsonl", "--epochs", "2", "--json",
      "--output", "scratch"
    ).json
    let losses = try workspace.lines("scratch/metrics.jsonl").compactMap { $0["loss"]?.doubleValue }
    #expect(abs(losses[0] - 5.74) < 0.1, "a new model's loss is the logarithm of its vocabulary")
    #expect(losses[losses.count - 1] < losses[0] && summary["status"] == nil)
    try workspace.succeed("generate", "--model", "scratch/model", "Ann", "--max-new-tokens", "3")
  }

  @Test func equalRunsGiveEqualBytes() throws {
    let workspace = try Workspace.prepared()
    func adapter(_ output: String, seed: String) throws -> [[UInt8]] {
      try workspace.succeed(
        "train", "--model", Workspace.model, "--target-modules", "all-linear", "--lora-dropout", "0.1", "--max-steps",
        "6", "--output", output, "--seed", seed, "--quiet")
      return [
        try workspace.bytes("\(output)/adapter/adapter_model.safetensors"),
        try workspace.bytes("\(output)/adapter/adapter_config.json"),
      ]
    }
    let first = try adapter("a", seed: "1"), again = try adapter("b", seed: "1"), other = try adapter("c", seed: "2")
    #expect(first == again)
    #expect(first[0] != other[0] && first[1] == other[1])
    let files = try ["train", "validation", "test"].map { try workspace.bytes("prepared/\($0).jsonl") }
    try workspace.succeed("prepare", Workspace.dialogues, "--split", "0.6/0.2/0.2", "--output", "again", "--quiet")
    #expect(try ["train", "validation", "test"].map { try workspace.bytes("again/\($0).jsonl") } == files)
  }

  /// Ways to hold less in memory change the time, not the losses.
  @Test func savingMemoryChangesNothing() throws {
    let workspace = try Workspace.prepared()
    func losses(_ output: String, _ arguments: String...) throws -> [Double] {
      try workspace.succeed(
        ["train", "--model", Workspace.model, "--max-steps", "4", "--quiet", "--output", output] + arguments)
      return try workspace.lines("\(output)/metrics.jsonl").compactMap { $0["loss"]?.doubleValue }
    }
    let plain = try losses("plain")
    #expect(plain.count == 4)
    for found in [
      try losses("small", "--tokens-per-pass", "100"), try losses("twice", "--activation-checkpointing"),
    ] {
      #expect(zip(found, plain).allSatisfy { abs($0 - $1) <= 1e-5 * $1 } && found.count == 4)
    }
    let description = try JSON(contentsOf: workspace.file("twice/run.json"))
    #expect(description["activation_checkpointing"] == true)
  }

  @Test func everyWeightWithLittleMemory() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      "train", "--full", "--model", Workspace.model, "--optim", "adafactor", "--layerwise-updates", "--max-steps", "20",
      "--learning-rate", "0.01", "--output", "run", "--quiet")
    let description = try JSON(contentsOf: workspace.file("run/run.json"))
    #expect(description["trainer"]?["optim"] == "adafactor" && description["trainer"]?["layerwise_updates"] == true)
    let before = try #require(description["result"]?["first_eval_loss"]?.doubleValue)
    #expect(try #require(description["result"]?["last_eval_loss"]?.doubleValue) < before - 0.3)
  }

  @Test func aProfileTellsWhereTheTimeGoes() throws {
    let workspace = try Workspace.prepared()
    let outcome = try workspace.succeed(
      "train", "--model", Workspace.model, "--max-steps", "2", "--profile", "--json", "--output", "run")
    let profile = try #require(try outcome.jsonLines.first { $0["profile"] != nil })
    let entries = try #require(profile["profile"]?.objectValue)
    for name in ["linear", "linear input gradient", "attention gradient", "head and loss"] {
      #expect((entries[name]?["product_operations"]?.doubleValue ?? 0) > 0, "\(name)")
    }
    let sum = entries.reduce(0.0) { $0 + ($1.value["seconds"]?.doubleValue ?? 0) }
    #expect(sum > 0 && sum <= (profile["seconds"]?.doubleValue ?? 0))
    #expect((profile["peak_tensor_bytes"]?.intValue ?? 0) > 1 << 20)
  }

  /// Training goes on where another adapter ended.
  @Test func anAdapterCanBeTheBeginning() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed("train", "--model", Workspace.model, "--max-steps", "5", "--output", "first", "--quiet")
    try workspace.succeed(
      "train", "--model", Workspace.model, "--init-adapter", "first/adapter", "--max-steps", "2", "--output", "second",
      "--quiet")
    let first = try JSON(contentsOf: workspace.file("first/run.json"))
    let second = try JSON(contentsOf: workspace.file("second/run.json"))
    #expect(second["method"]?["init_adapter"] == "first/adapter" && second["method"]?["r"] == 8)
    let end = try #require(first["result"]?["last_eval_loss"]?.doubleValue)
    let start = try #require(second["result"]?["first_eval_loss"]?.doubleValue)
    #expect(abs(start - end) < 1e-5)
  }

  @Test func interruptedTrainingEndsAfterTheStep() throws {
    let workspace = try Workspace.prepared()
    let running = try workspace.start([
      "train", "--model", Workspace.model, "--max-steps", "20000", "--eval-steps", "20000", "--output", "run",
    ])
    // Wait until steps are being made, at most 20 seconds.
    for _ in 0..<400 where ((try? workspace.text("run/metrics.jsonl").count) ?? 0) < 500 {
      Thread.sleep(forTimeInterval: 0.05)
    }
    kill(running.process.processIdentifier, SIGINT)
    let outcome = try running.finish()
    #expect(outcome.code == 130 && !outcome.crashed)
    #expect(outcome.output.contains("stopped after step") && !outcome.output.contains("next:"))
    let description = try JSON(contentsOf: workspace.file("run/run.json"))
    #expect(description["status"] == "interrupted")
    let steps = try workspace.lines("run/metrics.jsonl").compactMap { $0["loss"] }.count
    #expect(description["result"]?["steps"] == .integer(steps) && steps < 20_000)
    #expect(workspace.exists("run/adapter/adapter_model.safetensors"))
    #expect(!workspace.contents().contains { $0.contains(".tmp") })
    // What was saved can be used when it is named, but is not taken by itself.
    try workspace.succeed("generate", "--run", "run", "Ann", "--max-new-tokens", "1")
  }
}
