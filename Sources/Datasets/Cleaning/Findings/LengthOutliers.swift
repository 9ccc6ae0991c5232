import Foundation

/// The distribution of lengths over a set, in 8 kB however large the set: the first of two passes for outliers.
public struct LengthHistogram: Sendable {
  /// Bins of equal width in log2(1 + length), 32 an octave.
  private var counts = [Int](repeating: 0, count: 1024)
  /// How many lengths were added.
  public private(set) var total = 0

  private static let binsPerOctave = 32.0
  /// Fewer lengths say nothing about outliers.
  private static let fewestLengths = 20

  public init() {}

  /// Adds a length in any unit (bytes, words, tokens), the same for all.
  public mutating func add(_ length: Int) {
    counts[Self.bin(length)] += 1
    total += 1
  }

  /// Adds the lengths that another thread has counted.
  public mutating func merge(_ other: LengthHistogram) {
    for bin in counts.indices { counts[bin] += other.counts[bin] }
    total += other.total
  }

  private static func logarithm(_ length: Int) -> Double { log2(1 + Double(max(0, length))) }

  private static func bin(_ length: Int) -> Int { min(1023, Int((logarithm(length) * binsPerOctave).rounded())) }

  /// The lengths that are no outliers; nil where there are fewer than 20 lengths or half of them are the same.
  ///
  /// - Parameter threshold: the largest modified z-score 0.6745 |x - median| / MAD of the logarithm that passes; 3.5
  ///   as Iglewicz and Hoaglin recommend ("How to detect and handle outliers", 1993). Half and double the median always
  ///   pass.
  public func bounds(threshold: Double = 3.5) -> LengthBounds? {
    guard total >= Self.fewestLengths, let median = median(of: { Double($0) }) else { return nil }
    guard let deviation = self.median(of: { abs(Double($0) - median) }), deviation > 0 else { return nil }
    // At least an octave: in a set of nearly equal lengths one of twice the length is no accident yet.
    let reach = max(Self.binsPerOctave, threshold * deviation / 0.6745)
    return LengthBounds(
      least: exp2((median - reach) / Self.binsPerOctave) - 1, most: exp2((median + reach) / Self.binsPerOctave) - 1)
  }

  /// The median of a function of the bins.
  private func median(of value: (Int) -> Double) -> Double? {
    let sorted = counts.indices.filter { counts[$0] > 0 }.sorted { value($0) < value($1) }
    var below = 0
    for bin in sorted {
      below += counts[bin]
      if below * 2 >= total { return value(bin) }
    }
    return nil
  }
}

/// The range of lengths that are no outliers: the second pass.
public struct LengthBounds: Sendable, Equatable {
  public let least: Double
  public let most: Double

  /// A finding where the length lies outside.
  public func check(_ length: Int, of text: String, field: String) -> Finding? {
    guard Double(length) < least || Double(length) > most else { return nil }
    let direction = Double(length) > most ? "longer" : "shorter"
    return Finding(
      .lengthOutlier, field: field, excerpt: text.withBytes { Excerpt.around(0..<min(60, $0.count), in: $0) },
      suggestion: "look whether it belongs here: with a length of \(length) it is far \(direction) than the others")
  }
}
