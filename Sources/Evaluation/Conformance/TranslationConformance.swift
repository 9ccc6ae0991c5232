import Basics
import Foundation

extension Conformance {
  static let translationKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "bleu_sentence": { test in
      let metric = try bleu(test), (prediction, references) = try test.single
      return json(metric, metric.sentence(prediction: prediction, references: references), references.count)
    },
    "bleu_corpus": { test in
      let metric = try bleu(test), references = try test.references
      let score = try metric.corpus(predictions: test.hypotheses, references: references)
      return json(metric, score, sharedReferenceCount(references))
    },
    "sacrebleu_tokenize": { test in
      let text = PythonText.strippedAtEnd(Array(try test.single.prediction.unicodeScalars))
      return .object(
        JSONObject(
          entries: bleuTokenizers.map { .init(key: $0.name, value: .string(PythonText.string($0.tokenize(text)))) }))
    },
    "chrf": { test in
      let metric = ChrF(
        characterOrder: try test.integer("char_order"), wordOrder: try test.integer("word_order"),
        beta: try test.integer("beta"), lowercase: try test.flag("lowercase"),
        keepsWhitespace: try test.flag("whitespace"), epsilonSmoothing: try test.flag("eps_smoothing"))
      let score = try metric.corpusScore(metric.counts(predictions: test.hypotheses, references: test.references))
      return described(metric, score, sharedReferenceCount(try test.references))
    },
    "ter": { test in
      let metric = TranslationEditRate(tokenizer: try tercom(test))
      let counts = try summed(metric.counts(predictions: test.hypotheses, references: test.references))
      var object =
        described(metric, metric.score(counts, examples: 1), sharedReferenceCount(try test.references))
        .objectValue ?? JSONObject()
      object["num_edits"] = .number(counts[0])
      object["ref_length"] = .number(counts[1])
      return .object(object)
    },
    "ter_tokenize": { test in
      ["tokenized": .string(try tercom(test).tokenize(test.single.prediction))]
    },
  ]

  private static func bleu(_ test: ConformanceCase) throws -> BLEU {
    try BLEU(
      tokenizer: bleuTokenizer(named: test.text("tokenize")), lowercase: test.flag("lowercase"),
      smoothing: BLEU.Smoothing(name: test.text("smooth_method"), value: test.options["smooth_value"]?.doubleValue),
      effectiveOrder: test.flag("effective_order"), maximumOrder: test.integer("max_ngram_order"))
  }

  private static func tercom(_ test: ConformanceCase) throws -> TercomTokenizer {
    TercomTokenizer(
      isNormalized: try test.flag("normalized"), dropsPunctuation: try test.flag("no_punct"),
      supportsAsian: try test.flag("asian_support"), isCaseSensitive: try test.flag("case_sensitive"))
  }

  private static func json(_ metric: BLEU, _ score: BLEUScore, _ references: Int?) -> JSON {
    [
      "score": .number(score.score), "counts": .array(score.counts.map { .number($0) }),
      "totals": .array(score.totals.map { .number($0) }), "precisions": .array(score.precisions.map { .number($0) }),
      "bp": .number(score.brevityPenalty), "sys_len": .integer(score.predictionLength),
      "ref_len": .integer(score.referenceLength), "signature": .string(metric.signature(references: references)),
      "signature_short": .string(metric.shortSignature(references: references)), "text": .string(score.text()),
      "json_score_w4": .string(String(format: "%.4f", score.score)),
    ]
  }

  private static func described(_ metric: any SacreBLEUMetric, _ score: Double, _ references: Int?) -> JSON {
    [
      "score": .number(score), "name": .string(metric.title),
      "signature": .string(metric.signature(references: references)),
      "signature_short": .string(metric.shortSignature(references: references)),
      "text": .string("\(metric.title) = \(String(format: "%.4f", score))"),
    ]
  }
}
