import Basics

/// Distinct-n: the share of n-grams in all predictions that differ from one another; low where answers repeat themselves
/// or each other.
///
/// Counts: a number for each n-gram of the prediction, 53 bits of its hash. Source: Li et al., "A Diversity-Promoting
/// Objective Function for Neural Conversation Models", 2016.
public struct DistinctNGrams: Metric {
  public let order: Int

  /// - Precondition: `order` is positive.
  public init(order: Int) {
    precondition(order > 0, "distinct-\(order)")
    self.order = order
  }

  public var name: String { "distinct\(order)" }
  public var maximum: Double { 1 }
  public func signature(references: Int?) -> String { "\(name)|tok:none|case:lc|tune:\(metricsVersion)" }

  public func counts(prediction: String, references: [String]) -> [Double] {
    let words = PythonText.split(PythonText.lowercased(Array(prediction.unicodeScalars))).map { PythonText.string($0) }
    return (0..<ngramCount(words.count, order: order)).map { start in
      Double(stableHash(words[start..<start + order].joined(separator: " ")) >> 11)
    }
  }

  public func corpusScore(_ counts: [[Double]]) -> Double {
    let total = counts.reduce(0) { $0 + $1.count }
    return total == 0 ? 0 : Double(Set(counts.joined()).count) / Double(total)
  }

  public func exampleScore(_ counts: [Double]) -> Double { corpusScore([counts]) }
}
