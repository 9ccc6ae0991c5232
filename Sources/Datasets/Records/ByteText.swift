extension String {
  /// The text without white space at both ends, as Python's `str.strip()` removes it.
  var strippedAsInPython: String {
    if let first = utf8.first, let last = utf8.last, Self.isInk(first), Self.isInk(last) { return self }
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.isPythonSpace }),
      let last = scalars.lastIndex(where: { !$0.isPythonSpace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// Whether an ASCII byte is visible.
  private static func isInk(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

  /// Whether the text is empty or white space alone.
  var isBlank: Bool {
    // Most texts begin with a letter: no table is asked for ASCII.
    guard let first = utf8.first else { return true }
    if first > 0x20, first < 0x80 { return false }
    return unicodeScalars.allSatisfy { $0.isPythonSpace }
  }

  /// The number of Unicode scalars.
  var scalarCount: Int {
    var text = self
    return text.withUTF8 { bytes in
      // Every byte but those that go on with a scalar.
      var continuations = 0
      for byte in bytes where byte & 0xC0 == 0x80 { continuations += 1 }
      return bytes.count - continuations
    }
  }

  /// The parts between the separators, compared byte by byte (never by canonical equivalence).
  func split(onBytes separator: String) -> [String] {
    let bytes = Array(utf8), mark = Array(separator.utf8)
    var parts: [String] = []
    var start = 0, position = 0
    while position + mark.count <= bytes.count {
      if bytes[position] == mark[0], bytes[position..<position + mark.count].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
        position += mark.count
        start = position
      } else {
        position += 1
      }
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts
  }

  /// Whether the text holds the bytes of another, non-empty one.
  func contains(bytesOf other: String) -> Bool { split(onBytes: other).count > 1 }

  func replacing(bytesOf other: String, with replacement: String) -> String {
    split(onBytes: other).joined(separator: replacement)
  }
}

extension Unicode.Scalar {
  /// White space as Python's `str.isspace` has it: Unicode's, and the four separators U+001C to U+001F.
  var isPythonSpace: Bool {
    if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value) }
    return properties.isWhitespace
  }
}

extension Sequence where Element == String {
  func containsSame(as text: String) -> Bool { contains { $0.isSame(as: text) } }

  /// Each text once, by its bytes, in the order of first appearance.
  var unique: [String] {
    var seen: Set<[UInt8]> = []
    return filter { seen.insert(Array($0.utf8)).inserted }
  }

  /// The texts for a message: a few of them, and how many there are.
  var listed: String {
    let all = Array(self), shown = all.prefix(20).joined(separator: ", ")
    return all.count > 20 ? "\(shown), … (\(all.count) in all)" : shown
  }
}
