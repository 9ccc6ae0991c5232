import Basics
import Testing

/// Frozen bases that are quantised while they load: `--load-in-4bit`, `--load-in-8bit`.
@Suite struct QuantizationTests {
  @Test(arguments: [["--load-in-4bit"], ["--load-in-4bit", "--no-bnb-4bit-use-double-quant"], ["--load-in-8bit"]])
  func trainingOnAQuantisedBaseGivesAPlainAdapter(flags: [String]) throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      ["train", "--lora", "--rank", "4", "--learning-rate", "5e-3", "--max-steps", "30", "--model", Workspace.model]
        + ["--target-modules", "all-linear", "--output", "run", "--quiet"] + flags)
    let losses = try workspace.lines("run/metrics.jsonl").compactMap { $0["loss"]?.doubleValue }
    let first = losses.prefix(5).reduce(0, +), last = losses.suffix(5).reduce(0, +)
    #expect(losses.count == 30 && last < first, "\(first / 5) → \(last / 5)")
    let run = try JSON(contentsOf: workspace.file("run/run.json"))
    #expect(run["model"]?["quantization"]?.stringValue?.isEmpty == false)

    // The folder holds nothing of the base's format: it works on the base as it is, quantised, and merged into it.
    let config = try JSON(contentsOf: workspace.file("run/adapter/adapter_config.json"))
    #expect(config["peft_type"] == "LORA" && config["base_model_name_or_path"]?.stringValue == Workspace.model)
    let quantised = try workspace.losses(["--run", "run"] + flags)
    let plain = try workspace.losses(["--model", Workspace.model, "--adapter", "run/adapter"])
    #expect(abs(quantised - plain) < 0.1 * plain && quantised != plain)
    // A run's base is as it was in training, unless told otherwise.
    #expect(try workspace.losses(["--run", "run"]) == quantised)
    try workspace.succeed("merge", "--run", "run", "--output", "merged", "--quiet")
    #expect(abs(try workspace.losses(["--model", "merged"]) - plain) < 1e-3 * plain)
  }

  @Test func everyCommandThatRunsAModelTakesTheFlags() throws {
    let workspace = try Workspace()
    func probabilities(_ flags: String...) throws -> String {
      try workspace.succeed(
        ["generate", "Hello", "--model", Workspace.model, "--top-logprobs", "5", "--json"] + flags
      ).output
    }
    let found = [
      try probabilities(), try probabilities("--load-in-4bit"), try probabilities("--load-in-8bit"),
      try probabilities("--load-in-4bit", "--bnb-4bit-quant-type", "fp4"),
    ]
    #expect(Set(found).count == found.count)
    #expect(try probabilities("--load-in-4bit", "--bnb-4bit-quant-type", "nf4") == found[1])
    try workspace.write("load-in-4bit: true\n", to: "config.yaml")
    #expect(try probabilities("--config", workspace.file("config.yaml")) == found[1])
  }

  @Test func inspectEstimatesTheMemoryOfTheQuantisedModel() throws {
    let workspace = try Workspace()
    func bytes(_ flags: String...) throws -> Int {
      let json = try workspace.succeed(["inspect", Workspace.model, "--json"] + flags).json
      return try #require(json["memory_estimate"]?["generation_bytes"]?.intValue)
    }
    let plain = try bytes(), eight = try bytes("--load-in-8bit"), four = try bytes("--load-in-4bit")
    #expect(four < eight && eight < plain)
  }

  @Test func flagsThatDoNotFitAreRefused() throws {
    let workspace = try Workspace.prepared()
    func refuses(_ arguments: [String], _ text: String) throws {
      let outcome = try workspace.run(arguments + ["--model", Workspace.model])
      #expect(outcome.code == 2 && !outcome.crashed)
      #expect(outcome.errors.contains(text), "\(outcome.errors)")
    }
    for flag in ["--load-in-4bit", "--load-in-8bit"] {
      try refuses(["train", "--full", flag], "a weight that is trained cannot be quantised; leave \(flag) out")
    }
    try refuses(["generate", "Hi", "--load-in-4bit", "--load-in-8bit"], "exclude each other")
    try refuses(["generate", "Hi", "--bnb-4bit-quant-type", "nf4"], "belongs to --load-in-4bit")
    try refuses(["generate", "Hi", "--no-bnb-4bit-use-double-quant"], "belongs to --load-in-4bit")
    try refuses(["generate", "Hi", "--load-in-4bit", "--bnb-4bit-quant-type", "int4"], "int4")
    let quantised = try workspace.run([
      "generate", "Hi", "--load-in-4bit", "--model", "\(Workspace.fixtures)/checkpoints/llama.gguf",
    ])
    #expect(quantised.code == 2 && quantised.errors.contains("is quantised already (Q4_1)"), "\(quantised.errors)")
  }
}

extension Workspace {
  /// The summed loss of the test split.
  fileprivate func losses(_ flags: [String]) throws -> Double {
    try succeed(["eval", "--loss", "prepared/test.jsonl", "--json", "--quiet"] + flags).jsonLines
      .compactMap { $0["nll_sum"]?.doubleValue }.reduce(0, +)
  }
}
