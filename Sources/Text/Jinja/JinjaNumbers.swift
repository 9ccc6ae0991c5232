// What Python's numbers and ranges offer under a name.
extension Jinja.Methods {
  static let number: [String: Method] = [
    "bit_length": { _, value, _ in
      .integer(Int.bitWidth - Int(value.index ?? 0).magnitude.leadingZeroBitCount)
    },
    "bit_count": { _, value, _ in .integer((value.index ?? 0).magnitude.nonzeroBitCount) },
    "conjugate": { _, value, _ in .integer(value.index ?? 0) },
    "as_integer_ratio": { _, value, _ in .tuple(try Jinja.ListObject([.integer(value.index ?? 0), .integer(1)])) },
  ]

  static let float: [String: Method] = [
    "is_integer": { _, value, _ in .bool(value.double.map { $0 == $0.rounded() && $0.isFinite } ?? false) },
    "conjugate": { _, value, _ in value },
    "as_integer_ratio": { _, value, _ in try ratio(value.double ?? 0) },
  ]

  /// An attribute that is no method, such as `range(3).stop`.
  static func constant(_ name: String, of value: Jinja.Value) -> Jinja.Value? {
    switch (value, name) {
    case (.integer, "real"), (.bool, "real"), (.integer, "numerator"), (.bool, "numerator"):
      value.index.map { .integer($0) }
    case (.integer, "imag"), (.bool, "imag"): .integer(0)
    case (.integer, "denominator"), (.bool, "denominator"): .integer(1)
    case (.float, "real"): value
    case (.float, "imag"): .float(0)
    case (.range(let range), "start"): .integer(range.start)
    case (.range(let range), "stop"): .integer(range.stop)
    case (.range(let range), "step"): .integer(range.step)
    default: nil
    }
  }

  /// The float as a fraction in lowest terms, where both terms have 64 bits.
  private static func ratio(_ value: Double) throws -> Jinja.Value {
    guard value.isFinite else { throw Jinja.Failure("the number \(Jinja.pythonText(value)) is no fraction") }
    var numerator = value, denominator = 1
    while numerator != numerator.rounded(), denominator < 1 << 61 {
      numerator *= 2
      denominator *= 2
    }
    guard let whole = Int(exactly: numerator) else {
      throw Jinja.Failure("the fraction of \(Jinja.pythonText(value)) grows beyond 64 bits")
    }
    return .tuple(try Jinja.ListObject([.integer(whole), .integer(denominator)]))
  }
}
