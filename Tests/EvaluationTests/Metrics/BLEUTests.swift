import Basics
import Testing

@testable import Evaluation

@Suite struct BLEUTests {
  @Test func agreesWithGoldenCorpora() throws {
    for vector in try MetricVectors.golden("bleu_corpus") { try checkCorpus(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedCorpora() throws {
    for vector in try MetricVectors.shared("bleu_corpus") { try checkCorpus(vector) }
  }

  @Test func agreesWithGoldenSentences() throws {
    for vector in try MetricVectors.golden("bleu_sentence") { try checkSentence(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedSentences() throws {
    for vector in try MetricVectors.shared("bleu_sentence") { try checkSentence(vector) }
  }

  @Test func exampleScoreUsesEffectiveOrder() {
    let counts = BLEU().counts(prediction: "two words", references: ["two words"])
    #expect(BLEU().score(counts, examples: 1) < 1e-6)
    #expect(agree(BLEU().exampleScore(counts), 100))
  }

  @Test func emptyCorpusScoresZero() throws {
    let result = try BLEU().corpus(predictions: [], references: [])
    #expect(result.score == 0 && result.counts == [0, 0, 0, 0])
    #expect(result.text() == "BLEU = 0.00 0.0/0.0/0.0/0.0 (BP = 1.000 ratio = 0.000 hyp_len = 0 ref_len = 0)")
  }

  @Test func listsOfDifferentLengthAreRefused() {
    #expect(
      throws: TuneError.data(
        "bleu: 1 predictions but references for 2 examples; give one list of references for every prediction")
    ) { try BLEU().corpus(predictions: ["a"], references: [["a"], ["b"]]) }
  }

  @Test func warnsOfTokenizedPredictions() {
    let tokenized = [String](repeating: "It ends .", count: 100)
    #expect(BLEU().warning(for: tokenized) != nil)
    #expect(BLEU().warning(for: Array(tokenized.dropLast())) == nil)
    #expect(BLEU(force: true).warning(for: tokenized) == nil)
  }

  @Test func smoothingIsReadByName() throws {
    #expect(try BLEU.Smoothing(name: "floor") == .floor(0.1))
    #expect(try BLEU.Smoothing(name: "add-k", value: 0.5) == .addK(0.5))
    #expect(throws: TuneError.self) { try BLEU.Smoothing(name: "floor", value: -1) }
    #expect(throws: TuneError.self) { try BLEU.Smoothing(name: "floor", value: .nan) }
    #expect(
      throws: TuneError.usage("there is no smoothing 'flor'; did you mean 'floor'? Known: exp, floor, add-k, none")
    ) { try BLEU.Smoothing(name: "flor") }
  }

  private func metric(_ options: JSON) throws -> BLEU {
    try BLEU(
      tokenizer: bleuTokenizer(named: #require(options.at("tokenize").stringValue)),
      lowercase: options.flag("lowercase"),
      smoothing: BLEU.Smoothing(
        name: #require(options.at("smooth_method").stringValue), value: options["smooth_value"]?.doubleValue),
      effectiveOrder: options.flag("effective_order"),
      maximumOrder: #require(options.at("max_ngram_order").intValue))
  }

  private func checkCorpus(_ vector: JSON) throws {
    let metric = try metric(vector.at("options")), references = try vector.references
    let result = try metric.corpus(predictions: vector.hypotheses, references: references)
    try check(result, metric, references, vector.at("expected"))
  }

  private func checkSentence(_ vector: JSON) throws {
    let metric = try metric(vector.at("options")), references = try vector.references
    let result = metric.sentence(prediction: try #require(vector.hypotheses.first), references: references[0])
    try check(result, metric, references, vector.at("expected"))
  }

  private func check(_ got: BLEUScore, _ metric: BLEU, _ references: [[String]], _ expected: JSON) throws {
    let count = sharedReferenceCount(references)
    #expect(agree(got.score, expected["score"]?.doubleValue))
    #expect(got.counts == (try expected.at("counts").numbers()))
    #expect(got.totals == (try expected.at("totals").numbers()))
    for (precision, value) in zip(got.precisions, try expected.at("precisions").numbers()) {
      #expect(agree(precision, value))
    }
    #expect(got.precisions.count == metric.maximumOrder)
    #expect(agree(got.brevityPenalty, expected["bp"]?.doubleValue))
    #expect(got.predictionLength == expected["sys_len"]?.intValue)
    #expect(got.referenceLength == expected["ref_len"]?.intValue)
    #expect(metric.signature(references: count) == expected["signature"]?.stringValue)
    #expect(metric.shortSignature(references: count) == expected["signature_short"]?.stringValue)
    #expect(got.text() == expected["text"]?.stringValue)
  }
}
