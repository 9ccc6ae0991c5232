extension String {
  /// The text without white space at both ends, as Python's `str.strip()` removes it.
  var strippedAsInPython: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.isPythonSpace }),
      let last = scalars.lastIndex(where: { !$0.isPythonSpace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// Whether the text is empty or white space alone.
  var isBlank: Bool { unicodeScalars.allSatisfy { $0.isPythonSpace } }

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

  /// Whether both have the same bytes; `==` would also equate canonically equivalent texts.
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Unicode.Scalar {
  /// White space as Python's `str.isspace` has it: Unicode's, and the four separators U+001C to U+001F.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}

extension Sequence where Element == String {
  func containsSame(as text: String) -> Bool { contains { $0.isSame(as: text) } }
}
