extension JSON {
  /// How a value is laid out as text.
  public struct Style: Sendable {
    /// Spaces a level; nil writes one line.
    public var indent: Int?
    public var sortsKeys: Bool
    /// Written between elements and after a key's colon in one-line style: Python's `json.dumps` writes a space.
    public var spaced: Bool

    public init(indent: Int? = nil, sortsKeys: Bool = false, spaced: Bool = true) {
      self.indent = indent
      self.sortsKeys = sortsKeys
      self.spaced = spaced
    }

    /// One line as Python's `json.dumps(value, ensure_ascii=False)` writes it.
    public static let line = Style()
    /// No white space at all.
    public static let compact = Style(spaced: false)
    /// Two spaces a level.
    public static let pretty = Style(indent: 2)
  }

  /// The value as JSON text; numbers are the shortest that read back the same, non-finite numbers become `null`.
  public func text(_ style: Style = .line) -> String {
    var output = ""
    write(to: &output, style: style, level: 0)
    return output
  }

  private func write(to output: inout String, style: Style, level: Int) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    case .number(let value): output += Self.text(of: value)
    case .exactNumber(let text): output += text
    case .string(let value): Self.write(value, to: &output)
    case .array(let elements):
      Self.write(elements.count, open: "[", close: "]", to: &output, style: style, level: level) { index, output in
        elements[index].write(to: &output, style: style, level: level + 1)
      }
    case .object(let object):
      // Python sorts by code point, which is the order of the UTF-8 bytes.
      let entries =
        style.sortsKeys
        ? object.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : object.entries
      Self.write(entries.count, open: "{", close: "}", to: &output, style: style, level: level) { index, output in
        Self.write(entries[index].key, to: &output)
        output += style.indent != nil || style.spaced ? ": " : ":"
        entries[index].value.write(to: &output, style: style, level: level + 1)
      }
    }
  }

  private static func write(
    _ count: Int, open: String, close: String, to output: inout String, style: Style, level: Int,
    element: (Int, inout String) -> Void
  ) {
    output += open
    for index in 0..<count {
      if index > 0 { output += style.indent == nil && style.spaced ? ", " : "," }
      if let indent = style.indent { output += "\n" + String(repeating: " ", count: indent * (level + 1)) }
      element(index, &output)
    }
    if count > 0, let indent = style.indent { output += "\n" + String(repeating: " ", count: indent * level) }
    output += close
  }

  /// Swift writes an exponent from 2^53 on, Python from 10^16 on; between them all digits stand before the point.
  static func text(of number: Double) -> String {
    guard number.isFinite else { return "null" }
    return (0x1p53..<1e16).contains(abs(number)) ? "\(Int(number)).0" : "\(number)"
  }

  private static func write(_ text: String, to output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{8}": output += "\\b"
      case "\u{C}": output += "\\f"
      case "\0"..<" ":
        let hex = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
