import Basics
import Testing

@testable import Evaluation

@Suite struct RougeTests {
  @Test func agreesWithGoldenScores() throws {
    for vector in try MetricVectors.golden("rouge") { try checkScores(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedScores() throws {
    for vector in try MetricVectors.shared("rouge") { try checkScores(vector) }
  }

  @Test func agreesWithGoldenTokens() throws {
    for vector in try MetricVectors.golden("rouge_tokenize") { try checkTokens(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedTokens() throws {
    for vector in try MetricVectors.shared("rouge_tokenize") { try checkTokens(vector) }
  }

  @Test func namesAndTypesCorrespond() {
    for name in ["rouge1", "rouge9", "rouge10", "rouge99", "rougeL", "rougeLsum"] {
      #expect(RougeType(name: name)?.name == name)
    }
    for name in ["rouge", "rouge0", "rouge01", "rouge+1", "rouge100", "rougel", "ROUGE1", ""] {
      #expect(RougeType(name: name) == nil)
    }
  }

  /// rouge_score stops at nine; beyond it the definition still holds.
  @Test func longNGramsCount() {
    let words = (0..<20).map { "w\($0)" }.joined(separator: " ")
    let score = Rouge([.ngram(12)]).scores(prediction: words, reference: words + " more")[0]
    #expect(score.precision == 1 && agree(score.recall, 9.0 / 10))
    #expect(Rouge([.ngram(12)]).scores(prediction: words, reference: "w1 w2")[0].fmeasure == 0)
  }

  @Test func withoutReferencesNothingMatches() {
    #expect(RougeMetric(.ngram(1)).counts(prediction: "a", references: []) == [0, 0, 0])
  }

  @Test func signatureSaysHowItWasComputed() {
    #expect(RougeMetric(.longestCommon).signature == "rougeL|nrefs:1|stem:no|tune:0.1.0")
    let stemmed = RougeMetric(.ngram(2), usesStemmer: true)
    #expect(stemmed.signature(references: nil) == "rouge2|nrefs:var|stem:yes|tune:0.1.0")
  }

  /// Words that are remembered from example to example, and forgotten when there are many, change no score.
  @Test func examplesTogetherScoreAsAlone() {
    var random = SeededRandom(seed: 5, stream: "rouge")
    let syllables = ["ing", "ation", "relate", "hop", "ed", "s", "ness", "\u{212A}", "\u{130}", "9"]
    func text() -> String {
      (0..<40).map { _ in
        (0..<1 + random.integer(below: 5)).map { _ in syllables[random.integer(below: syllables.count)] }.joined()
      }.joined(separator: random.integer(below: 9) == 0 ? "\n" : " ")
    }
    let rouge = Rouge([.ngram(1), .ngram(3), .longestCommon, .longestCommonByLine], usesStemmer: true)
    var table = WordTable()
    for _ in 0..<600 {
      let prediction = text(), references = [text(), text()]
      let together = rouge.scores(prediction: prediction, references: references, &table)
      #expect(together == rouge.scores(prediction: prediction, references: references))
    }
  }

  private func checkScores(_ vector: JSON) throws {
    let names = try vector.at("options").at("rouge_types").strings()
    let stems = try vector.at("options").flag("use_stemmer")
    let types = try names.map { try #require(RougeType(name: $0)) }
    let prediction = try #require(vector.hypotheses.first), references = try #require(vector.references.first)
    let together = Rouge(types, usesStemmer: stems).scores(prediction: prediction, references: references)
    for (type, score) in zip(types, together) {
      let expected = try vector.at("expected").at(type.name)
      #expect(agree(score.precision, expected["precision"]?.doubleValue), "\(type.name) of \(prediction)")
      #expect(agree(score.recall, expected["recall"]?.doubleValue), "\(type.name) of \(prediction)")
      #expect(agree(score.fmeasure, expected["fmeasure"]?.doubleValue), "\(type.name) of \(prediction)")
      let alone = RougeMetric(type, usesStemmer: stems).counts(prediction: prediction, references: references)
      #expect(alone == [score.precision, score.recall, score.fmeasure])
    }
  }

  private func checkTokens(_ vector: JSON) throws {
    let stems = try vector.at("options").flag("use_stemmer")
    let text = try #require(vector.hypotheses.first)
    let tokens = RougeTokenizer(usesStemmer: stems).tokens(of: text)
    #expect(tokens == (try vector.at("expected").at("tokens").strings()))
  }
}
