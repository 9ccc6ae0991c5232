/// What a Unicode scalar is to the patterns of pre-tokenizers, as bits.
///
/// The reference's parts hold to different versions of Unicode (tokenizers 0.23.3): Oniguruma and the regex crate to
/// 16, punctuation and marks of BERT to 8, normalization to 9, the standard library to 17. Each class below is its own
/// part's, as Tests/Fixtures/tokenizers/classes.json has them.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt32

  /// `\p{L}`
  static let letter = ScalarClass(rawValue: 1)
  /// `\p{N}`
  static let number = ScalarClass(rawValue: 1 << 1)
  /// `\s`: the property White_Space.
  static let whiteSpace = ScalarClass(rawValue: 1 << 2)
  /// `[\r\n]`
  static let lineBreak = ScalarClass(rawValue: 1 << 3)
  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
  static let upper = ScalarClass(rawValue: 1 << 4)
  /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
  static let lower = ScalarClass(rawValue: 1 << 5)
  /// ASCII punctuation and symbols, and `\p{P}` of Unicode 8: the stages Punctuation and BertPreTokenizer.
  static let punctuation = ScalarClass(rawValue: 1 << 6)
  /// Oniguruma's `\w`: alphabetic, marks, decimal digits, connector punctuation, and the numbers of Latin-1.
  static let word = ScalarClass(rawValue: 1 << 7)
  /// `\w` of Rust's regex crate: alphabetic, marks, decimal digits, connector punctuation, joiners. The stage
  /// Whitespace and the neighbours of added tokens that must stand alone.
  static let rustWord = ScalarClass(rawValue: 1 << 8)
  /// `\p{N}` of the stage Digits.
  static let numeric = ScalarClass(rawValue: 1 << 9)
  /// `\p{M}` of Unicode 9: what StripAccents takes away.
  static let combiningMark = ScalarClass(rawValue: 1 << 10)
  /// `\p{Mn}` of Unicode 8: what BertNormalizer takes away as accents.
  static let nonspacingMark = ScalarClass(rawValue: 1 << 11)
  /// `\p{C}` of Unicode 8 without the unassigned: what BertNormalizer takes away as controls.
  static let control = ScalarClass(rawValue: 1 << 12)
  /// Came after Unicode 9: no normalization form knows it.
  static let beyondUnicode9 = ScalarClass(rawValue: 1 << 13)
  /// The properties Alphabetic, Uppercase and Lowercase, which `[[:alpha:]]` and the like mean.
  static let alphabetic = ScalarClass(rawValue: 1 << 14)
  static let uppercase = ScalarClass(rawValue: 1 << 15)
  static let lowercase = ScalarClass(rawValue: 1 << 16)
}

/// The classes of all scalars: a table for the basic plane, computed beyond it.
struct ScalarClasses: Sendable {
  static let shared = ScalarClasses()

  private let table: [ScalarClass]
  /// The general category of each scalar of the basic plane, by its place in `ScalarSet.categories`.
  private let categories: [UInt8]

  private init() {
    table = (0..<0x10000).map { Self.classified(UInt32($0)) }
    categories = (0..<0x10000).map { Self.categoryIndex(computed: UInt32($0)) }
  }

  subscript(scalar: UInt32) -> ScalarClass {
    scalar < 0x10000 ? table[Int(scalar)] : Self.classified(scalar)
  }

  /// The place of a scalar's general category in `ScalarSet.categories`.
  func categoryIndex(_ scalar: UInt32) -> Int {
    Int(scalar < 0x10000 ? categories[Int(scalar)] : Self.categoryIndex(computed: scalar))
  }

  private static func categoryIndex(computed value: UInt32) -> UInt8 {
    let category = Unicode.Scalar(value).map { Self.category($0) } ?? .surrogate
    return ScalarSet.categoryPlaces[category] ?? 0
  }

  /// The general category in Oniguruma's version of Unicode.
  static func category(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
    if scalar.value < 0x250 { return scalar.properties.generalCategory }
    // A letter of which Unicode 17 says no longer that it is lower-case.
    if scalar.value == 0x295 { return .lowercaseLetter }
    let properties = scalar.properties
    return properties.age.map { $0.major > 16 } ?? true ? .unassigned : properties.generalCategory
  }

  private static func classified(_ value: UInt32) -> ScalarClass {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    let properties = scalar.properties
    let category = category(scalar)
    var result = patternClasses(category)
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: result.insert(.punctuation)
    case 0x0A, 0x0D: result.insert(.lineBreak)
    case 0x200C, 0x200D: result.insert(.rustWord)
    case 0xB2, 0xB3, 0xB9, 0xBC...0xBE: result.insert(.word)
    default: break
    }
    if properties.isWhitespace { result.insert(.whiteSpace) }
    if category != .unassigned {
      if properties.isAlphabetic { result.formUnion([.word, .rustWord, .alphabetic]) }
      if properties.isUppercase { result.insert(.uppercase) }
      if properties.isLowercase || category == .lowercaseLetter { result.insert(.lowercase) }
    }
    if isNumber(properties.generalCategory) { result.insert(.numeric) }
    return result.union(olderClasses(value, category, age: value < 0x250 ? 1 : properties.age?.major ?? .max))
  }

  private static func patternClasses(_ category: Unicode.GeneralCategory) -> ScalarClass {
    switch category {
    case .uppercaseLetter, .titlecaseLetter: [.letter, .upper, .word, .rustWord]
    case .lowercaseLetter: [.letter, .lower, .word, .rustWord]
    case .modifierLetter, .otherLetter: [.letter, .upper, .lower, .word, .rustWord]
    case .nonspacingMark, .spacingMark, .enclosingMark: [.upper, .lower, .word, .rustWord]
    case .decimalNumber: [.number, .word, .rustWord]
    case .letterNumber, .otherNumber: [.number]
    case .connectorPunctuation: [.word, .rustWord]
    default: []
    }
  }

  private static func isNumber(_ category: Unicode.GeneralCategory) -> Bool {
    category == .decimalNumber || category == .letterNumber || category == .otherNumber
  }

  /// The classes that hold to Unicode 8 and 9, with the scalars that were of another category then.
  private static func olderClasses(_ value: UInt32, _ category: Unicode.GeneralCategory, age: Int) -> ScalarClass {
    switch value {
    case 0x166D: return .punctuation
    case 0x111C9: return .punctuation
    case 0x1734, 0x1171E: return [.nonspacingMark, .combiningMark]
    case 0x1CF2, 0x1CF3, 0x1885, 0x1886, 0xA9BD: return .combiningMark
    default: break
    }
    guard age <= 9 else { return .beyondUnicode9 }
    switch category {
    case .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
      .otherPunctuation, .connectorPunctuation:
      return age <= 8 ? .punctuation : []
    case .nonspacingMark: return age <= 8 ? [.combiningMark, .nonspacingMark] : .combiningMark
    case .spacingMark, .enclosingMark: return .combiningMark
    case .control, .format, .privateUse: return age <= 8 ? .control : []
    default: return []
    }
  }
}
