import Basics
import Foundation
import Testing

/// From records to a tuned encoder and decoder, on a tiny random FLAN-T5.
@Suite struct EncoderDecoderTests {
  private static let words = ["<pad>", "</s>", "<unk>", "red", "blue", "green", "rose", "sky", "leaf", "what", "is"]
  private static let pairs = [("red", "rose"), ("blue", "sky"), ("green", "leaf")]

  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/families/flan-t5").path
    let folder = workspace.file("t5")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(atPath: "\(fixtures)/\(name)", toPath: "\(folder)/\(name)")
    }
    let vocabulary = Self.words.enumerated().map { JSONObject.Entry(key: $0.element, value: .integer($0.offset)) }
    let end: JSON = ["id": "</s>", "ids": [1], "tokens": ["</s>"]]
    let tokenizer: JSON = [
      "version": "1.0", "truncation": .null, "padding": .null, "normalizer": .null, "decoder": .null,
      "added_tokens": [
        [
          "id": 1, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
          "special": true,
        ]
      ],
      "pre_tokenizer": ["type": "Whitespace"],
      "post_processor": [
        "type": "TemplateProcessing",
        "single": [["Sequence": ["id": "A", "type_id": 0]], ["SpecialToken": ["id": "</s>", "type_id": 0]]],
        "pair": [["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 0]]],
        "special_tokens": ["</s>": end],
      ],
      "model": ["type": "WordLevel", "vocab": .object(JSONObject(entries: vocabulary)), "unk_token": "<unk>"],
    ]
    try workspace.write(tokenizer.text(), to: "t5/tokenizer.json")
    try workspace.write("{\"eos_token\": \"</s>\"}", to: "t5/tokenizer_config.json")
    let records = Self.pairs.map { prompt, completion in
      let record: JSON = ["prompt": .string("what is \(prompt)"), "completion": .string(" \(completion)")]
      return record.text() + "\n"
    }
    for split in ["train", "test"] { try workspace.write(records.joined(), to: "\(split).jsonl") }
    return workspace
  }

  @Test(arguments: [["--full"], ["--lora", "--rank", "8", "--target-modules", "all-linear"]])
  func answersAreLearnt(method: [String]) throws {
    let workspace = try workspace()
    try workspace.succeed(
      ["train"] + method + [
        "--model", "t5", "--data", "train.jsonl", "--max-steps", "80", "--learning-rate", "0.02", "--output", "run",
        "--quiet",
      ])
    for (prompt, completion) in Self.pairs {
      let found = try workspace.succeed(
        "generate", "what is \(prompt)", "--run", "run", "--max-new-tokens", "4", "--json"
      ).json
      #expect(found["text"]?.stringValue?.trimmingCharacters(in: .whitespaces) == completion)
      #expect(found["stopped"] == true)
      // The encoder reads the end of the prompt.
      #expect(found["prompt_ids"]?.arrayValue?.last == 1)
    }
    let report = try workspace.succeed("eval", "--run", "run", "--data", "test.jsonl", "--json").json
    #expect(report.text().contains("\"rougeL\""))
  }

  @Test func whatItCannotDoIsSaid() throws {
    let workspace = try workspace()
    try workspace.write("{\"text\": \"what is red\"}\n", to: "text.jsonl")
    try workspace.fail(
      ["train", "--full", "--model", "t5", "--data", "text.jsonl"], code: 3, saying: ["text.jsonl:1", "no prompt"])
  }
}
