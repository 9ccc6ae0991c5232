import Basics
import Foundation

/// How well predicted numbers follow expected ones, from -1 to 1, as scipy's `pearsonr` and `spearmanr` compute it; the
/// measure of STS-B in GLUE.
///
/// Counts: the expected and the predicted number. A corpus in which one of them never changes scores 0.
public struct Correlation: Metric {
  public enum Kind: String, Sendable, CaseIterable {
    /// Of the numbers.
    case pearson
    /// Of their ranks, equal numbers sharing the mean of theirs.
    case spearman
  }

  public let kind: Kind

  public init(_ kind: Kind) { self.kind = kind }

  public var name: String { kind.rawValue }
  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    "\(name)|nrefs:\(references.map { String($0) } ?? "var")|tune:\(metricsVersion)"
  }

  public func check(prediction: String, references: [String]) throws {
    for text in [prediction] + references.prefix(1) where number(text) == nil {
      throw TuneError.data("\(name): \"\(text.prefix(40))\" is no number; correlations compare numbers")
    }
  }

  private func number(_ text: String) -> Double? {
    Double(PythonText.string(PythonText.stripped(Array(text.unicodeScalars)))).flatMap { $0.isFinite ? $0 : nil }
  }

  /// The first reference counts.
  public func counts(prediction: String, references: [String]) -> [Double] {
    [references.first.flatMap { number($0) } ?? 0, number(prediction) ?? 0]
  }

  public func corpusScore(_ counts: [[Double]]) -> Double {
    let expected = counts.map { $0[0] }, predicted = counts.map { $0[1] }
    switch kind {
    case .pearson: return Self.correlation(expected, predicted)
    case .spearman: return Self.correlation(Self.ranks(expected), Self.ranks(predicted))
    }
  }

  /// How near an example is, for telling better from worse: minus the distance.
  public func exampleScore(_ counts: [Double]) -> Double { -abs(counts[0] - counts[1]) }

  private static func correlation(_ first: [Double], _ second: [Double]) -> Double {
    guard first.count > 1 else { return 0 }
    let count = Double(first.count)
    let firstMean = first.reduce(0, +) / count, secondMean = second.reduce(0, +) / count
    var both = 0.0, firstSquares = 0.0, secondSquares = 0.0
    for (x, y) in zip(first, second) {
      both += (x - firstMean) * (y - secondMean)
      firstSquares += (x - firstMean) * (x - firstMean)
      secondSquares += (y - secondMean) * (y - secondMean)
    }
    let spread = firstSquares.squareRoot() * secondSquares.squareRoot()
    return spread > 0 ? max(-1, min(1, both / spread)) : 0
  }

  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count), place = 0
    while place < order.count {
      var end = place
      while end < order.count, values[order[end]] == values[order[place]] { end += 1 }
      for index in order[place..<end] { ranks[index] = Double(place + end + 1) / 2 }
      place = end
    }
    return ranks
  }
}
