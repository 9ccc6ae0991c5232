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
      output.append(UInt8(ascii: "["))
      for index in elements.indices {
        Self.separate(index == 0, &output, style, level)
        elements[index].append(to: &output, style: style, level: level + 1)
      }
      Self.close("]", isEmpty: elements.isEmpty, &output, style, level)
    case .object(let object):
      // Python sorts by code point, which is the order of the UTF-8 bytes.
      let entries =
        style.sortsKeys ? object.entries.sorted { $0.key.precedes(bytesOf: $1.key) } : object.entries
      output.append(UInt8(ascii: "{"))
      for index in entries.indices {
        Self.separate(index == 0, &output, style, level)
        Self.append(entries[index].key, to: &output)
        output.append(UInt8(ascii: ":"))
        if style.indent != nil || style.spaced { output.append(UInt8(ascii: " ")) }
        entries[index].value.append(to: &output, style: style, level: level + 1)
      }
      Self.close("}", isEmpty: entries.isEmpty, &output, style, level)
    }
  }

  /// What stands before an element.
  private static func separate(_ isFirst: Bool, _ output: inout [UInt8], _ style: Style, _ level: Int) {
    if !isFirst { output.append(UInt8(ascii: ",")) }
    if let indent = style.indent {
      newLine(indent * (level + 1), &output)
    } else if !isFirst, style.spaced {
      output.append(UInt8(ascii: " "))
    }
  }

  private static func close(
    _ bracket: Unicode.Scalar, isEmpty: Bool, _ output: inout [UInt8], _ style: Style, _ level: Int
  ) {
    if !isEmpty, let indent = style.indent { newLine(indent * level, &output) }
    output.append(UInt8(ascii: bracket))
  }

  private static func newLine(_ spaces: Int, _ output: inout [UInt8]) {
    output.append(UInt8(ascii: "\n"))
    for _ in 0..<spaces { output.append(UInt8(ascii: " ")) }
  }

  /// Swift writes an exponent from 2^53 on, Python from 10^16 on; between them all digits stand before the point.
  static func text(of number: Double) -> String {
    guard number.isFinite else { return "null" }
    return (0x1p53..<1e16).contains(abs(number)) ? "\(Int(number)).0" : "\(number)"
  }

  /// Appends a text in quotes: stretches without anything to escape are copied whole.
  private static func append(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    text.withBytes { bytes in
      var copied = 0
      while copied < bytes.count {
        let end = plainEnd(bytes, from: copied)
        output += UnsafeBufferPointer(rebasing: bytes[copied..<end])
        if end < bytes.count { output += escape(bytes[end]) }
        copied = end + 1
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  /// The place of the next byte to escape: a control character, a quote or a backslash.
  private static func plainEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return start }
    var place = start
    // Eight bytes at a time; a borrow from the byte below may stop early, never late.
    while place + 8 <= bytes.count {
      let word = base.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
      let quote = word ^ everyByte &* 0x22, backslash = word ^ everyByte &* 0x5C
      let control = (word &- everyByte &* 0x20) & ~word
      let found = control | (quote &- everyByte) & ~quote | (backslash &- everyByte) & ~backslash
      guard found & (everyByte &* 0x80) == 0 else { break }
      place += 8
    }
    while place < bytes.count, bytes[place] >= 0x20, bytes[place] != 0x22, bytes[place] != 0x5C { place += 1 }
    return place
  }

  private static let everyByte: UInt64 = 0x0101_0101_0101_0101

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
