import Foundation

/// Where values of an axis stand, and which of them are written beside it.
public struct ChartScale: Sendable, Equatable {
  /// What the axis covers; never empty.
  public let domain: ClosedRange<Double>
  public let isLogarithmic: Bool
  /// Ascending values inside the domain that get a label.
  public let ticks: [Double]
  /// Decimals of the labels of a linear axis; nil writes each as short as it is.
  let decimals: Int?

  /// The place of a value from 0 (the domain's beginning) to 1.
  public func position(_ value: Double) -> Double {
    let (low, high) = (domain.lowerBound, domain.upperBound)
    guard isLogarithmic else { return (value - low) / (high - low) }
    return log(value / low) / log(high / low)
  }

  /// The text beside a tick.
  public func label(_ value: Double) -> String {
    guard let decimals else { return ChartNumber.short(value) }
    return String(format: "%.\(decimals)f", value == 0 ? 0 : value)
  }

  /// A linear axis whose ends are ticks: multiples of 1, 2 or 5 times a power of ten.
  ///
  /// - Parameters:
  ///   - values: what is shown; those that are not finite count for nothing.
  ///   - count: at most so many steps.
  ///   - includesZero: as bars need it, whose length tells the value.
  public static func nice(_ values: [Double], count: Int, includesZero: Bool = false) -> ChartScale {
    let finite = values.filter { $0.isFinite && abs($0) < 1e300 } + (includesZero ? [0] : [])
    var low = finite.min() ?? 0, high = finite.max() ?? 1
    // Equal values stand in the middle of some room; so do those that rounding alone parts.
    if high - low <= 1e-12 * max(abs(low), abs(high)) {
      let room = low == 0 ? 1 : abs(low) / 10
      (low, high) = includesZero ? (min(0, low), max(0, high == 0 ? 1 : high)) : (low - room, high + room)
    }
    let step = niceStep(high - low, count: count)
    let first = (low / step + 1e-9).rounded(.down), last = (high / step - 1e-9).rounded(.up)
    let ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    let decimals = step >= 1e7 || step < 1e-7 ? nil : max(0, -Int(log10(step).rounded(.down)))
    return ChartScale(domain: first * step...last * step, isLogarithmic: false, ticks: ticks, decimals: decimals)
  }

  /// A logarithmic axis whose ends are 1, 2 or 5 times a power of ten, for values above 0.
  public static func logarithmic(_ values: [Double]) -> ChartScale {
    let positive = values.filter { $0.isFinite && $0 > 1e-300 && $0 < 1e300 }
    let low = positive.min() ?? 1, high = max(positive.max() ?? 10, low * 1.1)
    let all = logarithmicTicks(low, high)
    let first = all.last { $0 <= low * (1 + 1e-9) } ?? low, last = all.first { $0 >= high * (1 - 1e-9) } ?? high
    return ChartScale(
      domain: first...last, isLogarithmic: true, ticks: all.filter { first...last ~= $0 }, decimals: nil)
  }

  /// An axis for given places, such as the values of an option: each gets a tick where there are few of them.
  ///
  /// - Parameter isLogarithmic: only where all values are above 0.
  public static func places(_ values: [Double], isLogarithmic: Bool) -> ChartScale {
    let distinct = Set(values.filter { $0.isFinite && abs($0) < 1e300 }).sorted()
    guard let low = distinct.first, let high = distinct.last, low < high else {
      let value = distinct.first ?? 0, room = value == 0 ? 1 : abs(value) / 2
      return ChartScale(
        domain: value - room...value + room, isLogarithmic: false, ticks: distinct, decimals: nil)
    }
    let isLogarithmic = isLogarithmic && low > 0
    guard distinct.count > 12 else {
      return ChartScale(domain: low...high, isLogarithmic: isLogarithmic, ticks: distinct, decimals: nil)
    }
    guard isLogarithmic else {
      let nice = nice(distinct, count: 6)
      return ChartScale(
        domain: low...high, isLogarithmic: false, ticks: nice.ticks.filter { low...high ~= $0 },
        decimals: nice.decimals)
    }
    return ChartScale(
      domain: low...high, isLogarithmic: true, ticks: logarithmicTicks(low, high).filter { low...high ~= $0 },
      decimals: nil)
  }

  /// 1, 2 and 5 times the powers of ten around a range, or the powers alone where they are many.
  private static func logarithmicTicks(_ low: Double, _ high: Double) -> [Double] {
    let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let factors: [Double] = decades.count > 4 ? [1] : [1, 2, 5]
    return decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
  }

  /// Whether values form a geometric row rather than an arithmetic one, as 1, 2, 4, 8 do.
  public static func isGeometric(_ values: [Double]) -> Bool {
    let distinct = Set(values.filter { $0.isFinite }).sorted()
    guard let low = distinct.first, let high = distinct.last, distinct.count > 2, low > 0, high >= 4 * low else {
      return false
    }
    return unevenness(distinct.map { log($0) }) < unevenness(distinct)
  }

  /// The variation coefficient of the steps between neighbours.
  private static func unevenness(_ values: [Double]) -> Double {
    let steps = zip(values.dropFirst(), values).map { $0 - $1 }
    let mean = steps.reduce(0, +) / Double(steps.count)
    return (steps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(steps.count)).squareRoot() / mean
  }

  private static func niceStep(_ range: Double, count: Int) -> Double {
    let rough = range / Double(max(1, count)), decade = pow(10, log10(rough).rounded(.down))
    return ([1, 2, 5, 10].first { $0 * decade >= rough * (1 - 1e-9) } ?? 10) * decade
  }
}

/// Numbers as charts write them.
enum ChartNumber {
  /// At most four significant digits, without an exponent where that is short: "64", "0.25", "3e-05" as "3e-5".
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let text = String(format: "%.4g", value == 0 ? 0 : value)
    guard let exponent = text.firstIndex(of: "e") else { return text }
    let power = Int(text[text.index(after: exponent)...]) ?? 0
    return "\(text[..<exponent])e\(power)"
  }

  /// A value with a fixed count of decimals; "–" where it is none.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite && abs(value) < 1e9 ? String(format: "%.\(decimals)f", value == 0 ? 0 : value) : short(value)
  }
}
