import Basics
import Testing

@testable import Text

/// Every stage and model in small made-up tokenizers, against Hugging Face tokenizers.
struct ComponentTests {
  @Test func equalHuggingFace() throws {
    for (number, row) in try TokenizerFixtures.lines(TokenizerFixtures.path("components.jsonl")).enumerated() {
      let file = try #require(row["tokenizer"])
      let tokenizer = try Tokenizer(jsonFile: file, configuration: nil, name: "row \(number)")
      for test in row["cases"]?.arrayValue ?? [] {
        if let text = test["text"]?.stringValue, let second = test["second"]?.stringValue {
          let place = "row \(number) \(text.debugDescription)"
          #expect(tokenizer.encode(text, addSpecialTokens: true) == test["ids"]?.ids, "\(place)")
          #expect(tokenizer.encode(text, addSpecialTokens: false) == test["plain"]?.ids, "\(place)")
          let pair = tokenizer.encode(text, pairedWith: second, addSpecialTokens: true)
          #expect(pair.ids == test["pair"]?.ids && pair.types == test["types"]?.ids, "\(place)")
        } else {
          try expectDecoding(tokenizer, test, "row \(number)")
        }
      }
    }
  }

  private func expectDecoding(_ tokenizer: Tokenizer, _ test: JSON, _ place: String) throws {
    let ids = try #require(test["random"]?.ids)
    for (key, skips) in [("decoded", true), ("decoded_all", false)] {
      let decoded = tokenizer.decode(ids, skipSpecialTokens: skips)
      #expect(sameBytes(decoded, test[key]?.stringValue), "\(place) \(ids): \(decoded.debugDescription)")
      var stream = tokenizer.decoder(skipSpecialTokens: skips)
      let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
      #expect(sameBytes(streamed, decoded), "\(place) \(ids)")
    }
  }
}
