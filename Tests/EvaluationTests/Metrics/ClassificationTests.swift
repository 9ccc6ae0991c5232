import Basics
import Foundation
import Testing

@testable import Evaluation

/// Scores of labels against scikit-learn (Tests/Fixtures/metrics/make_classification.py).
@Suite struct ClassificationTests {
  private static func scores(_ expected: [String], _ predicted: [String]) throws -> [String: Double] {
    var scores: [String: Double] = [:]
    for score in ClassificationScore.allCases {
      let metric = try metric(named: score.rawValue)
      scores[metric.name] = metric.corpusScore(
        try metric.counts(predictions: predicted, references: expected.map { [$0] }))
    }
    return scores
  }

  @Test func scoresAreThoseOfScikitLearn() throws {
    for line in try MetricVectors.golden("classification") {
      let expected = try line.at("references").strings(), predicted = try line.hypotheses
      for (name, score) in try Self.scores(expected, predicted) {
        #expect(agree(score, line[name]?.doubleValue), "\(name): \(score) in \(line.text())")
      }
    }
  }

  @Test func matrixAndClassesAreThoseOfScikitLearn() throws {
    for line in try MetricVectors.golden("classification") {
      let expected = try line.at("references").strings(), predicted = try line.hypotheses
      let labels = try line.at("labels").strings()
      let rows = try #require(line.at("confusion_matrix").arrayValue).map { try $0.numbers() }
      let classes = try #require(line.at("per_class").arrayValue).map { try $0.numbers() }
      let matrix = ConfusionMatrix(references: expected, predictions: predicted)
      // scikit-learn's labels are those of the predictions too; ours counts these together.
      let own = labels.indices.filter { index in expected.contains { same($0, labels[index]) } }
      #expect(same(matrix.labels, own.map { labels[$0] }))
      for (row, index) in own.enumerated() {
        let known = own.map { rows[index][$0] }
        #expect(matrix.counts[row].map { Double($0) } == known + [rows[index].reduce(0, +) - known.reduce(0, +)])
        let counts = matrix.classes[row]
        let found = [counts.precision, counts.recall, counts.f1, Double(counts.support)]
        #expect(zip(found, classes[index]).allSatisfy { agree($0, $1) }, "\(found) \(classes[index])")
      }
    }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason)) func sharedVectorsAgree() throws {
    for line in try MetricVectors.shared("classification") {
      func labels(_ key: String) throws -> [String] {
        try #require(line.at(key).arrayValue).map { ($0.arrayValue?.first ?? $0).text() }
      }
      let expected = try line.at("expected")
      let scores = try Self.scores(labels("references"), labels("hypotheses"))
      let known = [
        ("accuracy", expected["accuracy"]), ("matthews_correlation", expected["mcc"]),
        ("macro_f1", expected["macro"]?["f1"]), ("micro_f1", expected["micro"]?["f1"]),
        ("weighted_f1", expected["weighted"]?["f1"]),
      ]
      for (name, value) in known {
        #expect(agree(try #require(scores[name]), value?.doubleValue), "\(name) in \(line.text())")
      }
    }
  }

  @Test func labelsAreComparedWithoutWhiteSpaceButWithCase() throws {
    let metric = try metric(named: "accuracy")
    #expect(metric.exampleScore(metric.counts(prediction: " yes\n", references: ["yes"])) == 1)
    #expect(metric.exampleScore(metric.counts(prediction: "Yes", references: ["yes"])) == 0)
    #expect(metric.exampleScore(metric.counts(prediction: "e\u{301}", references: ["\u{E9}"])) == 0)
    #expect(metric.exampleScore(metric.counts(prediction: "b", references: ["a", "b"])) == 1)
    #expect(metric.exampleScore(metric.counts(prediction: "", references: [])) == 0)
    #expect(metric.signature == "accuracy|nrefs:1|case:mixed|zero_division:0|tune:0.1.0")
  }

  /// Python: len(re.split(r"\s+", text)).
  @Test(arguments: [("", 1), ("a", 1), ("a b", 2), (" a\t\nb ", 4), ("a\u{1C}b\u{3000}c", 3), ("a\u{200B}b", 1)])
  func wordsAreCountedAsTheHarnessDoes(text: String, count: Int) {
    #expect(wordCount(text) == count)
  }
}
