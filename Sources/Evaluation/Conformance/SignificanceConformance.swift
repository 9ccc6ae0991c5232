import Basics
import Foundation

extension Conformance {
  static let significanceKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "sacrebleu_bootstrap_ci": { test in
      let metric = try system(test), references = try test.references, samples = try test.integer("n_bootstrap")
      let counts = try metric.counts(predictions: test.hypotheses, references: references)
      let estimate = try resampling(test).estimate(metric, counts, samples: samples)
      let score = metric.corpusScore(counts)
      let signature = metric.signature(
        references: sharedReferenceCount(references),
        resampling: [.init("bs", "bs", String(samples)), .init("seed", "rs", String(try seed(test)))])
      return [
        "score": .number(score), "mean": .number(estimate.mean), "ci": .number(estimate.halfWidth),
        "signature": .string(signature), "text": .string(text(metric, counts, score, estimate)),
      ]
    },
    "sacrebleu_paired": { test in try paired(test) },
  ]

  private static func paired(_ test: ConformanceCase) throws -> JSON {
    let metric = try system(test), references = try test.references, count = try test.integer("n_samples")
    let baseline = try metric.counts(
      predictions: ConformanceCase.texts(test.value("baseline_hypotheses"), "baseline_hypotheses"),
      references: references)
    let system = try metric.counts(predictions: test.hypotheses, references: references)
    let isBootstrap = try test.text("test_type") == "bs", confidence = try test.integer("n_ar_confidence")
    let result =
      isBootstrap
      ? try resampling(test).bootstrap(metric, baseline: baseline, system: system, samples: count)
      : try resampling(test).approximateRandomization(
        metric, baseline: baseline, system: system, trials: count, confidenceSamples: max(0, confidence))
    var parts = [SignaturePart("bs", "bs", String(isBootstrap ? count : confidence))]
    if !isBootstrap {
      if confidence <= 0 { parts = [] }
      parts.append(.init("ar", "ar", String(count)))
    }
    parts.append(.init("seed", "rs", String(try seed(test))))
    var tuned = describe(result.system, result.systemEstimate)
    tuned["p_value"] = .number(result.pValue)
    return [
      "baseline": .object(describe(result.baseline, result.baselineEstimate)), "system": .object(tuned),
      "signature": .string(metric.signature(references: sharedReferenceCount(references), resampling: parts)),
    ]
  }

  private static func describe(_ score: Double, _ estimate: BootstrapEstimate?) -> JSONObject {
    [
      "score": .number(score), "mean": estimate.map { .number($0.mean) } ?? .null,
      "ci": estimate.map { .number($0.halfWidth) } ?? .null,
    ]
  }

  private static func text(
    _ metric: any SacreBLEUMetric, _ counts: [[Double]], _ score: Double, _ estimate: BootstrapEstimate
  ) -> String {
    let interval = String(format: "(μ = %.2f ± %.2f)", estimate.mean, estimate.halfWidth)
    let start = "\(metric.title) = \(String(format: "%.2f", score)) \(interval)"
    guard let bleu = metric as? BLEU else { return start }
    return start + bleu.result(summed(counts)).text().dropFirst("BLEU = \(String(format: "%.2f", score))".count)
  }

  private static func resampling(_ test: ConformanceCase) throws -> Resampling { Resampling(seed: try seed(test)) }

  private static func seed(_ test: ConformanceCase) throws -> UInt64 {
    guard let seed = UInt64(exactly: try test.integer("seed")) else {
      throw TuneError.data("options.seed: expected a number of at least 0")
    }
    return seed
  }

  private static func system(_ test: ConformanceCase) throws -> any SacreBLEUMetric {
    switch try test.text("system_metric") {
    case "bleu": return BLEU()
    case "bleu_floor": return BLEU(smoothing: .floor(0.1))
    case "chrf": return ChrF()
    case "chrf++": return ChrF(wordOrder: 2)
    case "ter": return TranslationEditRate()
    case let name: throw TuneError.data("options.system_metric: unknown '\(name)'")
    }
  }
}
