import Basics
import Testing

@testable import Text

/// The pieces that patterns cut, against Hugging Face tokenizers with Oniguruma.
struct PreTokenizerTests {
  @Test func cutsAsHuggingFace() throws {
    let texts = try TokenizerFixtures.lines(TokenizerFixtures.path("encodings.jsonl"))
      .filter { $0["file"] == "small.json" }.compactMap { $0["text"]?.stringValue }
    for row in try TokenizerFixtures.lines(TokenizerFixtures.path("splits.jsonl")) {
      let stage = try #require(row["stage"])
      let preTokenizer = try PreTokenizer(FileValue(stage, name: "test"))
      let expected = row["pieces"]?.arrayValue ?? []
      #expect(expected.count == texts.count)
      for (text, pieces) in zip(texts, expected) {
        let cut = preTokenizer.pieces(of: [UInt32](scalarsOf: text))
        let found = cut.ranges.map { JSON.string(String(scalars: cut.scalars[$0])) }
        #expect(JSON.array(found).text() == pieces.text(), "\(stage.text()) \(text.debugDescription)")
      }
    }
  }

  @Test func piecesAreTheWholeText() throws {
    var random = SeededRandom(seed: 5, stream: "pieces")
    let texts = (0..<200).map { _ in TokenizerFixtures.randomText(&random) }
    for (expression, _) in SplitPattern.known {
      let stage: JSON = [
        "type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false,
      ]
      let preTokenizer = try PreTokenizer(FileValue(stage, name: "test"))
      for text in texts {
        let scalars = [UInt32](scalarsOf: text)
        let pieces = preTokenizer.pieces(of: scalars)
        #expect(pieces.scalars == scalars)
        #expect(pieces.ends.last ?? 0 == scalars.count)
        #expect(zip(pieces.ends, pieces.ends.dropFirst()).allSatisfy { $0 < $1 })
      }
    }
  }

  @Test func namesAnUnknownPattern() {
    let stage: JSON = ["type": "Split", "pattern": ["Regex": "a+"], "behavior": "Isolated"]
    let value = FileValue(stage, name: "t.json", path: "pre_tokenizer")
    let error = #expect(throws: TuneError.self) { try PreTokenizer(value) }
    let expected = "t.json: pre_tokenizer.pattern.Regex is the regular expression a+, which is not known"
    #expect(error?.message.hasPrefix(expected) == true)
  }
}
