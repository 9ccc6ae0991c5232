/// How well a model's probabilities say how often it is right.
///
/// Source: HELM's calibration metrics (Liang et al., 2022, section 4.4), which are those of the package
/// uncertainty-calibration 0.1.4: `get_ece_em` and `get_selective_stats`.
public struct Calibration: Sendable, Equatable {
  /// Answers of about the same confidence.
  public struct Bin: Sendable, Equatable {
    /// The mean of the probabilities.
    public let confidence: Double
    /// The share that is right.
    public let accuracy: Double
    public let count: Int
  }

  /// From the least to the most confident, about as many answers in each; equal confidences are in one bin.
  public let bins: [Bin]
  /// The mean distance between confidence and accuracy, 0 to 1, each bin by its count: ECE.
  public let expectedError: Double
  /// The mean accuracy over all coverages, where a model answers only what it is most confident of.
  public let selectiveAccuracyArea: Double
  /// The accuracy of the most confident tenth.
  public let accuracyAtTenPercent: Double

  public var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// - Parameter answers: the probability of each answer, and whether it is right.
  /// - Returns: nil for no answer.
  public init?(_ answers: [(confidence: Double, isRight: Bool)], binCount: Int = 10) {
    precondition(binCount > 0 && answers.allSatisfy { (0...1).contains($0.confidence) }, "no probability")
    guard !answers.isEmpty else { return nil }
    // Of equal confidences the first is the first: `sorted` is stable.
    let sorted = answers.sorted { $0.confidence > $1.confidence }
    bins = Self.bins(sorted.reversed(), count: binCount)
    expectedError =
      bins.reduce(0) { $0 + Double($1.count) * abs($1.confidence - $1.accuracy) } / Double(answers.count)
    var right = 0, accuracies: [Double] = []
    for (place, answer) in sorted.enumerated() {
      right += answer.isRight ? 1 : 0
      accuracies.append(Double(right) / Double(place + 1))
    }
    selectiveAccuracyArea = Aggregation.mean(accuracies)
    accuracyAtTenPercent = accuracies[accuracies.count / 10]
  }

  /// - Parameter ascending: by confidence.
  private static func bins(_ ascending: [(confidence: Double, isRight: Bool)], count: Int) -> [Bin] {
    let parts = min(count, ascending.count), size = ascending.count / parts, larger = ascending.count % parts
    // Bins end half-way between neighbours; the first few have one answer more, as numpy's `array_split` has it.
    var bounds: [Double] = [], end = 0
    for part in 0..<(parts - 1) {
      end += size + (part < larger ? 1 : 0)
      let bound = (ascending[end - 1].confidence + ascending[end].confidence) / 2
      if bounds.last != bound { bounds.append(bound) }
    }
    var bins: [Bin] = [], rest = ascending[...]
    for bound in bounds + [1] {
      let own = rest.prefix { $0.confidence <= bound }
      rest = rest.dropFirst(own.count)
      guard !own.isEmpty else { continue }
      bins.append(
        Bin(
          confidence: own.reduce(0) { $0 + $1.confidence } / Double(own.count),
          accuracy: Double(own.count { $0.isRight }) / Double(own.count), count: own.count))
    }
    return bins
  }
}
