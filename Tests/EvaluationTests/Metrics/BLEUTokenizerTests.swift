import Basics
import Testing

@testable import Evaluation

@Suite struct BLEUTokenizerTests {
  @Test func agreesWithGoldenTexts() throws {
    for vector in try MetricVectors.golden("sacrebleu_tokenize") { try check(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedTexts() throws {
    for vector in try MetricVectors.shared("sacrebleu_tokenize") { try check(vector) }
  }

  @Test func unknownTokenizerSuggestsTheNearest() {
    #expect(
      throws: TuneError.usage(
        "there is no BLEU tokenizer '13b'; did you mean '13a'? Known: 13a, intl, zh, char, none")
    ) { try bleuTokenizer(named: "13b") }
  }

  private func check(_ vector: JSON) throws {
    let text = try #require(vector.hypotheses.first)
    let stripped = PythonText.strippedAtEnd(Array(text.unicodeScalars))
    for tokenizer in bleuTokenizers {
      let got = PythonText.string(tokenizer.tokenize(stripped))
      #expect(same(got, try vector.at("expected")[tokenizer.name]?.stringValue), "\(tokenizer.name) of \(text)")
    }
  }
}
