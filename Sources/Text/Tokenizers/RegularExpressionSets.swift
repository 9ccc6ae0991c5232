/// Escapes and sets in brackets.
extension RegularExpressionParser {
  /// What a `\` and the following stand for.
  mutating func escape() throws(RegularExpression.SyntaxError) -> ScalarSet.Content {
    position += 1
    guard let scalar = next else { throw error("ends in '\\'") }
    position += 1
    switch scalar {
    case "s": return .classes(.whiteSpace)
    case "S": return .complement(.classes(.whiteSpace))
    case "w": return .classes(.word)
    case "W": return .complement(.classes(.word))
    case "d", "D": return try named("Nd", isNegated: scalar == "D")
    case "h", "H": return try named("xdigit", isNegated: scalar == "H")
    case "p", "P": return try property(isNegated: scalar == "P")
    case "N": return .complement(.ranges([0x0A...0x0A]))
    case "O": return .ranges([0...0x10FFFF])
    case "n": return single(0x0A)
    case "r": return single(0x0D)
    case "t": return single(0x09)
    case "f": return single(0x0C)
    case "v": return single(0x0B)
    case "a": return single(0x07)
    case "e": return single(0x1B)
    case "0": return single(hexadecimal(maximumDigits: 2, radix: 8) ?? 0)
    case "x":
      if take("{") {
        guard let value = hexadecimal(maximumDigits: 6), take("}") else { throw error("has a bad \\x{…}") }
        return single(value)
      }
      return single(hexadecimal(maximumDigits: 2) ?? 0)
    case "u":
      let start = position
      guard let value = hexadecimal(maximumDigits: 4), position == start + 4 else { throw error("has a bad \\u") }
      return single(value)
    case "0"..."9", "A"..."Z", "a"..."z": throw error("has \\\(scalar), which is not supported")
    default: return single(scalar.value)
    }
  }

  /// The set between `[`, which was read, and its `]`.
  mutating func bracketed() throws(RegularExpression.SyntaxError) -> ScalarSet.Content {
    depth += 1
    guard depth <= 64 else { throw error("nests too deeply") }
    defer { depth -= 1 }
    let isNegated = take("^")
    var parts: [ScalarSet.Content] = []
    var intersected: [ScalarSet.Content] = []
    var isFirst = true
    while true {
      guard let scalar = next else { throw error("has '[' without ']'") }
      if scalar == "]", !isFirst { break }
      isFirst = false
      if take("&&") {
        intersected.append(.union(parts))
        parts = []
      } else {
        parts.append(try element(scalar))
      }
    }
    position += 1
    let content: ScalarSet.Content =
      intersected.isEmpty ? Self.joined(parts) : .intersection(intersected + [.union(parts)])
    return isNegated ? .complement(content) : content
  }

  private static func joined(_ parts: [ScalarSet.Content]) -> ScalarSet.Content {
    parts.count == 1 ? parts[0] : .union(parts)
  }

  /// One scalar, range, escape, set in brackets or `[:name:]`.
  private mutating func element(_ scalar: Unicode.Scalar) throws(RegularExpression.SyntaxError) -> ScalarSet.Content {
    if scalar == "[" {
      if let content = try posixName() { return content }
      position += 1
      return try bracketed()
    }
    let low = try elementStart(scalar)
    guard case .ranges(let ranges) = low, ranges.count == 1, ranges[0].count == 1, position + 1 < pattern.count,
      next == "-", pattern[position + 1] != UInt32(UInt8(ascii: "]")),
      pattern[position + 1] != UInt32(UInt8(ascii: "["))
    else { return folded(low) }
    position += 1
    guard let upper = next, case .ranges(let last) = try elementStart(upper), last.count == 1, last[0].count == 1 else {
      throw error("has a range to what is no scalar")
    }
    guard ranges[0].lowerBound <= last[0].lowerBound else { throw error("has a range that runs backwards") }
    return folded(.ranges([ranges[0].lowerBound...last[0].lowerBound]))
  }

  private mutating func elementStart(_ scalar: Unicode.Scalar) throws(RegularExpression.SyntaxError)
    -> ScalarSet.Content
  {
    if scalar == "\\" {
      if take("\\b") { return single(0x08) }
      return try escape()
    }
    position += 1
    return single(scalar.value)
  }

  private mutating func posixName() throws(RegularExpression.SyntaxError) -> ScalarSet.Content? {
    let start = position
    guard take("[:") else { return nil }
    let isNegated = take("^")
    let name = text(until: ":")
    guard take(":]") else {
      position = start
      return nil
    }
    return try named(name, isNegated: isNegated)
  }

  private mutating func property(isNegated: Bool) throws(RegularExpression.SyntaxError) -> ScalarSet.Content {
    guard take("{") else { throw error("has \\p without {…}") }
    let isInverted = take("^")
    let name = text(until: "}")
    guard take("}") else { throw error("has \\p{ without }") }
    return try named(name, isNegated: isNegated != isInverted)
  }

  private func named(_ name: String, isNegated: Bool) throws(RegularExpression.SyntaxError) -> ScalarSet.Content {
    guard let content = ScalarSet.property(name) else { throw error("has the property \(name), which is not known") }
    return isNegated ? .complement(content) : content
  }

  private func single(_ value: UInt32) -> ScalarSet.Content { .ranges([value...value]) }

  private mutating func text(until end: Unicode.Scalar) -> String {
    let start = position
    while let scalar = next, scalar != end, position - start < 64 { position += 1 }
    return String(scalars: pattern[start..<position])
  }

  private mutating func hexadecimal(maximumDigits: Int, radix: UInt32 = 16) -> UInt32? {
    var value: UInt32?
    let start = position
    while position - start < maximumDigits, let scalar = next,
      let digit = Character(scalar).isASCII ? Character(scalar).hexDigitValue.map({ UInt32($0) }) : nil, digit < radix
    {
      value = (value ?? 0) * radix + digit
      position += 1
    }
    return value
  }
}
