import Basics

/// Whether one model is better than another on the same examples, by drawing the examples again with replacement.
///
/// Source: Koehn, "Statistical Significance Tests for Machine Translation Evaluation", 2004. Scores of samples come
/// from counts, so that no text is compared twice.
public struct PairedBootstrap: Sendable {
  public let confidence: Double
  public let samples: Int
  public let seed: UInt64

  /// - Throws: `TuneError.usage` when `confidence` is not between 0 and 1 or `samples` is not positive.
  public init(confidence: Double = 0.95, samples: Int = 1000, seed: UInt64 = 0) throws {
    try checkBootstrap(confidence: confidence, samples: samples)
    self.confidence = confidence
    self.samples = samples
    self.seed = seed
  }

  /// Compares the counts of the base and the tuned model, example by example.
  ///
  /// - Throws: `TuneError.data` when there is no example or the models have different numbers of examples.
  public func compare(_ metric: any Metric, base: [[Double]], tuned: [[Double]]) throws -> PairedComparison {
    guard base.count == tuned.count, !base.isEmpty else {
      throw TuneError.data(
        "\(metric.name): \(base.count) examples of the base model and \(tuned.count) of the tuned one; "
          + "score both on the same examples, at least one")
    }
    var comparison = PairedComparison(
      base: metric.corpusScore(base), tuned: metric.corpusScore(tuned), interval: 0...0, standardError: 0, wins: 0,
      losses: 0, ties: 0)
    for (before, after) in zip(base, tuned) {
      let rise = metric.exampleScore(after) - metric.exampleScore(before)
      let change = metric.lowerIsBetter ? -rise : rise
      if change > 0 { comparison.wins += 1 } else if change < 0 { comparison.losses += 1 } else { comparison.ties += 1 }
    }
    let before = CountTable(metric, base), after = CountTable(metric, tuned)
    let differences = drawn(base.count) { after.score($0) - before.score($0) }
    comparison.interval = interval(of: differences)
    comparison.standardError = standardDeviation(differences)
    return comparison
  }

  /// The interval of one model's score; 0...0 without examples.
  public func interval(_ metric: any Metric, _ counts: [[Double]]) -> ClosedRange<Double> {
    guard !counts.isEmpty else { return 0...0 }
    let table = CountTable(metric, counts)
    return interval(ofScores: counts.count) { table.score($0) }
  }

  /// The range in which the middle `confidence` of a value lies when `count` examples are drawn again.
  ///
  /// - Parameter value: of the drawn examples.
  func interval(ofScores count: Int, _ value: ([Int]) -> Double) -> ClosedRange<Double> {
    interval(of: drawn(count, value))
  }

  /// The values of all samples.
  private func drawn(_ count: Int, _ value: ([Int]) -> Double) -> [Double] {
    var random = SeededRandom(seed: seed, stream: "paired bootstrap")
    return drawnValues(samples: samples, of: count, draw: { random.integer(below: count) }, value)
  }

  private func interval(of values: [Double]) -> ClosedRange<Double> {
    let sorted = values.sorted(), bounds = percentileBounds(confidence: confidence)
    let low = percentile(sorted, bounds[0]), high = percentile(sorted, bounds[2])
    return min(low, high)...max(low, high)
  }

  private func standardDeviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
  }
}

/// The scores of two models on the same examples and what can be said of their difference.
public struct PairedComparison: Sendable, Equatable {
  /// Score of the base model on all examples.
  public var base: Double
  /// Score of the tuned model on all examples.
  public var tuned: Double
  /// Confidence interval of the difference.
  public var interval: ClosedRange<Double>
  /// How far the difference of other examples of the same kind would be from this one: the standard deviation of the
  /// samples' differences.
  public var standardError: Double
  /// Examples on which the tuned model is better.
  public var wins: Int
  /// Examples on which the tuned model is worse.
  public var losses: Int
  /// Examples on which both score the same.
  public var ties: Int

  /// How much higher the tuned model's score is.
  public var difference: Double { tuned - base }
  /// Whether the interval excludes "no difference".
  public var isSignificant: Bool { !interval.contains(0) }

  /// The smallest difference that a comparison of so many examples finds in four of five cases; nil for one example.
  ///
  /// Source: the usual power of 0.8 at a two-sided level of 0.05: 2.8 standard errors (Card et al., "With Little Power
  /// Comes Great Responsibility", 2020).
  public var minimumDetectableEffect: Double? {
    wins + losses + ties > 1 ? (1.959_963_985 + 0.841_621_234) * standardError : nil
  }
}
