import Basics
import Testing

@testable import Evaluation

/// What holds for every metric of the list.
@Suite struct MetricTests {
  private let texts = [
    "A quiet river runs through the old town.\nBoats wait for the morning tide.",
    "The second example has numbers: 3.14, 2,000 and 15-20.",
    "Third, a somewhat longer sentence about bread, butter and a little salt on the table.",
  ]

  /// Metrics of texts that tell how like their references predictions are.
  static let similarities = [
    "rouge1", "rouge2", "rouge3", "rouge4", "rougeL", "rougeLsum", "rouge155-1", "rouge155-2", "rouge155-L", "rougeS",
    "rougeSU", "bleu", "chrf", "chrf++", "exact_match", "token_f1", "accuracy", "macro_f1", "micro_f1", "weighted_f1",
    "matthews_correlation", "wip",
  ]
  static let errorRates = ["ter", "wer", "cer", "mer", "wil"]
  /// Metrics of any texts and of their references alone.
  static let comparisons = similarities + errorRates + ["rougeW", "meteor", "distinct1", "distinct2", "length_ratio"]

  @Test func everyMetricIsOfAKind() throws {
    let others = try metricNames.filter { !Self.comparisons.contains($0) }.map { try metric(named: $0) }
    #expect(others.allSatisfy { $0 is any SourceMetric || $0 is Correlation })
    for name in metricNames { #expect(try metric(named: name).lowerIsBetter == Self.errorRates.contains(name)) }
  }

  @Test(arguments: errorRates) func equalTextsHaveNoErrors(name: String) throws {
    let metric = try metric(named: name)
    let counts = try metric.counts(predictions: texts, references: texts.map { [$0] })
    #expect(metric.corpusScore(counts) == 0 && counts.allSatisfy { metric.exampleScore($0) == 0 })
    let wrong = metric.counts(prediction: "entirely unrelated words", references: [texts[0]])
    #expect(metric.exampleScore(wrong) > 0.8 * metric.maximum)
  }

  @Test(arguments: similarities) func equalTextsScoreTheMaximum(name: String) throws {
    let metric = try metric(named: name)
    let counts = try metric.counts(predictions: texts, references: texts.map { [$0] })
    #expect(agree(metric.corpusScore(counts), metric.maximum))
    for row in counts { #expect(agree(metric.exampleScore(row), metric.maximum)) }
  }

  @Test(arguments: similarities.filter { !$0.hasPrefix("chrf") }) func unrelatedTextsScoreZero(name: String) throws {
    let metric = try metric(named: name)
    let counts = metric.counts(prediction: "entirely unrelated words", references: texts)
    #expect(metric.corpusScore([counts]) == 0 && metric.exampleScore(counts) == 0)
    #expect(metric.corpusScore([]) == 0)
  }

  @Test(arguments: similarities + ["rougeW", "meteor"]) func anyTextScoresInRange(name: String) throws {
    var options = MetricOptions()
    options.usesStemmer = true
    let metric = try metric(named: name, options: options)
    var random = SeededRandom(seed: 5, stream: name)
    var all: [[Double]] = []
    for _ in 0..<300 {
      let references = (0..<random.integer(below: 4)).map { _ in randomText(&random) }
      let prediction = random.integer(below: 4) == 0 ? references.first ?? "" : randomText(&random)
      let counts = metric.counts(prediction: prediction, references: references)
      let score = metric.exampleScore(counts)
      #expect(score >= 0 && score <= metric.maximum * (1 + 1e-12), "\(prediction) / \(references)")
      all.append(counts)
    }
    #expect(Set(all.map { $0.count }).count == 1)
    #expect(agree(metric.corpusScore(all), metric.corpusScore(all.reversed())))
  }

  @Test(arguments: comparisons.filter { $0 != "length_ratio" }) func theOrderOfReferencesDoesNotMatter(name: String)
    throws
  {
    let metric = try metric(named: name)
    var random = SeededRandom(seed: 6, stream: name)
    for _ in 0..<100 {
      let references = (0..<3).map { _ in randomText(&random) }, prediction = randomText(&random)
      let forward = metric.corpusScore([metric.counts(prediction: prediction, references: references)])
      let backward = metric.corpusScore([metric.counts(prediction: prediction, references: references.reversed())])
      #expect(agree(forward, backward))
    }
  }

  @Test func unknownMetricSuggestsTheNearest() {
    #expect(
      throws: TuneError.usage(
        "there is no metric 'rougeLsun'; did you mean 'rougeLsum'? "
          + "Known: rouge, squad, classification, \(metricNames.joined(separator: ", "))")
    ) { try metric(named: "rougeLsun") }
    for name in metricNames { #expect(throws: Never.self) { try metric(named: name) } }
  }

  @Test func optionsReachTheMetric() throws {
    var options = MetricOptions()
    options.usesStemmer = true
    options.bleu = BLEU(lowercase: true)
    #expect(try metric(named: "rouge1", options: options).signature.contains("stem:yes"))
    #expect(try metric(named: "bleu", options: options).signature.contains("case:lc"))
    #expect(sharedReferenceCount([["a"], ["b"]]) == 1 && sharedReferenceCount([["a"], []]) == nil)
  }

  private func randomText(_ random: inout SeededRandom) -> String {
    let pieces = ["the", "cat", "Cat", "sat", " ", " ", " ", "\n", ".", "3,5", "-", "é", "中文", "Σ", "running", "\u{0}"]
    return (0..<random.integer(below: 30)).map { _ in pieces[random.integer(below: pieces.count)] }.joined()
  }
}
