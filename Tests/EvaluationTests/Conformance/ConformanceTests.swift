import Basics
import Foundation
import Testing

@testable import Evaluation

/// Every metric against values of the libraries that define it.
@Suite struct ConformanceTests {
  static let shared = [
    "bleu_corpus", "bleu_sentence", "chrf", "classification", "meteor", "meteor_synonyms", "porter", "python_str",
    "rng",
    "rouge", "rouge155", "rouge155_perl_stem", "rouge_bootstrap", "rouge_tokenize", "sacrebleu_tokenize",
    "significance", "squad", "ter",
    "ter_tokenize", "wer",
  ]

  static let golden = [
    "bleu_corpus", "bleu_sentence", "chrf", "meteor", "porter", "python_str", "rng", "rouge", "rouge_bootstrap",
    "rouge_metric", "rouge_tokenize", "sacrebleu_tokenize", "significance", "squad", "ter", "ter_tokenize", "wer",
  ]

  @Test(arguments: golden) func agreesWithGoldenValues(family: String) throws {
    for line in try MetricVectors.golden(family) {
      let mismatches = try Conformance.check(line)
      #expect(mismatches.isEmpty, "\(mismatches.prefix(3)) of \(line.text().prefix(600))")
    }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason), arguments: ["harness", "harness_group"])
  func agreesWithTheHarness(family: String) throws {
    let tasks = try TaskFixtures.library()
    for line in try MetricVectors.shared(family) {
      let mismatches = try Conformance.check(line, tasks: tasks)
      let task = line["options"]?.text() ?? ""
      #expect(mismatches.isEmpty, "\(mismatches.count) of \(task): \(mismatches.prefix(3))")
    }
  }

  /// A check that cannot fail is none.
  @Test func aWrongValueIsFound() throws {
    let line: JSON = [
      "id": "x", "metric": "ter_tokenize", "hypotheses": ["A b"],
      "options": ["normalized": false, "no_punct": false, "asian_support": false, "case_sensitive": false],
      "expected": ["tokenized": "A b", "other": 1],
    ]
    #expect(
      try Conformance.check(line) == [
        ConformanceMismatch(
          id: "x", metric: "ter_tokenize", field: "tokenized", expected: "\"A b\"", computed: "\"a b\""),
        ConformanceMismatch(id: "x", metric: "ter_tokenize", field: "other", expected: "1", computed: nil),
      ])
    #expect(throws: TuneError.self) { try Conformance.check(["metric": "bleurt", "expected": [:]]) }
    #expect(throws: TuneError.self) { try Conformance.check(["metric": "chrf", "expected": [:]]) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason), arguments: shared)
  func agreesWithSharedValues(family: String) throws {
    let hasWordNet = FileManager.default.fileExists(atPath: WordNet.debianFolder)
    for line in try MetricVectors.shared(family) {
      if !hasWordNet, line["options"]?["wordnet"] == true || line["metric"] == "wordnet_synonym_set" { continue }
      let mismatches = try Conformance.check(line)
      #expect(mismatches.isEmpty, "\(mismatches.prefix(3)) of \(line.text().prefix(600))")
    }
  }
}
