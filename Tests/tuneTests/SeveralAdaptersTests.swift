import Basics
import Foundation
import Models
import Testing

/// Several adapters on one model, their combinations, and LoRAs taken out of tuned models, by the program.
@Suite struct SeveralAdaptersTests {
  private static let model = ["--model", Workspace.model]

  /// A workspace with the adapters `one` (rank 2) and `two` (rank 3, more layers), and `two` again as `odd:0.5`.
  private static func trained() throws -> Workspace {
    let workspace = try Workspace.prepared()
    for (name, options) in [
      ("one", ["--rank", "2", "--seed", "1"]),
      ("two", ["--rank", "3", "--seed", "2", "--target-modules", "q_proj,down_proj"]),
    ] {
      try workspace.succeed(
        ["train", "--max-steps", "3", "--learning-rate", "0.05", "--output", "run-\(name)", "--quiet"] + model + options
      )
      try FileManager.default.moveItem(
        atPath: workspace.file("run-\(name)/adapter"), toPath: workspace.file(name))
    }
    try FileManager.default.copyItem(atPath: workspace.file("two"), toPath: workspace.file("odd:0.5"))
    return workspace
  }

  /// The likeliest next tokens with their log-probabilities.
  private func logprobs(_ workspace: Workspace, _ arguments: [String]) throws -> [Int: Double] {
    let json = try workspace.succeed(["generate", "Ann: I want", "--top-logprobs", "300", "--json"] + arguments).json
    let tokens = json["top_logprobs"]?.arrayValue ?? []
    return Dictionary(
      uniqueKeysWithValues: tokens.compactMap { token in
        token["id"]?.intValue.flatMap { id in token["logprob"]?.doubleValue.map { (id, $0) } }
      })
  }

  private func difference(_ a: [Int: Double], _ b: [Int: Double]) -> Double {
    a.map { abs($0.value - (b[$0.key] ?? .infinity)) }.max() ?? .infinity
  }

  /// Stacked, merged and combined adapters answer alike; each alone does not.
  @Test func adaptersWorkTogether() throws {
    let workspace = try Self.trained()
    let both = ["--adapter", "one", "--adapter", "two:0.5"]
    let stacked = try logprobs(workspace, both + Self.model)
    for other in [["--adapter", "one"], ["--adapter", "two:0.5"], ["--adapter", "one", "--adapter", "two"], []] {
      #expect(difference(stacked, try logprobs(workspace, other + Self.model)) > 1e-3)
    }
    #expect(
      difference(stacked, try logprobs(workspace, ["--adapter", "two:0.5", "--adapter", "one"] + Self.model)) < 1e-4)
    // The base is the one that the first adapter names.
    #expect(difference(stacked, try logprobs(workspace, both)) < 1e-9)

    let merged = try workspace.succeed(["merge", "--output", "merged", "--json"] + both).json
    #expect(merged["merged_weights"] == 6 && merged["adapter"] == "one + two:0.5")
    #expect(difference(stacked, try logprobs(workspace, ["--model", "merged"])) < 1e-4)

    let combined = try workspace.succeed(["merge", "--as-adapter", "--output", "cat", "--json"] + both).json
    #expect(combined["rank"] == 5 && combined["layers"] == 6 && combined["combination_type"] == "cat")
    #expect(try #require(combined["largest_difference_from_sum"]?.doubleValue) < 1e-4)
    #expect(try #require(combined["largest_adapter_effect"]?.doubleValue) > 1e-2)
    #expect(difference(stacked, try logprobs(workspace, ["--adapter", "cat"])) < 1e-4)

    try workspace.succeed(["export", "--gguf-adapter", "both.gguf", "--mlx-adapter", "mlx", "--quiet"] + both)
    #expect(difference(stacked, try logprobs(workspace, ["--adapter", "mlx"] + Self.model)) < 1e-4)
    let bytes = try workspace.bytes("both.gguf")
    #expect(bytes.firstRange(of: Array("blk.1.ffn_down.weight.lora_b".utf8)) != nil)
    #expect(workspace.contents().allSatisfy { !$0.contains(".tmp-") })
  }

  @Test func combinationsAreChosen() throws {
    let workspace = try Self.trained()
    let both = ["--adapter", "one", "--adapter", "two:0.5", "--as-adapter", "--json"]
    let svd = try workspace.succeed(
      ["merge", "--combination-type", "svd", "--rank", "4", "--output", "svd"] + both
    ).json
    #expect(svd["rank"] == 4)
    let config = try JSON(contentsOf: workspace.file("svd/adapter_config.json"))
    #expect(config["r"] == 4 && config["lora_alpha"] == 4 && config["peft_type"] == "LORA")
    #expect(config["target_modules"] == ["down_proj", "q_proj", "v_proj"])
    try workspace.succeed(
      [
        "merge", "--combination-type", "dare_ties_svd", "--density", "0.7", "--seed", "3", "--majority-sign-method",
        "frequency", "--output", "dare",
      ] + both)
    let again = try workspace.succeed(
      [
        "merge", "--combination-type", "dare_ties_svd", "--density", "0.7", "--seed", "3", "--majority-sign-method",
        "frequency", "--output", "again",
      ] + both)
    #expect(again.code == 0)
    #expect(
      try workspace.bytes("dare/adapter_model.safetensors") == workspace.bytes("again/adapter_model.safetensors"))
    // Without --as-adapter the combination goes into the base.
    try workspace.succeed(
      [
        "merge", "--combination-type", "svd", "--rank", "4", "--adapter", "one", "--adapter", "two:0.5", "--output",
        "m",
      ])
    #expect(
      difference(try logprobs(workspace, ["--adapter", "svd"]), try logprobs(workspace, ["--model", "m"])) < 1e-4)
  }

  /// A name with a colon is a folder where there is one; a weight may follow it.
  @Test func weightsAreBehindTheLastColon() throws {
    let workspace = try Self.trained()
    let whole = try logprobs(workspace, ["--adapter", "two"]), half = try logprobs(workspace, ["--adapter", "two:0.5"])
    #expect(difference(try logprobs(workspace, ["--adapter", "odd:0.5"]), whole) < 1e-9)
    #expect(difference(try logprobs(workspace, ["--adapter", "odd:0.5:0.5"]), half) < 1e-9)
    #expect(difference(try logprobs(workspace, ["--adapter", "two:1"]), whole) < 1e-9)
    let base = try logprobs(workspace, Self.model)
    #expect(difference(try logprobs(workspace, ["--adapter", "one", "--adapter", "one:-1"]), base) < 1e-4)
    try workspace.fail(
      ["generate", "a", "--adapter", "two:nan"], code: 2, saying: ["--adapter two:nan: the weight is out of range"])
    try workspace.fail(
      ["generate", "a", "--adapter", "two:half"] + Self.model, code: 3, saying: ["--adapter two:half: no such file"])
  }

  @Test func evaluationTakesSeveral() throws {
    let workspace = try Self.trained()
    let both = ["--adapter", "one", "--adapter", "two:0.5"]
    try workspace.succeed(
      ["eval", "--rouge", "--limit", "2", "--max-new-tokens", "4", "--quiet", "--output", "scores"] + both)
    let json = try JSON(contentsOf: workspace.file("scores/scores.json"))
    #expect(json["tuned_model"] == "one + two:0.5")
    let losses = try ["one", "two", "both"].map { name in
      let adapters = name == "both" ? both : ["--adapter", name]
      return try workspace.succeed(["eval", "--loss", "prepared/test.jsonl", "--limit", "1", "--json"] + adapters)
        .output
    }
    #expect(Set(losses).count == 3)
  }

  @Test func adaptersThatDoNotGoTogetherAreNamed() throws {
    let workspace = try Self.trained()
    for (name, options) in [("dora", ["--dora"]), ("prompt", ["--prompt-tuning", "2"]), ("ia3", ["--ia3"])] {
      try workspace.succeed(
        ["train", "--max-steps", "1", "--output", "run-\(name)", "--quiet"] + options + Self.model)
    }
    func fail(_ adapters: [String], _ code: Int32, _ parts: [String]) throws {
      try workspace.fail(
        ["generate", "a"] + adapters.flatMap { ["--adapter", $0] } + Self.model, code: code, saying: parts)
    }
    try fail(["one", "run-dora/adapter"], 3, ["run-dora/adapter", "is not defined", "merge one of them"])
    try fail(["run-prompt/adapter", "run-prompt/adapter"], 3, ["only one adapter can bring them"])
    try fail(["run-ia3/adapter:0.5"], 2, ["IA3", "leave the weight out"])
    try fail(["run-prompt/adapter:2"], 2, ["PROMPT_TUNING"])
    try workspace.fail(
      ["merge", "--as-adapter", "--adapter", "run-ia3/adapter", "--output", "m"] + Self.model, code: 2,
      saying: ["plain LoRA", "(IA)³"])
    try workspace.fail(
      ["merge", "--as-adapter", "--combination-type", "ties", "--adapter", "one", "--adapter", "two", "--output", "m"],
      code: 2, saying: ["ranks 2 and 3", "use cat"])
    #expect(!workspace.exists("m"))
  }

  @Test func optionsThatDoNotBelongAreNamed() throws {
    let workspace = try Workspace()
    func fail(_ arguments: String..., saying parts: String...) throws {
      try workspace.fail(["merge", "--output", "m", "--adapter", "a"] + arguments, code: 2, saying: parts)
    }
    try fail("--combination-type", "mean", saying: "mean")
    try fail("--density", "0.5", saying: "--density belongs to --combination-type", "not to cat")
    try fail("--combination-type", "ties", "--density", "0", saying: "--density: 0.0 is out of range")
    try fail("--combination-type", "ties", "--seed", "1", saying: "--seed belongs to")
    try fail("--combination-type", "svd", "--majority-sign-method", "total", saying: "--majority-sign-method belongs")
    try fail("--combination-type", "ties", "--rank", "3", saying: "--rank belongs to --extract-lora")
    try fail("--as-adapter", "--save-dtype", "float16", saying: "--save-dtype and --tolerance are of merged models")
    try fail("--extract-lora", "b", "--rank", "3", saying: "leave out --adapter")
    try fail("--threshold", "0.5", saying: "--threshold belongs to --extract-lora")
    try fail("--include-modules", saying: "--include-modules belongs to --extract-lora")
    for arguments in [[], ["--rank", "2", "--threshold", "0.5"]] {
      try workspace.fail(
        ["merge", "--output", "m", "--extract-lora", "b"] + arguments, code: 2, saying: ["either --rank or --threshold"]
      )
    }
    try workspace.fail(
      ["merge", "--output", "m", "--extract-lora", "b", "--threshold", "1.5"], code: 2, saying: ["--threshold: 1.5"])
  }

  // MARK: Taking a LoRA out of a model

  @Test func aMergedAdapterIsTakenOutAgain() throws {
    let workspace = try Self.trained()
    try workspace.succeed(["merge", "--adapter", "two", "--output", "tuned"])
    let json = try workspace.succeed(
      ["merge", "--extract-lora", "tuned", "--rank", "3", "--output", "lora", "--json"] + Self.model
    ).json
    #expect(try #require(json["largest_logit_difference"]?.doubleValue) < 1e-4)
    #expect(try #require(json["largest_difference_without"]?.doubleValue) > 1e-2)
    let kinds = try #require(json["kinds"]?.arrayValue)
    #expect(kinds.map { $0["kind"] } == ["q_proj", "down_proj"])
    #expect(kinds.allSatisfy { ($0["kept"]?.doubleValue ?? 0) > 0.99999 && $0["layers"] == 2 })
    #expect(json["lost"] == [] && json["whole_modules"] == [])
    #expect(
      difference(try logprobs(workspace, ["--adapter", "lora"]), try logprobs(workspace, ["--adapter", "two"])) < 1e-4)
    let text = try workspace.succeed(
      ["merge", "--extract-lora", "tuned", "--threshold", "0.6", "--output", "small"] + Self.model
    ).output
    #expect(text.contains("% of the difference of 2 × q_proj · rank "), "\(text)")
    try workspace.fail(
      ["merge", "--extract-lora", Workspace.model, "--rank", "2", "--output", "none"] + Self.model, code: 2,
      saying: ["nothing to extract"])
    try workspace.fail(
      ["merge", "--extract-lora", "missing", "--rank", "2", "--output", "none"] + Self.model, code: 3,
      saying: ["--extract-lora missing: no such file or folder"])
    try workspace.fail(
      ["merge", "--extract-lora", "\(Workspace.fixtures)/merging/gpt2", "--rank", "2", "--output", "none"] + Self.model,
      code: 3, saying: ["tokenizer"])
    #expect(!workspace.exists("none"))
  }

  /// Full fine-tuning changes norms and embeddings too: they are told, and saved where asked for.
  @Test func whatIsLostIsTold() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      ["train", "--full", "--max-steps", "3", "--learning-rate", "0.01", "--output", "run", "--quiet"] + Self.model)
    let extract = ["merge", "--extract-lora", "run/model", "--rank", "16", "--json"] + Self.model
    let without = try workspace.succeed(extract + ["--output", "lora"]).json
    let lost = try #require(without["lost"]?.arrayValue).compactMap { $0["name"]?.stringValue }
    #expect(lost.contains("model.norm.weight") && lost.contains("model.embed_tokens.weight"))
    let with = try workspace.succeed(extract + ["--output", "all", "--include-modules"]).json
    #expect(try #require(with["whole_modules"]?.arrayValue).contains("model.norm"))
    func error(_ json: JSON) throws -> Double { try #require(json["largest_logit_difference"]?.doubleValue) }
    #expect(try error(with) < error(without))
    #expect(try error(without) < #require(without["largest_difference_without"]?.doubleValue))
  }

  // MARK: Conversations

  /// The adapters change while the conversation goes on.
  @Test func aConversationChangesItsAdapters() throws {
    let workspace = try Self.trained()
    try FileManager.default.copyItem(atPath: Workspace.model, toPath: workspace.file("model"))
    try workspace.write(
      "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
        + "{% if add_generation_prompt %}assistant:{% endif %}", to: "model/chat_template.jinja")
    let options = ["--model", "model", "--max-new-tokens", "12", "--json"]
    func answers(_ input: String, _ arguments: [String] = []) throws -> (texts: [String], notes: String) {
      let outcome = try workspace.succeed(["chat"] + options + arguments, input: input)
      return (try outcome.jsonLines.compactMap { $0["content"]?.stringValue }, outcome.errors)
    }
    let expected = try [[], ["--adapter", "one"], ["--adapter", "one", "--adapter", "two:0.5"]].map {
      try #require(try answers("Hello\n", $0).texts.first)
    }
    #expect(Set(expected).count == 3)
    let swapped = try answers(
      "Hello\n/reset\n/adapter one\nHello\n/reset\n/adapter one two:0.5\nHello\n/adapter\n/reset\n/adapter none\nHello\n"
    )
    #expect(swapped.texts == expected + [expected[0]])
    #expect(swapped.notes.contains("LoRA r=2") && swapped.notes.contains("no adapter: the base answers"))
    // What was said is read anew with the new adapter: as without a cache.
    let turns = try answers("Hello\n/adapter two:3\nWell?\n").texts
    let prompt = "user: Hello\nassistant: \(turns[0])\nuser: Well?\nassistant:"
    let direct = try workspace.succeed(["generate", prompt, "--adapter", "two:3"] + options).json["text"]?.stringValue
    #expect(turns[1] == direct?.trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(turns[1] != (try answers("Hello\nWell?\n").texts[1]))
    try workspace.fail(
      ["chat"] + options, code: 3, saying: ["/adapter nothing: no such file"], input: "/adapter nothing\n")
  }
}
