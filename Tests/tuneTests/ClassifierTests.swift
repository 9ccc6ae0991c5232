import Basics
import Foundation
import Testing

/// From records with classes to a tuned classifier, on a tiny random DistilBERT.
@Suite struct ClassifierTests {
  private static let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "fine", "poor", "very", "tea", "cake"]

  /// The model of the goldens with a tokenizer of a few words.
  func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/families/distilbert").path
    for name in ["config.json", "model.safetensors"] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\(name)"))
      try workspace.write([UInt8](data), to: "\(name)")
    }
    try FileManager.default.createDirectory(atPath: workspace.file("encoder"), withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.moveItem(atPath: workspace.file(name), toPath: workspace.file("encoder/\(name)"))
    }
    let vocabulary = Self.words.enumerated().map { JSONObject.Entry(key: $0.element, value: .integer($0.offset)) }
    let tokenizer: JSON = [
      "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": [], "normalizer": .null,
      "pre_tokenizer": ["type": "Whitespace"],
      "post_processor": ["type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]],
      "decoder": .null,
      "model": ["type": "WordLevel", "vocab": .object(JSONObject(entries: vocabulary)), "unk_token": "[UNK]"],
    ]
    try workspace.write(tokenizer.text(), to: "encoder/tokenizer.json")
    try workspace.write("{}", to: "encoder/tokenizer_config.json")
    let records = ["tea", "cake", "very tea", "very cake"].flatMap { noun in
      [("good", "praise"), ("fine", "praise"), ("bad", "blame"), ("poor", "blame")].map { word, label in
        JSON.object(["prompt": .string("\(word) \(noun)"), "completion": .string(" \(label)")]).text() + "\n"
      }
    }
    for split in ["train", "test"] { try workspace.write(records.joined(), to: "\(split).jsonl") }
    return workspace
  }

  @Test func classesAreLearntFromCompletions() throws {
    let workspace = try workspace()
    try workspace.succeed(
      "train", "--full", "--model", "encoder", "--data", "train.jsonl", "--max-steps", "40", "--learning-rate", "0.01",
      "--output", "run", "--quiet")
    let config = try JSON(contentsOf: workspace.file("run/model/config.json"))
    #expect(config["id2label"] == ["0": "blame", "1": "praise"])
    #expect(config["architectures"] == ["DistilBertForSequenceClassification"])
    for (text, label) in [("fine cake", "praise"), ("very bad tea", "blame")] {
      let found = try workspace.succeed("generate", text, "--model", "run/model", "--json").json
      #expect(found["label"] == .string(label))
      #expect((found["probability"]?.doubleValue ?? 0) > 0.8)
    }
    let report = try workspace.succeed(
      "eval", "--model", "run/model", "--data", "test.jsonl", "--rouge", "--json", "--output", "eval"
    ).json
    #expect(report.text().contains("\"rouge1\""))
    // The mean loss of a trained head.
    let losses = try workspace.succeed("eval", "--loss", "test.jsonl", "--model", "run/model", "--json").output
      .split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(losses.count == 16 && losses.allSatisfy { ($0["nll_sum"]?.doubleValue ?? 9) < 0.3 })
  }

  /// The head is trained and saved with the adapter, and the classes' names with both.
  @Test func anAdapterBringsItsHeadAndItsClasses() throws {
    let workspace = try workspace()
    try workspace.succeed(
      "train", "--lora", "--rank", "2", "--model", "encoder", "--data", "train.jsonl", "--max-steps", "60",
      "--learning-rate", "0.02", "--output", "run", "--quiet")
    let config = try JSON(contentsOf: workspace.file("run/adapter/adapter_config.json"))
    #expect(config["task_type"] == "SEQ_CLS" && config["modules_to_save"] == ["classifier"])
    for arguments in [["--run", "run"], ["--model", "encoder", "--adapter", "run/adapter"]] {
      let found = try workspace.succeed(["generate", "very poor cake", "--json"] + arguments).json
      #expect(found["label"] == "blame")
      #expect((found["probability"]?.doubleValue ?? 0) > 0.8)
    }
    let report = try workspace.succeed(
      "eval", "--run", "run", "--data", "test.jsonl", "--rouge", "--json", "--output", "eval"
    ).json
    #expect(report["scores"]?["rouge1"]?["tuned"]?.doubleValue ?? 0 > 0.9, "\(report.text())")
    // A merged model needs no adapter and answers alike.
    try workspace.succeed("merge", "--run", "run", "--output", "merged")
    #expect(try workspace.succeed("generate", "very poor cake", "--model", "merged", "--json").json["label"] == "blame")
    try workspace.fail(
      ["export", "--run", "run", "--mlx-adapter", "mlx"], code: 2, saying: ["mlx-lm", "DistilBert"])
    let inspection = try workspace.succeed("inspect", "run/adapter", "--json").json
    #expect(inspection["fits"] == true && inspection["changes_logits"] == true)
  }

  @Test func whatAClassifierCannotDoIsSaid() throws {
    let workspace = try workspace()
    try workspace.fail(["chat", "--model", "encoder"], code: 2, saying: ["classifies texts"], input: "Hi")
    try workspace.write("{\"prompt\": \"good tea\", \"completion\": \"praise\"}\n", to: "one.jsonl")
    try workspace.fail(
      ["train", "--full", "--model", "encoder", "--data", "one.jsonl"], code: 3, saying: ["at least two classes"])
    try workspace.fail(
      ["eval", "--loss", "train.jsonl", "--model", "encoder"], code: 3, saying: ["'praise' is no class of the model"])
  }
}
