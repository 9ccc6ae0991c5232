import Basics
import Foundation
import Models
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

  /// A prompt that has hardly moved is nearest to the tokens that it began as.
  @Test func virtualTokensAreNearTokens() throws {
    let workspace = try Workspace.prepared(), text = "Ann takes the bus."
    try workspace.succeed(
      "train", "--prompt-tuning", "3", "--prompt-tuning-init-text", text, "--model", Workspace.model, "--max-steps",
      "1",
      "--learning-rate", "1e-6", "--output", "run", "--quiet")
    let ids = try #require(
      try workspace.succeed("tokenize", text, "--add-special-tokens", "--model", Workspace.model, "--json")
        .json["input_ids"]?.arrayValue)
    let found = try workspace.succeed("inspect", "run/adapter", "--nearest", "4", "--json").json["nearest_tokens"]
    let rows = try #require(found?.arrayValue).map { $0.arrayValue ?? [] }
    #expect(rows.map { $0.first?["id"] } == ids.prefix(3).map { $0 } && rows.allSatisfy { $0.count == 4 })
    let model = try Safetensors("\(Workspace.model)/model.safetensors")
    let adapter = try Safetensors(workspace.file("run/adapter/adapter_model.safetensors"))
    let table = try values(model, "model.embed_tokens.weight"), prompt = try values(adapter, "prompt_embeddings")
    for (virtual, row) in zip(prompt, rows) {
      let expected = table.map { cosine($0, virtual) }.sorted(by: >)
      for (neighbour, best) in zip(row, expected) {
        let own = table[try #require(neighbour["id"]?.intValue)]
        let distance = zip(own, virtual).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        #expect(abs(try #require(neighbour["similarity"]?.doubleValue) - best) < 1e-5)
        #expect(abs(cosine(own, virtual) - best) < 1e-5)
        #expect(abs(try #require(neighbour["distance"]?.doubleValue) - distance) < 2e-3)
      }
    }
    #expect(try workspace.succeed("inspect", "run/adapter", "--nearest", "2").output.contains("cosine similarity"))
    try workspace.fail(["inspect", Workspace.model, "--nearest", "2"], code: 2, saying: ["is no adapter folder"])
    try workspace.fail(["inspect", "--nearest", "0"], code: 2, saying: ["--nearest: 0 is too small"])
    let lora = "\(Self.fixtures)/llama/tied/lora_qv"
    try workspace.fail(["inspect", lora, "--nearest", "2"], code: 2, saying: ["of type LORA, which has no virtual"])
    // A base that is not at hand has no vocabulary to search.
    try workspace.fail(
      ["inspect", "\(Self.fixtures)/peft/prompt-random-gpt2/initial", "--nearest", "2"], code: 3,
      saying: ["needs its base"])
  }

  /// The rows of a matrix.
  private func values(_ file: Safetensors, _ name: String) throws -> [[Double]] {
    let stored = try #require(file.tensor(name)), width = stored.shape[1]
    var values = [Float](repeating: 0, count: stored.elementCount)
    try file.read(stored, into: &values)
    return (0..<stored.shape[0]).map { row in values[row * width..<(row + 1) * width].map { Double($0) } }
  }

  private func cosine(_ a: [Double], _ b: [Double]) -> Double {
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
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
