import Basics

/// ROUGE scores of a corpus with a confidence interval, as rouge_score 0.1.2's `BootstrapAggregator` gives them.
///
/// Examples are drawn again with replacement; of the means of these samples the percentiles are taken. With the same
/// seed the numbers are those of Python after `np.random.seed(seed)`.
public struct BootstrapAggregator: Sendable {
  /// Percentiles of the means of all samples. `middle` is their median, not the mean of the data.
  public struct Interval: Sendable, Equatable {
    public var low: RougeScore
    public var middle: RougeScore
    public var high: RougeScore
  }

  public let confidence: Double
  public let samples: Int
  public let seed: UInt32

  /// - Throws: `TuneError.usage` when `confidence` is not between 0 and 1 or `samples` is not positive.
  public init(confidence: Double = 0.95, samples: Int = 1000, seed: UInt32 = 0) throws {
    try checkBootstrap(confidence: confidence, samples: samples)
    self.confidence = confidence
    self.samples = samples
    self.seed = seed
  }

  /// The interval of each type.
  ///
  /// - Parameter scores: for each example the scores of the types, as `Rouge.scores` gives them.
  public func aggregate(_ scores: [[RougeScore]]) -> [Interval] {
    guard let types = scores.first?.count else { return [] }
    var random = NumpyLegacyRandom(seed: seed)
    return (0..<types).map { type in interval(scores.map { $0[type] }, &random) }
  }

  private func interval(_ scores: [RougeScore], _ random: inout NumpyLegacyRandom) -> Interval {
    let means = (0..<samples).map { _ in meanOfSample(scores, &random) }
    let precisions = means.map { $0.precision }.sorted()
    let recalls = means.map { $0.recall }.sorted()
    let fmeasures = means.map { $0.fmeasure }.sorted()
    let bounds = percentileBounds(confidence: confidence).map { share in
      RougeScore(
        precision: percentile(precisions, share), recall: percentile(recalls, share),
        fmeasure: percentile(fmeasures, share))
    }
    return Interval(low: bounds[0], middle: bounds[1], high: bounds[2])
  }

  private func meanOfSample(_ scores: [RougeScore], _ random: inout NumpyLegacyRandom) -> RougeScore {
    var sum = RougeScore(precision: 0, recall: 0, fmeasure: 0)
    for _ in scores.indices {
      let score = scores[random.integer(below: scores.count)]
      sum.precision += score.precision
      sum.recall += score.recall
      sum.fmeasure += score.fmeasure
    }
    let count = Double(scores.count)
    return RougeScore(precision: sum.precision / count, recall: sum.recall / count, fmeasure: sum.fmeasure / count)
  }
}

// MARK: Percentiles

/// The shares at the lower end, the middle and the upper end of a confidence interval, rounded as in numpy.
func percentileBounds(confidence: Double) -> [Double] {
  let tail = (1 - confidence) / 2
  return [tail, 0.5, 1 - tail].map { 100 * $0 / 100 }
}

/// numpy's percentile by linear interpolation of values in ascending order.
///
/// - Precondition: there is a value, and `share` is between 0 and 1.
func percentile(_ sorted: [Double], _ share: Double) -> Double {
  let position = Double(sorted.count - 1) * share
  let index = Int(position.rounded(.down))
  guard index + 1 < sorted.count else { return sorted[sorted.count - 1] }
  let fraction = position - Double(index), step = sorted[index + 1] - sorted[index]
  return fraction < 0.5 ? sorted[index] + step * fraction : sorted[index + 1] - step * (1 - fraction)
}

/// - Throws: `TuneError.usage` for settings that no bootstrap can have.
func checkBootstrap(confidence: Double, samples: Int) throws {
  guard confidence >= 0, confidence <= 1 else {
    throw TuneError.usage("the confidence of an interval is \(confidence); it must be between 0 and 1, such as 0.95")
  }
  guard samples > 0 else {
    throw TuneError.usage("the number of bootstrap samples is \(samples); it must be positive, such as 1000")
  }
}
