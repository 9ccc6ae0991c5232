/// A set of Unicode scalars as a regular expression describes it.
struct ScalarSet: Sendable {
  indirect enum Content: Sendable {
    /// One bit for each general category, in the order of `categories`.
    case categories(UInt32)
    case classes(ScalarClass)
    case ranges([ClosedRange<UInt32>])
    case union([Content])
    case intersection([Content])
    case complement(Content)

    func contains(_ scalar: UInt32) -> Bool {
      switch self {
      case .categories(let bits): bits & (1 << UInt32(ScalarClasses.shared.categoryIndex(scalar))) != 0
      case .classes(let classes): !ScalarClasses.shared[scalar].isDisjoint(with: classes)
      case .ranges(let ranges): ranges.contains { $0.contains(scalar) }
      case .union(let parts): parts.contains { $0.contains(scalar) }
      case .intersection(let parts): parts.allSatisfy { $0.contains(scalar) }
      case .complement(let content): !content.contains(scalar)
      }
    }
  }

  let content: Content
  /// Membership of U+0000 to U+003F and of U+0040 to U+007F, one bit each.
  private let lowBits: UInt64
  private let highBits: UInt64

  init(_ content: Content) {
    self.content = content
    func bits(from start: UInt32) -> UInt64 {
      guard case .ranges(let ranges) = content else {
        return (0..<64).reduce(0) { $0 | (content.contains(start + $1) ? 1 << UInt64($1) : 0) }
      }
      // Each scalar of an expression is such a set: asking for all 128 made long expressions slow to read.
      var bits: UInt64 = 0
      for range in ranges where range.lowerBound < start + 64 && range.upperBound >= start {
        for scalar in max(range.lowerBound, start)...min(range.upperBound, start + 63) {
          bits |= 1 << UInt64(scalar - start)
        }
      }
      return bits
    }
    lowBits = bits(from: 0)
    highBits = bits(from: 64)
  }

  init(_ scalars: ClosedRange<UInt32>...) { self.init(.ranges(scalars)) }

  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return lowBits >> UInt64(scalar) & 1 != 0 }
    if scalar < 128 { return highBits >> UInt64(scalar - 64) & 1 != 0 }
    return content.contains(scalar)
  }
}

extension ScalarSet {
  /// The general categories with their short names.
  private static let categories: [(name: String, category: Unicode.GeneralCategory)] = [
    ("lu", .uppercaseLetter), ("ll", .lowercaseLetter), ("lt", .titlecaseLetter), ("lm", .modifierLetter),
    ("lo", .otherLetter), ("mn", .nonspacingMark), ("mc", .spacingMark), ("me", .enclosingMark),
    ("nd", .decimalNumber), ("nl", .letterNumber), ("no", .otherNumber), ("pc", .connectorPunctuation),
    ("pd", .dashPunctuation), ("ps", .openPunctuation), ("pe", .closePunctuation), ("pi", .initialPunctuation),
    ("pf", .finalPunctuation), ("po", .otherPunctuation), ("sm", .mathSymbol), ("sc", .currencySymbol),
    ("sk", .modifierSymbol), ("so", .otherSymbol), ("zs", .spaceSeparator), ("zl", .lineSeparator),
    ("zp", .paragraphSeparator), ("cc", .control), ("cf", .format), ("cs", .surrogate), ("co", .privateUse),
    ("cn", .unassigned),
  ]

  /// The place of each category in the list, the number of its bit.
  static let categoryPlaces = Dictionary(
    uniqueKeysWithValues: categories.enumerated().map { ($1.category, UInt8($0)) })

  private static let longNames = [
    "letter": "l", "mark": "m", "number": "n", "punctuation": "p", "symbol": "s", "separator": "z", "other": "c",
    "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt", "modifierletter": "lm",
    "otherletter": "lo", "nonspacingmark": "mn", "spacingmark": "mc", "enclosingmark": "me", "decimalnumber": "nd",
    "letternumber": "nl", "othernumber": "no", "connectorpunctuation": "pc", "dashpunctuation": "pd",
    "openpunctuation": "ps", "closepunctuation": "pe", "initialpunctuation": "pi", "finalpunctuation": "pf",
    "otherpunctuation": "po", "mathsymbol": "sm", "currencysymbol": "sc", "modifiersymbol": "sk",
    "othersymbol": "so", "spaceseparator": "zs", "lineseparator": "zl", "paragraphseparator": "zp", "control": "cc",
    "format": "cf", "surrogate": "cs", "privateuse": "co", "unassigned": "cn",
  ]

  /// What `\p{name}` or `[:name:]` means; nil for a name that is not known. Case, spaces, `_` and `-` do not count.
  static func property(_ name: String) -> Content? {
    let plain = String(name.lowercased().filter { $0 != "_" && $0 != " " && $0 != "-" })
    let short = longNames[plain] ?? plain
    let bits = categories.indices.filter { categories[$0].name.hasPrefix(short) }
    if !bits.isEmpty, (1...2).contains(short.utf8.count) {
      return .categories(bits.reduce(0) { $0 | 1 << UInt32($1) })
    }
    switch plain {
    case "any": return .ranges([0...0x10FFFF])
    case "ascii": return .ranges([0...0x7F])
    case "alpha", "alphabetic": return .classes(.alphabetic)
    case "alnum": return property("alpha").flatMap { alpha in property("Nd").map { .union([alpha, $0]) } }
    case "digit": return property("Nd")
    case "upper", "uppercase": return .classes(.uppercase)
    case "lower", "lowercase": return .classes(.lowercase)
    case "space", "whitespace": return .classes(.whiteSpace)
    case "word": return .classes(.word)
    case "blank": return property("Zs").map { .union([$0, .ranges([9...9])]) }
    case "cntrl": return property("Cc")
    case "punct": return property("P").flatMap { marks in property("S").map { .union([marks, $0]) } }
    case "xdigit": return .ranges([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: return UnicodeScript.ranges(named: plain).map { .ranges($0) }
    }
  }
}
