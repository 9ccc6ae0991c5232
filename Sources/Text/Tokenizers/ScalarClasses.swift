/// What a Unicode scalar is to the patterns of pre-tokenizers, as bits.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt8

  /// `\p{L}`
  static let letter = ScalarClass(rawValue: 1)
  /// `\p{N}`
  static let number = ScalarClass(rawValue: 2)
  /// `\s`: the property White_Space.
  static let whiteSpace = ScalarClass(rawValue: 4)
  /// `[\r\n]`
  static let lineBreak = ScalarClass(rawValue: 8)
  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
  static let upper = ScalarClass(rawValue: 16)
  /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
  static let lower = ScalarClass(rawValue: 32)
  /// ASCII punctuation and symbols, and `\p{P}`.
  static let punctuation = ScalarClass(rawValue: 64)
  /// `\w`: alphabetic, marks, decimal digits, connector punctuation, joiners.
  static let word = ScalarClass(rawValue: 128)
}

/// The classes of all scalars: a table for the basic plane, computed beyond it.
struct ScalarClasses: Sendable {
  static let shared = ScalarClasses()

  private let table: [ScalarClass]

  private init() {
    table = (0..<0x10000).map { Self.classified(UInt32($0)) }
  }

  subscript(scalar: UInt32) -> ScalarClass {
    scalar < 0x10000 ? table[Int(scalar)] : Self.classified(scalar)
  }

  private static func classified(_ value: UInt32) -> ScalarClass {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    let properties = scalar.properties
    var result: ScalarClass = []
    switch properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: result = [.letter, .upper, .word]
    case .lowercaseLetter: result = [.letter, .lower, .word]
    case .modifierLetter, .otherLetter: result = [.letter, .upper, .lower, .word]
    case .nonspacingMark, .spacingMark, .enclosingMark: result = [.upper, .lower, .word]
    case .decimalNumber: result = [.number, .word]
    case .letterNumber, .otherNumber: result = [.number]
    case .connectorPunctuation: result = [.punctuation, .word]
    case .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
      .otherPunctuation:
      result = [.punctuation]
    default: break
    }
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: result.insert(.punctuation)
    case 0x0A, 0x0D: result.insert(.lineBreak)
    case 0x200C, 0x200D: result.insert(.word)
    default: break
    }
    if properties.isWhitespace { result.insert(.whiteSpace) }
    if properties.isAlphabetic { result.insert(.word) }
    return result
  }
}
