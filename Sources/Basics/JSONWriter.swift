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
    var output: [UInt8] = []
    append(to: &output, style: style)
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends the value as JSON text in UTF-8.
  public func append(to output: inout [UInt8], style: Style = .line) { append(to: &output, style: style, level: 0) }

  private func append(to output: inout [UInt8], style: Style, level: Int) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .integer(let value): output += String(value).utf8
    case .number(let value): output += Self.text(of: value).utf8
    case .exactNumber(let text): output += text.utf8
    case .string(let value): Self.append(value, to: &output)
    case .array(let elements):
      Self.append(elements.count, "[", "]", to: &output, style: style, level: level) { index, output in
        elements[index].append(to: &output, style: style, level: level + 1)
      }
    case .object(let object):
      // Python sorts by code point, which is the order of the UTF-8 bytes.
      let entries =
        style.sortsKeys
        ? object.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : object.entries
      Self.append(entries.count, "{", "}", to: &output, style: style, level: level) { index, output in
        Self.append(entries[index].key, to: &output)
        output += (style.indent != nil || style.spaced ? ": " : ":").utf8
        entries[index].value.append(to: &output, style: style, level: level + 1)
      }
    }
  }

  private static func append(
    _ count: Int, _ open: String, _ close: String, to output: inout [UInt8], style: Style, level: Int,
    element: (Int, inout [UInt8]) -> Void
  ) {
    output += open.utf8
    for index in 0..<count {
      if index > 0 { output += (style.indent == nil && style.spaced ? ", " : ",").utf8 }
      if let indent = style.indent { output += "\n".utf8 + [UInt8](repeating: 0x20, count: indent * (level + 1)) }
      element(index, &output)
    }
    if count > 0, let indent = style.indent { output += "\n".utf8 + [UInt8](repeating: 0x20, count: indent * level) }
    output += close.utf8
  }

  /// Swift writes an exponent from 2^53 on, Python from 10^16 on; between them all digits stand before the point.
  static func text(of number: Double) -> String {
    guard number.isFinite else { return "null" }
    return (0x1p53..<1e16).contains(abs(number)) ? "\(Int(number)).0" : "\(number)"
  }

  /// Appends a text in quotes: stretches without anything to escape are copied whole.
  private static func append(_ text: String, to output: inout [UInt8]) {
    var text = text
    output.append(UInt8(ascii: "\""))
    text.withUTF8 { bytes in
      var copied = 0
      for index in bytes.indices {
        let byte = bytes[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        output += UnsafeBufferPointer(rebasing: bytes[copied..<index])
        output += escape(byte)
        copied = index + 1
      }
      output += UnsafeBufferPointer(rebasing: bytes[copied...])
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func escape(_ byte: UInt8) -> String.UTF8View {
    switch byte {
    case UInt8(ascii: "\""): "\\\"".utf8
    case UInt8(ascii: "\\"): "\\\\".utf8
    case 0x0A: "\\n".utf8
    case 0x0D: "\\r".utf8
    case 0x09: "\\t".utf8
    case 0x08: "\\b".utf8
    case 0x0C: "\\f".utf8
    default: "\\u00\(byte < 0x10 ? "0" : "1")\(String(byte & 0xF, radix: 16))".utf8
    }
  }
}
