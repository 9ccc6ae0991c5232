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
