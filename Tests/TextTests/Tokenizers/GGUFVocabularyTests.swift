import Basics
import Testing

@testable import Text

extension GGUFVocabulary {
  /// What a GGUF converter writes for a tokenizer.json.
  init(file: JSON, preTokenizer: String) throws {
    let model = try #require(file["model"])
    let added = file["added_tokens"]?.arrayValue ?? []
    let entries = (model["vocab"]?.objectValue?.entries ?? [])
    let ids = entries.compactMap(\.value.intValue) + added.compactMap { $0["id"]?.intValue }
    let size = ids.max().map { $0 + 1 } ?? 0
    self.init(
      tokens: (0..<size).map { "[PAD\($0)]" }, tokenTypes: Array(repeating: 5, count: size), merges: [],
      model: "gpt2", preTokenizer: preTokenizer)
    for entry in entries {
      let id = try #require(entry.value.intValue)
      tokens[id] = entry.key
      tokenTypes[id] = 1
    }
    for token in added {
      let id = try #require(token["id"]?.intValue)
      tokens[id] = try #require(token["content"]?.stringValue)
      tokenTypes[id] = token["special"]?.boolValue == true ? 3 : 4
    }
    merges =
      model["merges"]?.arrayValue?.map { merge in
        merge.stringValue ?? (merge.arrayValue?.compactMap(\.stringValue) ?? []).joined(separator: " ")
      } ?? []
  }
}

struct GGUFVocabularyTests {
  @Test func equalsTheTokenizerFileItCameFrom() throws {
    let file = try TokenizerFixtures.json(TokenizerFixtures.path("small.json"))
    var vocabulary = try GGUFVocabulary(file: file, preTokenizer: "gpt-2")
    vocabulary.bosID = 1
    vocabulary.eosID = 2
    vocabulary.addBOS = true
    vocabulary.chatTemplate = "T"
    let tokenizer = try Tokenizer(gguf: vocabulary, name: "test.gguf")
    #expect(tokenizer.bosID == 1 && tokenizer.eosID == 2 && tokenizer.chatTemplate == "T")
    #expect(tokenizer.specialIDs == [0, 1, 2])
    let rows = try TokenizerFixtures.lines(TokenizerFixtures.path("encodings.jsonl"))
    for row in rows where row["file"] == "small.json" {
      guard let text = row["text"]?.stringValue, let ids = row["ids"]?.ids else { continue }
      #expect(tokenizer.encode(text, addSpecialTokens: false) == ids)
      #expect(tokenizer.encode(text, addSpecialTokens: true) == [1] + ids)
      #expect(sameBytes(tokenizer.decode(ids), row["decoded"]?.stringValue))
    }
  }

  @Test(arguments: GGUFPreTokenizer.names)
  func everyNamedPreTokenizerLoads(name: String) throws {
    let file = try TokenizerFixtures.json(TokenizerFixtures.path("small.json"))
    let tokenizer = try Tokenizer(gguf: GGUFVocabulary(file: file, preTokenizer: name), name: "test.gguf")
    let text = "It's 2024:\r\n\tnaïve  CamelCase ½"
    #expect(tokenizer.decode(tokenizer.encode(text, addSpecialTokens: false)) == text)
  }

  /// What llama.cpp gives with vocabularies that were trained without cutting text, so that every cut is seen.
  @Test func namesCutTextAsLlamaCppDoes() throws {
    let golden = try TokenizerFixtures.json(TokenizerFixtures.path("gguf.json"))
    let tokens = Self.strings(golden["tokens"])
    let merges = Self.strings(golden["merges"])
    var vocabulary = GGUFVocabulary(
      tokens: tokens, tokenTypes: tokens.map { $0 == "<|end|>" ? 3 : 1 }, merges: merges, model: "gpt2",
      preTokenizer: "", bosID: 0, eosID: 0)
    let groups = try #require(golden["pre_tokenizers"]?.arrayValue)
    #expect(groups.count > 10)
    for group in groups {
      for name in Self.strings(group["names"]) {
        vocabulary.preTokenizer = name
        try Self.compare(vocabulary, golden["texts"], group["ids"])
      }
    }
  }

  /// With spaces and line breaks that the user defined, as in Gemma's files, and without.
  @Test func sentencePieceModelsGiveTheIdsOfLlamaCpp() throws {
    let golden = try TokenizerFixtures.json(TokenizerFixtures.path("gguf.json"))
    let models = try #require(golden["sentencepiece"]?.arrayValue)
    #expect(models.count == 2)
    for model in models {
      let vocabulary = GGUFVocabulary(
        tokens: Self.strings(model["tokens"]),
        tokenTypes: try #require(model["types"]?.ids), merges: [], model: "llama", preTokenizer: "default", bosID: 1,
        eosID: 2, unknownID: 0,
        scores: (model["scores"]?.arrayValue ?? []).compactMap { $0.doubleValue.map { Float($0) } },
        addsSpacePrefix: model["adds_prefix"]?.boolValue)
      try Self.compare(vocabulary, golden["texts"], model["ids"])
    }
  }

  private static func strings(_ list: JSON?) -> [String] { list?.arrayValue?.compactMap(\.stringValue) ?? [] }

  private static func compare(_ vocabulary: GGUFVocabulary, _ texts: JSON?, _ ids: JSON?) throws {
    let tokenizer = try Tokenizer(gguf: vocabulary, name: vocabulary.preTokenizer)
    let texts = strings(texts), expected = try #require(ids?.arrayValue)
    #expect(texts.count == expected.count)
    for (text, expected) in zip(texts, expected) where !expected.isNull {
      let found = tokenizer.encode(text, addSpecialTokens: true)
      #expect(found == expected.ids, "\(vocabulary.preTokenizer): \(text.debugDescription)")
      // A space goes in front of a text and is taken away again.
      #expect(tokenizer.decode(found).utf8.elementsEqual(text.utf8), "\(vocabulary.preTokenizer)")
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let good = GGUFVocabulary(
      tokens: ["a", "b", "ab"], tokenTypes: [], merges: ["a b"], model: "gpt2", preTokenizer: "")
    #expect(try Tokenizer(gguf: good, name: "g").vocabularySize == 3)
    func expectError(_ part: String, _ change: (inout GGUFVocabulary) -> Void) {
      var bad = good
      change(&bad)
      let error = #expect(throws: TuneError.self) { try Tokenizer(gguf: bad, name: "g") }
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
    expectError("\"rwkv\"") { $0.model = "rwkv" }
    expectError("0 scores") { $0.model = "llama" }
    expectError("\"new\"") { $0.preTokenizer = "new" }
    expectError("token types") { $0.tokenTypes = [1] }
    expectError("bos_token_id is 3") { $0.bosID = 3 }
    expectError("eos_token_id is -1") { $0.eosID = -1 }
    expectError("merge 0") { $0.merges = ["a c"] }
  }
}
