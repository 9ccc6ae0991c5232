import Basics
import Foundation
import Testing

@testable import Evaluation

@Suite struct ScoreGateTests {
  @Test func conditionsAreRead() throws {
    let gate = try ScoreGate("rougeL >=  base+0.02 @95%")
    #expect(gate.metric == "rougeL" && gate.relation == .atLeast && gate.isRelativeToBase && gate.bound == 0.02)
    #expect(gate.confidence == 0.95 && gate.text == "rougeL >= base+0.02 @95%")
    let upper = try ScoreGate("ter<=55.5")
    #expect(upper.metric == "ter" && upper.relation == .atMost && upper.bound == 55.5 && upper.confidence == nil)
    #expect(try ScoreGate("bleu > base").bound == 0)
    #expect(try ScoreGate("bleu >= base - 1").bound == -1)
    #expect(try ScoreGate(failUnder: "rougeL=0.3").relation == .atLeast)
  }

  @Test(arguments: [
    "", "rougeL", "rougeL = 0.3", ">= 3", "rougeL >= ", "rougeL >= base0.02", "rougeL >= 0.2 @95", "a >= nan",
    "a >= 1 @0%", "a >= 1 @100%",
  ]) func otherTextsAreRefused(text: String) {
    #expect(throws: TuneError.self) { try ScoreGate(text) }
  }

  @Test func scoresAreHeldAgainstThem() throws {
    let metric = LengthRatio(), base = (0..<50).map { _ in [5.0, 10.0] }, tuned = (0..<50).map { _ in [8.0, 10.0] }
    func passes(_ text: String) throws -> Bool {
      try ScoreGate(text).result(metric, base: base, own: tuned).passed
    }
    #expect(try passes("length_ratio >= 0.8") && passes("length_ratio <= 0.8") && !passes("length_ratio > 0.8"))
    #expect(try passes("length_ratio >= base+0.29 @99%") && !passes("length_ratio >= base+0.31"))
    #expect(try passes("length_ratio < base+0.31 @95%"))
    let result = try ScoreGate("length_ratio >= 0.9").result(metric, base: nil, own: base)
    #expect(!result.passed && result.failure == "length_ratio 0.5000 is below 0.9")
    #expect(throws: TuneError.self) { try ScoreGate("length_ratio > base").result(metric, base: nil, own: base) }
  }

  /// A confidence makes a gate harder to pass.
  @Test func confidenceWantsTheWholeInterval() throws {
    var random = SeededRandom(seed: 2, stream: "gate")
    let base = (0..<40).map { _ in [Double(random.integer(below: 10)), 10.0] }
    let tuned = base.map { [$0[0] + Double(random.integer(below: 4)) - 1, 10.0] }
    let difference = LengthRatio().corpusScore(tuned) - LengthRatio().corpusScore(base)
    let text = "length_ratio >= base+\(difference - 0.001)"
    #expect(try ScoreGate(text).result(LengthRatio(), base: base, own: tuned).passed)
    #expect(try !ScoreGate(text + " @95%").result(LengthRatio(), base: base, own: tuned).passed)
  }

  /// Of a mean of single scores the bootstrap finds what 2.8 standard errors of the mean are.
  @Test func detectableEffectsShrinkWithItems() throws {
    func effect(_ count: Int) throws -> Double? {
      let base = (0..<count).map { _ in [0, 1.0] }, tuned = (0..<count).map { [Double($0 % 5), 1.0] }
      return try PairedBootstrap(samples: 4000).compare(LengthRatio(), base: base, tuned: tuned).minimumDetectableEffect
    }
    for count in [25, 400] {
      let expected = 2.8016 * 2.0.squareRoot() / Double(count).squareRoot()
      let found = try effect(count)
      #expect(abs(try #require(found) / expected - 1) < 0.05)
    }
    #expect(try effect(1) == nil)
  }

  /// scipy 1.17.1: binomtest(better, better + worse, 0.5).
  @Test(arguments: [
    (82, 15, 2.3753959346733286e-12), (5, 5, 1), (0, 8, 0.0078125), (3, 0, 0.25), (501, 72, 4.515799243265984e-80),
    (1200, 1100, 0.03896685268382023), (20, 31, 0.16077960181198847), (0, 0, 1),
  ]) func signsAreTestedAsInScipy(better: Int, worse: Int, expected: Double) {
    #expect(abs(signTest(better: better, worse: worse) / expected - 1) < 1e-10)
  }

  @Test func reportsAreXML() throws {
    let report = JUnitReport(suites: [
      (
        "gates",
        [.init(name: "rougeL >= 0.3"), .init(name: "a < b & \"c\"", failure: "was 3\nnot 4", output: "\u{1}text")]
      )
    ])
    #expect(report.text.contains("tests=\"2\" failures=\"1\""))
    #expect(report.text.contains("name=\"rougeL &gt;= 0.3\"/>"))
    #expect(report.text.contains("<failure message=\"was 3&#10;not 4\">"))
    #expect(report.text.contains("\u{FFFD}text") && !report.text.contains("\u{1}"))
  }
}
