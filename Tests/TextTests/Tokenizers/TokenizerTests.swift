import Basics
import Foundation
import Testing

@testable import Text

/// Encoding and decoding against Hugging Face tokenizers (Tests/Fixtures/tokenizers).
struct TokenizerTests {
  static let files = ["small.json", "small_digits.json", "small_llama.json"]

  @Test(arguments: files)
  func encodesAndDecodesAsHuggingFace(file: String) throws {
    let tokenizer = try TokenizerFixtures.small(file)
    let rows = try TokenizerFixtures.lines(TokenizerFixtures.path("encodings.jsonl"))
    for row in rows where row["file"] == .string(file) {
      let ids: [Int]
      if let text = row["text"]?.stringValue {
        ids = row["ids"]?.ids ?? []
        #expect(tokenizer.encode(text, addSpecialTokens: true) == ids, "\(text.debugDescription)")
        #expect(tokenizer.encode(text, addSpecialTokens: false) == row["plain"]?.ids, "\(text.debugDescription)")
      } else {
        ids = row["random"]?.ids ?? []
      }
      #expect(sameBytes(tokenizer.decode(ids), row["decoded"]?.stringValue), "\(row.text())")
      #expect(
        sameBytes(tokenizer.decode(ids, skipSpecialTokens: false), row["decoded_all"]?.stringValue), "\(row.text())")
    }
  }

  @Test(arguments: files)
  func streamingGivesWhatDecodeGives(file: String) throws {
    let tokenizer = try TokenizerFixtures.small(file)
    var random = SeededRandom(seed: 1, stream: file)
    for _ in 0..<300 {
      let ids = (0..<random.integer(below: 30)).map { _ in random.integer(below: tokenizer.vocabularySize + 5) - 2 }
      for skips in [true, false] {
        var stream = tokenizer.decoder(skipSpecialTokens: skips)
        let joined = ids.map { stream.append($0) }.joined() + stream.finish()
        #expect(sameBytes(joined, tokenizer.decode(ids, skipSpecialTokens: skips)), "\(ids)")
      }
    }
  }

  @Test func streamingHoldsHalfAScalarBack() throws {
    let tokenizer = try TokenizerFixtures.small()
    let ids = "🙂".utf8.compactMap { tokenizer.id(of: String(scalars: [ByteLevelAlphabet.scalars[Int($0)]])) }
    var stream = tokenizer.decoder()
    #expect(ids.map { stream.append($0) } == ["", "", "", "🙂"])
    #expect(stream.finish() == "")
    _ = stream.append(ids[0])
    #expect(stream.append(ids[0]) == "\u{FFFD}")
    #expect(stream.finish() == "\u{FFFD}")
  }

  @Test func everyTextComesBack() throws {
    let tokenizer = try TokenizerFixtures.small()
    var random = SeededRandom(seed: 2, stream: "round trip")
    for _ in 0..<500 {
      let text = TokenizerFixtures.randomText(&random)
      let ids = tokenizer.encode(text, addSpecialTokens: true)
      #expect(sameBytes(tokenizer.decode(ids, skipSpecialTokens: false), text), "\(text.debugDescription)")
      try tokenizer.check(ids: ids)
    }
  }

  @Test func longPiecesMergeAsShortOnes() throws {
    // Beyond the length that is scanned, a queue finds the merges; both must agree with a plain definition.
    let tokenizer = try TokenizerFixtures.small()
    let file = try TokenizerFixtures.json(TokenizerFixtures.path("small.json"))
    let merges = try #require(file["model"]?["merges"]?.arrayValue)
    var random = SeededRandom(seed: 3, stream: "merges")
    for length in [2, 10, 47, 48, 49, 50, 90, 200] {
      let word = (0..<length).map { _ in "thearingso".map(String.init)[random.integer(below: 10)] }
      var symbols = word
      for merge in merges {
        let parts = merge.arrayValue?.compactMap(\.stringValue) ?? []
        var index = 0
        while index + 1 < symbols.count {
          if symbols[index] == parts[0], symbols[index + 1] == parts[1] {
            symbols[index] += symbols.remove(at: index + 1)
          }
          index += 1
        }
      }
      #expect(tokenizer.encode(word.joined(), addSpecialTokens: false) == symbols.compactMap { tokenizer.id(of: $0) })
    }
  }

  @Test func checksIds() throws {
    let tokenizer = try TokenizerFixtures.small()
    try tokenizer.check(ids: [0, 499])
    let error = TuneError.data(
      "small.json: token id 500 at index 1 is outside the vocabulary; expected 0 to 499; use the tokenizer that made "
        + "the ids")
    #expect(throws: error) { try tokenizer.check(ids: [3, 500]) }
    #expect(throws: TuneError.self) { try tokenizer.check(ids: [-1]) }
    #expect(tokenizer.decode([-5, 9999]) == "")
    #expect(tokenizer.token(-1) == nil && tokenizer.token(500) == nil)
  }

  @Test func canonicallyEquivalentTokensDiffer() throws {
    let file: JSON = [
      "added_tokens": [["id": 2, "content": "e\u{301}", "special": true]],
      "model": ["type": "BPE", "vocab": ["é": 0, "Ω": 1], "merges": []],
    ]
    let tokenizer = try Tokenizer(jsonFile: file, configuration: nil, name: "test")
    #expect(tokenizer.id(of: "é") == 0)
    #expect(tokenizer.id(of: "e\u{301}") == 2)
    #expect(tokenizer.id(of: "\u{2126}") == nil)
    #expect(tokenizer.encode("ée\u{301}", addSpecialTokens: false) == [0, 2])
  }
}
