import Basics
import Foundation
import Testing

/// `tune eval --forgetting`, on a tiny model.
@Suite struct ForgettingCommandTests {
  /// A workspace with two runs: `full` and `lora`.
  private func trained() throws -> Workspace {
    let workspace = try Workspace.prepared()
    for method in ["full", "lora"] {
      try workspace.succeed(
        "train", "--\(method)", "--model", Workspace.model, "--max-steps", "8", "--learning-rate", "0.05",
        "--eval-limit",
        "10", "--output", method, "--quiet")
    }
    return workspace
  }

  /// The base's losses and answers are those that transformers gives: Tests/Fixtures/cli/make_forgetting.py.
  @Test func probesEqualTransformers() throws {
    let workspace = try trained(), golden = try JSON(contentsOf: "\(Workspace.fixtures)/cli/forgetting.json")
    let report = try workspace.succeed(
      "eval", "--forgetting", "--run", "full", "--limit", "\(golden["count"]?.intValue ?? 0)", "--json", "--quiet"
    ).json
    let probes = try #require(report["runs"]?.arrayValue?.first?["probes"]?.arrayValue)
    func probe(_ name: String) throws -> JSON { try #require(probes.first { $0["probe"]?.stringValue == name }) }
    let texts = try #require(golden["texts"]?.arrayValue)
    let sum = texts.reduce(0) { $0 + ($1["sum"]?.doubleValue ?? .nan) }
    let tokens = texts.reduce(0) { $0 + ($1["tokens"]?.intValue ?? 0) }
    let loss = try #require(try probe("general text")["base"]?.doubleValue)
    #expect(abs(loss - sum / Double(tokens)) <= 1e-4)
    let right = try #require(golden["questions"]?.arrayValue).filter { $0["right"] == true }.count
    #expect(try probe("questions")["base"]?.doubleValue == Double(right) / Double(golden["count"]?.intValue ?? 0))
    // The trained task's losses are those that training measured.
    let run = try JSON(contentsOf: workspace.file("full/run.json"))["result"]
    let trained = try probe("prepared")
    #expect(trained["trained"] == true)
    #expect(
      abs((trained["base"]?.doubleValue ?? .nan) - (run?["first_eval_loss"]?.doubleValue ?? .nan)) <= 1e-4)
  }

  @Test func runsAreComparedAndTheGateHolds() throws {
    let workspace = try trained()
    let arguments = [
      "eval", "--forgetting", "--run", "full", "--compare-runs", "lora", "--limit", "12", "--other-tasks",
      "prepared/test.jsonl",
    ]
    let text = try workspace.succeed(arguments).output
    for part in ["general text", "questions", "\ntest ", "prepared (trained)", "forgotten at most"] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(text.contains("\nfull\n") && text.contains("\nlora\n"), "\(text)")
    let file = try JSON(contentsOf: workspace.file("full/eval/forgetting.json"))
    let worst = try #require(file["runs"]?.arrayValue?.compactMap { $0["forgetting"]?.doubleValue }.max())
    let again = try workspace.succeed(arguments + ["--json", "--quiet"]).json
    #expect(again == file)
    try workspace.succeed(arguments + ["--quiet", "--max-forgetting", "\(max(0, worst) + 0.01)"])
    // 120 passages of another kind than what was trained surely become worse at such a rate.
    #expect(worst > 0.01)
    try workspace.fail(
      arguments + ["--quiet", "--max-forgetting", "\(worst - 0.005)"], code: 4,
      saying: ["gate failed: ", "became worse by", "more than --max-forgetting"])
  }

  /// A model whose virtual tokens take room in the context is compared on what both read.
  @Test func longTextsAreCutToWhatAllModelsRead() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      "train", "--prompt-tuning", "40", "--model", Workspace.model, "--max-steps", "1", "--max-length", "200",
      "--overlong", "drop", "--output", "prompt", "--quiet")
    let text = String(repeating: "Ann wants tea and Ben wants milk. ", count: 100)
    try workspace.write("{\"text\": \"\(text)\"}\r\n", to: "long.jsonl")
    let question = "{\"question\": \"Tea?\", \"choices\": [\"yes\", \"no\"], \"answer\": 0}\r\n"
    try workspace.write(question + question, to: "q.jsonl")
    let report = try workspace.succeed(
      "eval", "--forgetting", "--run", "prompt", "--general-text", "long.jsonl", "--multiple-choice", "q.jsonl",
      "--json", "--quiet"
    ).json
    let probes = try #require(report["runs"]?.arrayValue?.first?["probes"]?.arrayValue)
    #expect(probes.suffix(2).compactMap { $0["items"]?.intValue } == [1, 2])
    #expect(probes.allSatisfy { $0["tuned"]?.doubleValue?.isFinite ?? false })
  }

  @Test func ownFilesAreMeasured() throws {
    let workspace = try trained()
    try workspace.write("{\"text\": \"Ann wants tea and Ben wants milk.\"}\n", to: "own.jsonl")
    try workspace.write("{\"question\": \"Tea?\", \"choices\": [\"yes\", \"no\"], \"answer\": \"A\"}\n", to: "q.jsonl")
    let report = try workspace.succeed(
      "eval", "--forgetting", "--run", "lora", "--general-text", "own.jsonl", "--multiple-choice", "q.jsonl", "--json",
      "--quiet"
    ).json
    let probes = try #require(report["runs"]?.arrayValue?.first?["probes"]?.arrayValue)
    #expect(probes.compactMap { $0["probe"]?.stringValue } == ["prepared", "own.jsonl", "q.jsonl"])
    #expect(probes.compactMap { $0["items"]?.intValue }.suffix(2) == [1, 1])
  }

  @Test(
    arguments: [
      (["--forgetting", "--run", "lora", "--fail-under", "rougeL=0.1"], 2, "--forgetting measures no rougeL"),
      (["--forgetting", "--perplexity", "a.txt"], 2, "--perplexity and --forgetting exclude each other"),
      (["--forgetting", "--run", "lora", "--multiple-choice", "nowhere.jsonl"], 3, "nowhere.jsonl"),
      (["--max-forgetting", "0.1"], 2, "--max-forgetting belongs to --forgetting"),
      (["--forgetting", "--run", "lora", "--compare-runs", "nowhere"], 3, "nowhere: is not a training run"),
      (["--forgetting", "--model", Workspace.model], 2, "--forgetting compares a tuned model with its base"),
      (["--forgetting", "--run", "lora", "--multiple-choice", "prepared/test.jsonl"], 3, "has no text 'question'"),
      (["--forgetting", "--run", "lora", "--max-forgetting", "-1"], 2, "--max-forgetting: -1.0 is out of range"),
    ] as [([String], Int32, String)]) func wrongUseIsExplained(flags: [String], code: Int32, part: String) throws
  {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      "train", "--lora", "--model", Workspace.model, "--max-steps", "1", "--output", "lora", "--quiet")
    try workspace.fail(["eval"] + flags, code: code, saying: [part])
  }
}
