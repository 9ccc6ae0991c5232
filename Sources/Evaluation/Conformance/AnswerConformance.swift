import Basics

extension Conformance {
  static let answerKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "squad": { test in
      let (prediction, references) = try test.single
      let first = AnswerMatch(.squad1).score(prediction: prediction, references: references)
      let second = AnswerMatch(.squad2).score(prediction: prediction, references: references)
      return [
        "normalized_prediction": .string(AnswerMatch.normalizedText(prediction)),
        "v1": ["exact_match": .integer(first.exactMatch ? 1 : 0), "f1": .number(first.f1)],
        "v2": ["exact": .integer(second.exactMatch ? 1 : 0), "f1": .number(second.f1)],
      ]
    },
    "squad_corpus": { test in
      let examples = Array(zip(try test.hypotheses, try test.references))
      let known = examples.filter { !$0.1.isEmpty }, unknown = examples.filter { $0.1.isEmpty }
      let first = percentages(.squad1, known)
      var second = JSONObject()
      for (prefix, group) in [("", examples), ("HasAns_", known), ("NoAns_", unknown)] where !group.isEmpty {
        let scores = percentages(.squad2, group)
        second["\(prefix)exact"] = .number(scores.exact)
        second["\(prefix)f1"] = .number(scores.f1)
        second["\(prefix)total"] = .integer(group.count)
      }
      return ["v1": ["exact_match": .number(first.exact), "f1": .number(first.f1)], "v2": .object(second)]
    },
    "wer": { test in try errorRates(test) },
    "meteor": { test in
      let wordNet = try test.flag("wordnet") ? try WordNet() : nil
      let metric = METEOR(
        alpha: try test.number("alpha"), beta: try test.number("beta"), gamma: try test.number("gamma"),
        wordNet: wordNet)
      let prediction = try ConformanceCase.texts(test.value("hypothesis_tokens"), "hypothesis_tokens")
      let references = try test.value("reference_tokens").arrayValue ?? []
      let scores = try references.map {
        metric.score(prediction: prediction, reference: try ConformanceCase.texts($0, "reference_tokens"))
      }
      return ["score": .number(scores.max() ?? 0)]
    },
    "wordnet_synonym_set": { test in
      let wordNet = try WordNet()
      return .object(
        JSONObject(
          entries: try test.hypotheses.map { word in
            let synonyms = wordNet.synonyms(of: word).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return .init(key: word, value: .array(synonyms.map { .string($0) }))
          }))
    },
  ]

  private static func percentages(
    _ version: AnswerMatch.Version, _ examples: [(String, [String])]
  ) -> (exact: Double, f1: Double) {
    guard !examples.isEmpty else { return (0, 0) }
    let scores = examples.map { AnswerMatch(version).score(prediction: $0.0, references: $0.1) }
    let count = Double(scores.count)
    return (
      100 * Double(scores.filter { $0.exactMatch }.count) / count, 100 * scores.reduce(0) { $0 + $1.f1 } / count
    )
  }

  private static func errorRates(_ test: ConformanceCase) throws -> JSON {
    let standardizes = try test.text("transform") == "standardize"
    var scores = JSONObject()
    for kind in ErrorRate.Kind.allCases {
      let metric = ErrorRate(kind, standardizes: standardizes)
      let counts = try metric.counts(predictions: test.hypotheses, references: test.references)
      scores[kind.rawValue] = .number(metric.corpusScore(counts))
      guard [.wordError, .characterError].contains(kind) else { continue }
      let prefix = kind == .characterError ? "cer_" : ""
      for (name, count) in zip(["hits", "substitutions", "deletions", "insertions"], summed(counts)) {
        scores["\(prefix)\(name)"] = .number(count)
      }
    }
    return .object(scores)
  }
}
