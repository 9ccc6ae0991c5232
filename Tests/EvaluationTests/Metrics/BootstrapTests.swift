import Basics
import Testing

@testable import Evaluation

@Suite struct BootstrapAggregatorTests {
  @Test func agreesWithGoldenIntervals() throws {
    for vector in try MetricVectors.golden("rouge_bootstrap") { try check(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedIntervals() throws {
    for vector in try MetricVectors.shared("rouge_bootstrap") { try check(vector) }
  }

  @Test func randomNumbersAreNumpys() throws {
    for vector in try MetricVectors.golden("rng") where vector["metric"] == "numpy_legacy_mt19937" {
      try checkRandom(vector)
    }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func randomNumbersAreNumpysInSharedVectors() throws {
    for vector in try MetricVectors.shared("rng") where vector["metric"] == "numpy_legacy_mt19937" {
      try checkRandom(vector)
    }
  }

  @Test func senselessSettingsAreRefused() {
    #expect(throws: TuneError.self) { try BootstrapAggregator(confidence: 1.5) }
    #expect(throws: TuneError.self) { try BootstrapAggregator(confidence: .nan) }
    #expect(throws: TuneError.self) { try BootstrapAggregator(samples: 0) }
  }

  @Test func noExampleHasNoInterval() throws {
    #expect(try BootstrapAggregator().aggregate([]) == [])
  }

  private func check(_ vector: JSON) throws {
    let options = try vector.at("options"), expected = try vector.at("expected")
    let names = try options.at("rouge_types").strings()
    let rouge = Rouge(
      try names.map { try #require(RougeType(name: $0)) },
      usesStemmer: try options.flag("use_stemmer"))
    let scores = zip(try vector.hypotheses, try vector.references).map {
      rouge.scores(prediction: $0.0, references: $0.1)
    }
    let aggregator = try BootstrapAggregator(
      confidence: #require(options.at("confidence_interval").doubleValue),
      samples: #require(options.at("n_samples").intValue),
      seed: UInt32(#require(options.at("numpy_legacy_seed").intValue)))
    for (index, (name, interval)) in zip(names, aggregator.aggregate(scores)).enumerated() {
      let bounds = try expected.at("aggregate").at(name)
      try check(interval.low, bounds.at("low"))
      try check(interval.middle, bounds.at("mid"))
      try check(interval.high, bounds.at("high"))
      let counts = scores.map { [$0[index].precision, $0[index].recall, $0[index].fmeasure] }
      let mean = RougeMetric(rouge.types[index]).mean(summed(counts), examples: counts.count)
      try check(mean, expected.at("plain_mean").at(name))
    }
  }

  private func check(_ got: RougeScore, _ expected: JSON) throws {
    #expect(agree(got.precision, expected["precision"]?.doubleValue))
    #expect(agree(got.recall, expected["recall"]?.doubleValue))
    #expect(agree(got.fmeasure, expected["fmeasure"]?.doubleValue))
  }

  private func checkRandom(_ vector: JSON) throws {
    let text = try #require(vector.at("options").at("seed").stringValue)
    let seed = try #require(UInt32(text))
    var random = NumpyLegacyRandom(seed: seed)
    for word in try vector.at("expected").at("mt19937_u32").numbers() {
      let next = random.next()
      #expect(Double(next) == word)
    }
    for entry in try #require(vector.at("expected").at("choice_arange").objectValue) {
      let bound = try #require(Int(entry.key))
      var random = NumpyLegacyRandom(seed: seed)
      for row in try #require(entry.value.arrayValue) {
        for value in try row.numbers() {
          let drawn = random.integer(below: bound)
          #expect(Double(drawn) == value)
        }
      }
    }
  }
}

@Suite struct PairedBootstrapTests {
  private let references = (0..<40).map { ["line \($0) of a text with number \($0 * 7) in it"] }

  private func counts(_ metric: any Metric, wrongEvery step: Int) throws -> [[Double]] {
    let predictions = references.enumerated().map { $0.offset % step == 0 ? "quite another text" : $0.element[0] }
    return try metric.counts(predictions: predictions, references: references)
  }

  @Test func aBetterModelIsFoundBetter() throws {
    for name in MetricTests.similarities + MetricTests.errorRates {
      let metric = try metric(named: name)
      let base = try counts(metric, wrongEvery: 2), tuned = try counts(metric, wrongEvery: 8)
      let comparison = try PairedBootstrap(samples: 200, seed: 1).compare(metric, base: base, tuned: tuned)
      #expect(comparison.wins == 15 && comparison.losses == 0 && comparison.ties == 25)
      #expect(comparison.interval.contains(comparison.difference) && comparison.isSignificant)
      #expect((comparison.difference > 0) != metric.lowerIsBetter && comparison.base == metric.corpusScore(base))
    }
  }

  @Test func equalModelsHaveNoDifference() throws {
    let metric = BLEU(), same = try counts(metric, wrongEvery: 3)
    let comparison = try PairedBootstrap(samples: 50).compare(metric, base: same, tuned: same)
    #expect(comparison.difference == 0 && comparison.interval == 0...0 && !comparison.isSignificant)
    #expect(comparison.ties == references.count)
  }

  @Test func aSeedRepeatsTheInterval() throws {
    let metric = RougeMetric(.ngram(1)), counts = try counts(metric, wrongEvery: 3)
    let first = try PairedBootstrap(seed: 3).interval(metric, counts)
    #expect(try PairedBootstrap(seed: 3).interval(metric, counts) == first)
    #expect(try PairedBootstrap(seed: 4).interval(metric, counts) != first)
    #expect(first.contains(metric.corpusScore(counts)))
  }

  @Test func differentExamplesAreRefused() throws {
    #expect(
      throws: TuneError.data(
        "bleu: 1 examples of the base model and 0 of the tuned one; score both on the same examples, at least one")
    ) { try PairedBootstrap().compare(BLEU(), base: [BLEU().counts(prediction: "", references: [""])], tuned: []) }
  }
}
