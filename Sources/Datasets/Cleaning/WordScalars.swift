/// What a Unicode scalar means to the division of a text into words.
///
/// Letters, marks and digits (general categories L, M, N) make words, in simple lower case; characters of scripts
/// written without spaces (Han, kana) are words by themselves; format characters (Cf) are passed over.
enum WordScalars {
  static let separator: UInt32 = 0
  /// Punctuation: parts words or is left out of them, as `Words.Punctuation` says.
  static let punctuation: UInt32 = 1
  static let invisible: UInt32 = 2

  /// Below it, meanings are looked up in `table`: the scripts of nearly all alphabetic text.
  static let tableEnd: UInt32 = 0x3000

  /// The meaning of every scalar below `tableEnd`: one of the three constants or the scalar in lower case.
  static let table: [UInt16] = (0..<tableEnd).map { UInt16(truncatingIfNeeded: meaning(ofUnlisted: $0)) }

  /// The meaning of a scalar at or above `tableEnd`.
  static func meaning(ofUnlisted value: UInt32) -> UInt32 {
    guard let scalar = Unicode.Scalar(value) else { return separator }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
      let lower = scalar.properties.lowercaseMapping.unicodeScalars
      return lower.count == 1 ? lower.first?.value ?? value : value
    case .format: return invisible
    case .connectorPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
      .otherPunctuation:
      return punctuation
    case .dashPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol:
      return value < 0x80 ? punctuation : separator
    default: return separator
    }
  }

  /// The meaning of any scalar, and whether it is a word by itself.
  @inline(__always)
  static func meaning(_ scalar: UInt32, _ table: UnsafeBufferPointer<UInt16>) -> (meaning: UInt32, standsAlone: Bool) {
    if scalar < tableEnd { return (UInt32(table[Int(scalar)]), false) }
    return isWord(scalar) ? (scalar, true) : (meaning(ofUnlisted: scalar), false)
  }

  /// Whether the scalar is a word by itself: Han ideographs, hiragana, katakana.
  @inline(__always)
  static func isWord(_ value: UInt32) -> Bool {
    switch value {
    case 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: true
    default: false
    }
  }
}

/// Takes the next scalar of well-formed UTF-8 and moves on; damaged bytes give U+FFFD one by one.
@inline(__always)
func nextScalar(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt32 {
  let first = UInt32(bytes[position])
  let count = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
  guard count > 0, position + count <= bytes.count else {
    position += 1
    return 0xFFFD
  }
  var value = count == 1 ? first : first & (0x7F >> UInt32(count))
  for offset in 1..<max(1, count) { value = value << 6 | UInt32(bytes[position + offset]) & 0x3F }
  position += count
  return value
}
