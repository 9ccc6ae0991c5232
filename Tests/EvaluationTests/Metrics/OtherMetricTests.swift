import Basics
import Testing

@testable import Evaluation

/// Metrics without a reference library among the conformance cases: by hand, and by scipy for correlations.
@Suite struct OtherMetricTests {
  @Test func correlationsAreScipys() throws {
    // scipy 1.17: pearsonr and spearmanr of these.
    let expected = ["1", "2", "3", "4", "5.5"], predicted = ["1.5", "1.5", "4", "3", " 9 "]
    func score(_ kind: Correlation.Kind) throws -> Double {
      let metric = Correlation(kind)
      return metric.corpusScore(try metric.counts(predictions: predicted, references: expected.map { [$0] }))
    }
    #expect(agree(try score(.pearson), 0.8835966586957616))
    #expect(agree(try score(.spearman), 0.8720815992723809))
    #expect(Correlation(.pearson).corpusScore([[1, 2], [1, 3]]) == 0)
    #expect(throws: TuneError.data("example 2: pearson: \"two\" is no number; correlations compare numbers")) {
      try Correlation(.pearson).counts(predictions: ["1", "two"], references: [["1"], ["2"]])
    }
  }

  @Test func distinctNGramsCountRepetition() throws {
    let metric = DistinctNGrams(order: 1)
    let counts = try metric.counts(predictions: ["a b a", "B c"], references: [[], []])
    #expect(metric.corpusScore(counts) == 3.0 / 5)
    #expect(DistinctNGrams(order: 2).corpusScore(counts) >= 0 && metric.corpusScore([]) == 0)
  }

  @Test func lengthsAreCompared() throws {
    let metric = LengthRatio()
    let counts = try metric.counts(predictions: ["a b c d", "a"], references: [["a b"], ["a b"]])
    #expect(metric.corpusScore(counts) == 5.0 / 4)
  }

  @Test func whatStandsInTheSourceIsCopied() throws {
    let source = ["the cat sat on the mat and slept"], prediction = ["The cat sat quietly on the mat"]
    func score(_ kind: SourceOverlap.Kind) throws -> Double {
      let metric = SourceOverlap(kind)
      return metric.corpusScore(try metric.counts(predictions: prediction, references: [[]], sources: source))
    }
    #expect(try score(.copyRate(order: 3)) == 6.0 / 7)
    #expect(try score(.novelty(order: 1)) == 1.0 / 7 && score(.novelty(order: 2)) == 2.0 / 6)
    #expect(try score(.compression) == 8.0 / 7)
    #expect(throws: TuneError.self) { try SourceOverlap(.compression).counts(predictions: ["a"], references: [[]]) }
  }

  /// The same words score higher where the reference has them side by side.
  @Test func runsWeighMoreInRougeW() {
    let rouge = OriginalRouge(.weightedCommon(weight: 2))
    let unbroken = rouge.score(prediction: "a b c d", references: ["a b c d e f g"]).score.fmeasure
    let broken = rouge.score(prediction: "a b c d", references: ["a h b k c i d"]).score.fmeasure
    #expect(unbroken > broken && broken > 0)
  }

  /// The paper's section 2.1: the mean over references left out of the best of the others.
  @Test func jackknifeLeavesEachReferenceOut() {
    let references = ["a b c d", "a b x y", "p q r s"]
    let single = references.map {
      OriginalRouge(.ngram(1), references: .best).score(prediction: "a b", references: [$0])
    }
    #expect(single.map { $0.score.recall } == [0.5, 0.5, 0])
    let score = OriginalRouge(.ngram(1), references: .jackknife).score(prediction: "a b c", references: references)
    #expect(agree(score.score.recall, (0.75 + 0.75 + 0.5) / 3))
  }

  /// Both ways of counting n-grams give the same.
  @Test func sortedAndNumberedNGramsAgree() {
    var random = SeededRandom(seed: 3, stream: "n-grams")
    for _ in 0..<200 {
      func tokens() -> [UInt32] { (0..<random.integer(below: 12)).map { _ in UInt32(random.integer(below: 4)) } }
      let own = tokens(), others = (0..<random.integer(below: 4)).map { _ in tokens() }
      for order in 1...6 {
        #expect(
          clippedMatches(of: own, in: others, maximumOrder: order)
            == numberedMatches(of: own, in: others, maximumOrder: order))
      }
    }
    // More different tokens than fit.
    let many = (0..<3000).map { UInt32($0) }
    #expect(clippedMatches(of: many, in: [many], maximumOrder: 6) == (0..<6).map { 3000 - $0 })
  }

  @Test func namesMayStandForSeveral() throws {
    #expect(
      try metrics(named: ["rouge", "rouge1", "bleu"]).map { $0.name } == [
        "rouge1", "rouge2", "rougeL", "rougeLsum", "bleu",
      ])
    for name in ["rouge7", "rouge155-1", "rouge155-12", "rouge155-L"] { #expect(try metric(named: name).name == name) }
    #expect(throws: TuneError.self) { try metrics(named: ["rogue"]) }
  }
}
