import Foundation

/// The smallest difference that a comparison of so many items finds in four of five cases.
///
/// Source: the usual power of 0.8 at a two-sided level of 0.05: 2.8 standard errors of the mean difference (Card et al.,
/// "With Little Power Comes Great Responsibility", 2020).
public func minimumDetectableEffect(differences: [Double]) -> Double? {
  guard differences.count > 1 else { return nil }
  let count = Double(differences.count), mean = differences.reduce(0, +) / count
  let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
  return (1.959_963_985 + 0.841_621_234) * (variance / count).squareRoot()
}
