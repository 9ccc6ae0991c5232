// Numbers read from text, as Python's `int` and `float` read them.
extension Jinja.Filters {
  /// Python's `int(value)`, also of the text of a float; nil where it fails.
  ///
  /// - Throws: when the number has more than 64 bits.
  static func integer(_ value: Jinja.Value, base: Int) throws -> Int? {
    if let index = value.index { return index }
    if let text = value.text, let parsed = integer(text, base: base) { return parsed }
    guard let number = value.double ?? value.text.flatMap({ float($0) }) else { return nil }
    guard number.isFinite else { return nil }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw Jinja.Failure("a whole number grows beyond 64 bits")
    }
    return whole
  }

  private static func integer(_ text: String, base: Int) -> Int? {
    var text = withASCIIDigits(Jinja.stripped(text))
    guard (2...36).contains(base) || base == 0 else { return nil }
    var radix = base == 0 ? 10 : base
    let sign = text.hasPrefix("-") ? "-" : ""
    if text.hasPrefix("-") || text.hasPrefix("+") { text.removeFirst() }
    guard separatesDigits(text, { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
    let scalars = Array(text.unicodeScalars)
    if scalars.count > 2, scalars[0] == "0", let prefix = Jinja.Lexer.radix(of: scalars[1]), base == 0 || base == prefix
    {
      text = String(scalars: scalars[2...])
      radix = prefix
    }
    guard text.utf8.first != UInt8(ascii: "+"), text.utf8.first != UInt8(ascii: "-") else { return nil }
    return Int(sign + text.filter { $0 != "_" }, radix: radix)
  }

  /// Whether each underscore stands between digits.
  private static func separatesDigits(_ text: String, _ isDigit: (UInt8) -> Bool) -> Bool {
    let bytes = Array(text.utf8), underscore = UInt8(ascii: "_")
    return bytes.indices.allSatisfy { index in
      guard bytes[index] == underscore else { return true }
      guard index > 0, index + 1 < bytes.count else { return false }
      return [bytes[index - 1], bytes[index + 1]].allSatisfy { $0 != underscore && isDigit($0) }
    }
  }

  /// Python's `float(text)`; nil where it fails.
  static func float(_ text: String) -> Double? {
    let text = withASCIIDigits(Jinja.stripped(text))
    guard separatesDigits(text, { (0x30...0x39).contains($0) }) else { return nil }
    let digits = Jinja.lowercased(text).filter { $0 != "_" }
    let isWord = ["inf", "infinity", "nan"].contains(String(digits.drop { $0 == "-" || $0 == "+" }))
    let allowed = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.e".utf8.contains($0) }
    return isWord || allowed ? Double(digits) : nil
  }

  /// Digits of all scripts as those of ASCII.
  private static func withASCIIDigits(_ text: String) -> String {
    guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      let value = scalar.properties.numericType == .decimal ? scalar.properties.numericValue : nil
      result += value.map { String(Int($0)) } ?? String(scalar)
    }
  }
}
