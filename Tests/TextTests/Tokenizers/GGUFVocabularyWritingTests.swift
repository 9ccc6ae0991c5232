import Basics
import Foundation
import Testing

@testable import Text

/// Tokenizers written as GGUF files have them and read back give the same ids.
@Suite struct GGUFVocabularyWritingTests {
  private static let texts = [
    "Hello world", " two  spaces\tand\n\nlines 12345", "don't THEY'RE naïve café", "你好，世界 👍🏽", "", "<s>x</s>",
  ]

  private func tokenizer(_ preTokenizer: String, model: String, added: String = "[]", normalizer: String = "null")
    throws
    -> Tokenizer
  {
    let json = try JSON(
      parsing: """
        {"added_tokens": \(added), "normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer),
        "post_processor": null, "decoder": null, "model": \(model)}
        """)
    return try Tokenizer(jsonFile: json, configuration: ["eos_token": "</s>"], name: "made up")
  }

  /// Every byte, a few merges and an end token.
  private static var byteLevel: String {
    var entries = (0..<256).map { JSONObject.Entry(key: byteLevelAlphabet[$0], value: .integer($0)) }
    for (index, token) in ["he", "ll", "Ġt", "</s>"].enumerated() {
      entries.append(JSONObject.Entry(key: token, value: .integer(256 + index)))
    }
    let vocabulary = JSON.object(JSONObject(entries: entries)).text()
    return #"{"type": "BPE", "vocab": \#(vocabulary), "merges": [["h", "e"], "l l", "Ġ t"]}"#
  }

  private static let byteLevelAlphabet: [String] = (0..<256).map { byte in
    let printable = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
    let before = (0..<byte).filter { !((33...126).contains($0) || (161...172).contains($0) || $0 >= 174) }.count
    return String(Unicode.Scalar(UInt32(printable ? byte : 256 + before)) ?? "?")
  }

  @Test(arguments: [
    (#"{"type": "ByteLevel", "add_prefix_space": false}"#, "gpt-2"),
    (
      #"{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},"#
        + #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]}"#, "smollm"
    ),
  ])
  func byteLevelTokenizersReadBackTheSame(preTokenizer: String, name: String) throws {
    let added = #"[{"id": 259, "content": "</s>", "special": true}]"#
    let original = try tokenizer(preTokenizer, model: Self.byteLevel, added: added)
    let vocabulary = try GGUFVocabulary(original, size: 262)
    #expect(vocabulary.model == "gpt2" && vocabulary.preTokenizer == name)
    #expect(vocabulary.tokens.suffix(2) == ["[PAD260]", "[PAD261]"] && vocabulary.tokenTypes.suffix(3) == [3, 5, 5])
    #expect(vocabulary.eosID == 259 && vocabulary.addBOS == false && vocabulary.merges == ["h e", "l l", "Ġ t"])
    let copy = try Tokenizer(gguf: vocabulary, name: "copy")
    for text in Self.texts {
      #expect(copy.encode(text, addSpecialTokens: true) == original.encode(text, addSpecialTokens: true), "\(text)")
    }
  }

  @Test func charactersWithBytesAreTheModelLlama() throws {
    var entries =
      ["<unk>", "<s>", "</s>"] + (0..<256).map { "<0x" + (String($0 + 256, radix: 16).dropFirst()).uppercased() + ">" }
    entries += ["▁", "h", "e", "l", "o", "he", "ll", "▁he", "llo", "▁hello"]
    let vocabulary = JSON.object(
      JSONObject(entries: entries.enumerated().map { JSONObject.Entry(key: $1, value: .integer($0)) })
    ).text()
    let model =
      #"{"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": \#(vocabulary), "merges": "#
      + #"["h e", "l l", "▁ he", "ll o", "▁he llo"]}"#
    let added = #"[{"id": 1, "content": "<s>", "special": true}, {"id": 2, "content": "</s>", "special": true}]"#
    let original = try tokenizer(
      "null", model: model, added: added,
      normalizer: #"{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},"#
        + #"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"#)
    let written = try GGUFVocabulary(original, size: entries.count)
    #expect(written.model == "llama" && written.addsSpacePrefix == true && written.merges.isEmpty)
    #expect(written.tokenTypes.prefix(4) == [2, 3, 3, 6])
    #expect(written.scores.suffix(5) == [0, -1, -2, -3, -4])
    let copy = try Tokenizer(gguf: written, name: "copy")
    for text in ["hello", "hello hell é", "ohell  o"] {
      #expect(copy.encode(text, addSpecialTokens: false) == original.encode(text, addSpecialTokens: false), "\(text)")
    }
  }

  /// Runs of spaces that the user defined, as in Gemma's tokenizer.json, are written with spaces.
  @Test func definedSpacesReadBackTheSame() throws {
    let entries = ["<unk>", "<s>", "</s>", "\n", "\n\n", "▁▁", "▁▁▁", "▁", "a", "b", "▁a", "<0xC3>", "<0xA9>"]
    let vocabulary = JSON.object(
      JSONObject(entries: entries.enumerated().map { JSONObject.Entry(key: $1, value: .integer($0)) }))
    let model: JSON = [
      "type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": vocabulary,
      "merges": [["\n", "\n"], ["▁", "▁"], ["▁", "▁▁"], ["▁▁", "▁"], ["▁", "a"]],
    ]
    let added = JSON.array(
      entries.enumerated().prefix(7).map { id, content in
        ["id": .integer(id), "content": .string(content), "normalized": false, "special": .bool(id < 3)]
      })
    let original = try tokenizer(
      "null", model: model.text(), added: added.text(),
      normalizer: #"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}"#)
    let written = try GGUFVocabulary(original, size: entries.count)
    #expect(written.addsSpacePrefix == false && written.tokens[5...7] == ["  ", "   ", "▁"])
    #expect(written.tokenTypes == [2, 3, 3, 4, 4, 4, 4, 1, 1, 1, 1, 6, 6])
    let copy = try Tokenizer(gguf: written, name: "copy")
    for text in ["a  a", "   b\n\n\n  a", " a", "é  "] {
      #expect(copy.encode(text, addSpecialTokens: false) == original.encode(text, addSpecialTokens: false), "\(text)")
    }
    #expect(copy.encode("   b\n\n\n  a", addSpecialTokens: false) == [6, 9, 4, 3, 5, 8])
  }

  @Test func unknownWaysOfCuttingAreRefused() throws {
    let words = try tokenizer(#"{"type": "ByteLevel", "add_prefix_space": true}"#, model: Self.byteLevel)
    #expect(throws: TuneError.self) { _ = try GGUFVocabulary(words, size: 260) }
    let unigram = try tokenizer(
      "null", model: #"{"type": "Unigram", "unk_id": 0, "vocab": [["a", -1.0], ["</s>", -2.0]]}"#)
    #expect(throws: TuneError.self) { _ = try GGUFVocabulary(unigram, size: 2) }
  }

  /// Real tokenizers, written and read back, against reference encodings; but around added tokens in a text llama.cpp
  /// puts spaces otherwise than Hugging Face.
  @Test(
    .enabled(if: TokenizerFixtures.shared != nil, "the folder of real tokenizers is not on this machine"),
    arguments: [("gpt2", "gpt-2"), ("smollm2", "gpt-2"), ("phi-2", "gpt-2"), ("phi-3-mini", "default")])
  func realTokenizersReadBackTheSame(model: String, name: String) throws {
    let folder = try #require(TokenizerFixtures.shared)
    let file = try TokenizerFixtures.json("\(folder)\(model)/tokenizer.json.gz")
    let original = try Tokenizer(
      jsonFile: file, configuration: model == "phi-3-mini" ? ["bos_token": "<s>"] : nil, name: model)
    let written = try GGUFVocabulary(original, size: original.vocabularySize)
    #expect(written.preTokenizer == name)
    let added = written.tokens.indices.filter { (3...4).contains(written.tokenTypes[$0]) }.map { written.tokens[$0] }
    let copy = try Tokenizer(gguf: written, name: "copy")
    for row in try TokenizerFixtures.lines("\(folder)vectors/reference/\(model).jsonl.gz") {
      let text = try #require(row["text"]?.stringValue)
      if written.model == "llama", added.contains(where: { text.contains($0) }) { continue }
      #expect(
        copy.encode(text, addSpecialTokens: false) == (row["ids_nospecial"] ?? row["ids"])?.ids,
        "\(text.debugDescription)")
    }
  }
}
