import Basics
import Foundation
import Testing

/// `tune inspect` of everything that it knows, and of what it does not.
@Suite struct InspectTests {
  private static let fixtures = Workspace.fixtures

  private func json(_ arguments: String...) throws -> JSON {
    try Workspace().succeed(["inspect", "--json"] + arguments).json
  }

  @Test func modelsAreMeasured() throws {
    let model = try json(Workspace.model)
    #expect(model["kind"] == "model" && model["architecture"] == "LlamaForCausalLM" && model["model_type"] == "llama")
    let config = try JSON(contentsOf: "\(Workspace.model)/config.json")
    #expect(model["layers"] == config["num_hidden_layers"] && model["hidden_size"] == config["hidden_size"])
    #expect(model["vocabulary_size"] == config["vocab_size"] && model["tied_head"] == config["tie_word_embeddings"])
    // Every value of the file is a parameter.
    #expect(model["parameters"] == model["tensors"]?["values"])
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: "\(Workspace.model)/model.safetensors")[.size] as? Int)
    let bytes = try #require(model["tensors"]?["bytes"]?.intValue)
    #expect(bytes < size && bytes > size / 2)
    #expect(model["tokenizer"]?["vocabulary_size"] == 300)
  }

  /// The plan has the counts that training then has.
  @Test(arguments: [[], ["--rank", "4"], ["--rank", "2", "--target-modules", "all-linear"]])
  func thePlanIsWhatTrainingTrains(options: [String]) throws {
    let workspace = try Workspace.prepared()
    let plan = try workspace.succeed(["inspect", Workspace.model, "--json"] + options).json["lora"]
    try workspace.succeed(
      ["train", "--model", Workspace.model, "--max-steps", "1", "--output", "run", "--quiet"] + options)
    let adapter = try workspace.succeed("inspect", "run/adapter", "--json").json
    #expect(plan?["parameters"] == adapter["adapter_parameters"] && plan?["parameters"] != nil)
    #expect(adapter["tensors"]?["values"] == adapter["adapter_parameters"])
    let kinds = try #require(plan?["kinds"]?.arrayValue)
    #expect(kinds.compactMap { $0["parameters"]?.intValue }.reduce(0, +) == plan?["parameters"]?.intValue)
    #expect(kinds.count == (options.contains("all-linear") ? 7 : 2))
  }

  @Test func wrongPlansAreNamed() throws {
    let workspace = try Workspace()
    try workspace.fail(
      ["inspect", Workspace.model, "--target-modules", "q_porj"], code: 2, saying: ["'q_porj'", "did you mean q_proj?"])
    try workspace.fail(["inspect", Workspace.model, "--rank", "17"], code: 2, saying: ["--rank: 17", "is larger"])
    try workspace.fail(["inspect", Workspace.model, "--rank", "0"], code: 2, saying: ["--rank"])
  }

  @Test func theDefaultModelIsInspected() throws {
    let model = try json()
    #expect(model["path"] == "tune-base" && model["tensors"]?["formats"]?["BF16"] != nil)
  }

  @Test func filesOfWeightsAreListed() throws {
    let whole = try json("\(Workspace.model)/model.safetensors", "--tensors")
    #expect(whole["kind"] == "weights" && whole["metadata"]?["format"] == "pt")
    #expect(whole["tensors"]?["list"]?.arrayValue?.count == whole["tensors"]?["count"]?.intValue)
    let gguf = try json("\(Self.fixtures)/checkpoints/llama.gguf")
    #expect(gguf["kind"] == "model" && gguf["metadata"]?["general.architecture"] == "llama")
    // A file of no model is listed, too.
    let quants = try json("\(Self.fixtures)/checkpoints/quants.gguf", "--tensors")
    #expect(quants["kind"] == "weights" && quants["error"]?.stringValue != nil)
    #expect(quants["tensors"]?["formats"]?["Q4_K"] != nil)
  }

  @Test func adaptersAreTriedOnTheirBase() throws {
    let tied = "\(Self.fixtures)/llama/tied"
    let fits = try json("\(tied)/lora_qv", "--model", "\(Self.fixtures)/cli/model")
    #expect(fits["fits"] == false && fits["error"]?.stringValue?.contains("has shape [4, 32]") == true)
    // The base that it names is not at hand.
    let alone = try json("\(tied)/lora_qv")
    #expect(alone["fits"] == .null && alone["settings"]?["r"] == 4 && alone["tensors"]?["count"] == 8)
    let mlx = try json("\(Self.fixtures)/mlx/llama")
    #expect(mlx["settings"]?["fine_tune_type"] == "lora" && mlx["base"] == "llama/untied")
  }

  @Test func runsDataAndTokenizersAreTold() throws {
    let workspace = try Workspace.prepared()
    let data = try workspace.succeed("inspect", "prepared", "--json").json
    #expect(data["kind"] == "prepared" && data["card"]?["version"] == 1)
    let counts = ["train", "validation", "test"].compactMap { data["splits"]?[$0]?["examples"]?.intValue }
    #expect(counts.reduce(0, +) == 60)
    try workspace.succeed(
      "train", "--model", Workspace.model, "--max-steps", "1", "--output", "run", "--quiet")
    let run = try workspace.succeed("inspect", "run", "--json").json
    #expect(run["kind"] == "run" && run["status"] == "complete" && run["saved"] == ["run/adapter"])
    let tokenizer = try workspace.succeed("inspect", "\(Workspace.model)/tokenizer.json", "--json").json
    #expect(tokenizer["kind"] == "tokenizer" && tokenizer["vocabulary_size"] == 300)
    for path in ["prepared", "run", "\(Workspace.model)/tokenizer.json", "run/adapter", Workspace.model] {
      let lines = try workspace.succeed("inspect", path).output.split(separator: "\n")
      #expect(lines.count > 2 && lines.count < 100)
    }
  }

  @Test func otherFilesAreNamed() throws {
    let workspace = try Workspace()
    try workspace.write("hello", to: "text.txt")
    try createFolder(workspace.file("empty"))
    try workspace.fail(["inspect", "text.txt"], code: 3, saying: ["text.txt", "expected .gguf, .safetensors"])
    try workspace.fail(["inspect", "missing"], code: 3, saying: ["missing", "no such file"])
    try workspace.fail(["inspect", "empty"], code: 3, saying: ["empty: has no weights"])
    try workspace.write("{}", to: "broken.safetensors")
    try workspace.fail(["inspect", "broken.safetensors"], code: 3, saying: ["broken.safetensors"])
  }
}
