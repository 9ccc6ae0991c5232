/// Text operations that agree with Python's `str` methods, on which the reference metrics rely.
///
/// They work on Unicode scalars: canonically equivalent texts stay different, as in Python.
enum PythonText {
  /// Whether `str.split()`, `str.strip()` and `\s` regard the scalar as white space.
  static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// `str.lower()`: the full lower-case mapping, with the final form of the Greek sigma.
  static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for (index, scalar) in text.enumerated() {
      switch scalar.value {
      case 0x41...0x5A: result.append(Unicode.Scalar(UInt8(scalar.value) + 32))
      case ..<0x80: result.append(scalar)
      case 0x3A3: result.append(isFinalSigma(at: index, in: text) ? "\u{3C2}" : "\u{3C3}")
      default: result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return result
  }

  /// The scalars of a text: as `Array(text.unicodeScalars)`, but quick for ASCII.
  static func scalars(of text: String) -> [Unicode.Scalar] {
    let plain = text.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.allSatisfy { $0 < 0x80 } ? bytes.map { Unicode.Scalar($0) } : nil
    }
    return (plain ?? nil) ?? Array(text.unicodeScalars)
  }

  /// `str.split()`: the maximal runs without white space.
  static func split(_ text: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] { words(of: text).map { text[$0] } }

  /// Where the maximal runs without white space stand.
  static func words(of text: [Unicode.Scalar]) -> [Range<Int>] {
    var words: [Range<Int>] = [], start = 0
    for index in text.indices where isWhitespace(text[index]) {
      if index > start { words.append(start..<index) }
      start = index + 1
    }
    if text.count > start { words.append(start..<text.count) }
    return words
  }

  /// `" ".join(text.split())`.
  static func collapsingWhitespace(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    Array(unsafeUninitializedCapacity: text.count) { result, count in
      var isBehindSpace = false
      for scalar in text {
        guard !isWhitespace(scalar) else {
          isBehindSpace = count > 0
          continue
        }
        if isBehindSpace {
          result[count] = " "
          count += 1
          isBehindSpace = false
        }
        result[count] = scalar
        count += 1
      }
    }
  }

  /// `str.rstrip()`.
  static func strippedAtEnd(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard let last = text.lastIndex(where: { !isWhitespace($0) }) else { return [] }
    return Array(text[...last])
  }

  /// `str.strip()`.
  static func stripped(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    Array(strippedAtEnd(text).drop(while: isWhitespace))
  }

  /// `str.replace(old, new)`: from left to right, without overlap.
  static func replacing(_ old: String, with new: String, in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let old = Array(old.unicodeScalars), new = Array(new.unicodeScalars)
    guard let first = old.first, text.count >= old.count, text.contains(first) else { return text }
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == first, text[index...].starts(with: old) {
        result += new
        index += old.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// A text of the scalars.
  static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Unicode's Final_Sigma: a cased letter before and none after, case-ignorable scalars left out.
  private static func isFinalSigma(at index: Int, in text: [Unicode.Scalar]) -> Bool {
    let before = text[..<index].last { !$0.properties.isCaseIgnorable }
    guard let before, before.properties.isCased else { return false }
    let after = text[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return !(after?.properties.isCased ?? false)
  }
}
