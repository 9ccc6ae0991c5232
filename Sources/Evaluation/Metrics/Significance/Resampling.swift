import Basics

/// The mean of the scores of bootstrap samples and half the width of their middle 95 %, as sacreBLEU 2.6.0 tells them:
/// "μ = 26.4 ± 1.2".
public struct BootstrapEstimate: Sendable, Equatable {
  public var mean: Double
  public var halfWidth: Double

  init(_ scores: [Double]) {
    let sorted = scores.sorted(), low = scores.count / 40
    mean = scores.reduce(0, +) / Double(max(1, scores.count))
    halfWidth = sorted.isEmpty ? 0 : (sorted[sorted.count - 1 - low] - sorted[low]) / 2
  }
}

/// Two systems on the same examples, by sacreBLEU's paired tests.
public struct PairedTest: Sendable, Equatable {
  public var baseline: Double
  public var system: Double
  /// The probability of so large a difference, in either direction, if both were the same.
  public var pValue: Double
  /// Of bootstrap samples; nil where none were drawn.
  public var baselineEstimate: BootstrapEstimate?
  public var systemEstimate: BootstrapEstimate?
}

/// sacreBLEU's resampling of examples, with numpy's random numbers: the same seed gives the same samples.
///
/// Source: Koehn, "Statistical Significance Tests for Machine Translation Evaluation", 2004; Riezler and Maxwell, "On Some
/// Pitfalls in Automatic Evaluation and Significance Testing for MT", 2005; sacreBLEU's `significance.py`.
public struct Resampling: Sendable {
  /// sacreBLEU's default, for `SACREBLEU_SEED`.
  public static let defaultSeed: UInt64 = 12345

  public let seed: UInt64

  public init(seed: UInt64 = Resampling.defaultSeed) { self.seed = seed }

  /// The mean and the interval of a score.
  ///
  /// - Parameter samples: how many are drawn; more than 0.
  /// - Throws: `TuneError.data` without an example, `TuneError.usage` for less than one sample.
  public func estimate(_ metric: any Metric, _ counts: [[Double]], samples: Int) throws -> BootstrapEstimate {
    try check(metric, counts, counts, samples)
    var random = PCG64(seed: seed)
    return BootstrapEstimate(scores(metric, [counts], samples, &random)[0])
  }

  /// The paired bootstrap: how often the difference of samples is farther from its mean than the one measured from 0.
  ///
  /// - Throws: `TuneError.data` when there is no example or the systems have different numbers of examples.
  public func bootstrap(
    _ metric: any Metric, baseline: [[Double]], system: [[Double]], samples: Int = 1000
  ) throws -> PairedTest {
    try check(metric, baseline, system, samples)
    var random = PCG64(seed: seed)
    let drawn = scores(metric, [baseline, system], samples, &random)
    var test = PairedTest(
      baseline: metric.corpusScore(baseline), system: metric.corpusScore(system), pValue: 1,
      baselineEstimate: BootstrapEstimate(drawn[0]), systemEstimate: BootstrapEstimate(drawn[1]))
    let differences = zip(drawn[0], drawn[1]).map { abs($1 - $0) }
    let mean = differences.reduce(0, +) / Double(samples), measured = abs(test.baseline - test.system)
    let larger = differences.filter { $0 - mean > measured }.count
    test.pValue = Double(larger + 1) / Double(samples + 1)
    return test
  }

  /// Approximate randomisation: how often the difference is larger when the answers to each example change sides by chance.
  ///
  /// - Parameter confidenceSamples: bootstrap samples for the estimates; 0 for none.
  /// - Throws: `TuneError.data` when there is no example or the systems have different numbers of examples.
  public func approximateRandomization(
    _ metric: any Metric, baseline: [[Double]], system: [[Double]], trials: Int = 10_000, confidenceSamples: Int = 0
  ) throws -> PairedTest {
    try check(metric, baseline, system, trials)
    var random = PCG64(seed: seed)
    let coins = Coins(count: trials * baseline.count, &random)
    var test = PairedTest(baseline: metric.corpusScore(baseline), system: metric.corpusScore(system), pValue: 1)
    let measured = abs(test.baseline - test.system)
    // Example by example the baseline's and the system's counts: number 2 i and 2 i + 1.
    let table = CountTable(metric, zip(baseline, system).flatMap { [$0, $1] })
    let differences = parallelValues(trials) { trial in
      let chosen = baseline.indices.map { 2 * $0 + (coins[trial * baseline.count + $0] ? 0 : 1) }
      return abs(table.score(chosen) - table.score(chosen.map { $0 ^ 1 }))
    }
    let larger = differences.count { $0 > measured }
    test.pValue = Double(larger + 1) / Double(trials + 1)
    if confidenceSamples > 0 {
      test.systemEstimate = BootstrapEstimate(scores(metric, [system], confidenceSamples, &random)[0])
      test.baselineEstimate = try estimate(metric, baseline, samples: confidenceSamples)
    }
    return test
  }

  /// The scores of samples of the same examples for each system.
  private func scores(
    _ metric: any Metric, _ systems: [[[Double]]], _ samples: Int, _ random: inout PCG64
  ) -> [[Double]] {
    let count = systems.first?.count ?? 0, tables = systems.map { CountTable(metric, $0) }
    let scores = drawnValues(samples: samples, of: count, draw: { random.integer(below: count) }) { drawn in
      tables.map { $0.score(drawn) }
    }
    return systems.indices.map { system in scores.map { $0[system] } }
  }

  private func check(_ metric: any Metric, _ baseline: [[Double]], _ system: [[Double]], _ samples: Int) throws {
    try checkBootstrap(confidence: 0.95, samples: samples)
    guard baseline.count == system.count, !baseline.isEmpty else {
      throw TuneError.data(
        "\(metric.name): \(baseline.count) examples of the baseline and \(system.count) of the system; score both on the "
          + "same examples, at least one")
    }
  }
}
