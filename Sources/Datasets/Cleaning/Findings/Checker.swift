/// One kind of finding in single texts.
protocol Checker: Sendable {
  var kind: FindingKind { get }
  /// The bytes without any of which there is nothing to find; empty where every text must be looked at.
  var triggers: Triggers { get }
  /// The first thing found; nil where the text is in order. Time is linear in the length of the text.
  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding?
}

/// Classes of bytes that a text holds, found in one pass before anything expensive.
struct Triggers: OptionSet, Sendable {
  let rawValue: UInt8
  static let angle = Triggers(rawValue: 1)
  static let ampersand = Triggers(rawValue: 2)
  static let at = Triggers(rawValue: 4)
  static let digit = Triggers(rawValue: 8)
  static let colon = Triggers(rawValue: 16)
  static let control = Triggers(rawValue: 32)
  /// A byte of a character beyond ASCII.
  static let high = Triggers(rawValue: 64)
  static let dot = Triggers(rawValue: 128)

  private static let table: [UInt8] = (0...255).map { (byte: UInt8) -> UInt8 in
    switch byte {
    case UInt8(ascii: "<"): angle.rawValue
    case UInt8(ascii: "&"): ampersand.rawValue
    case UInt8(ascii: "@"): at.rawValue
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit.rawValue
    case UInt8(ascii: ":"): colon.rawValue
    case UInt8(ascii: "."): dot.rawValue
    case 9, 10, 13: 0
    case 0..<32, 127: control.rawValue
    case 128...: high.rawValue
    default: 0
    }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The classes of all bytes of a text.
  init(in bytes: UnsafeBufferPointer<UInt8>) {
    rawValue = Self.table.withUnsafeBufferPointer { table in
      var seen: UInt8 = 0
      for byte in bytes { seen |= table[Int(byte)] }
      return seen
    }
  }
}

/// The checks of single texts, for the kinds switched on. A pure value: use it on many threads.
public struct TextChecks: Sendable {
  private let checkers: [any Checker]
  private let spanKinds: SensitiveKinds

  /// - Parameters:
  ///   - kinds: what to look for; kinds that need a whole set (`lengthOutlier`, `labelImbalance`) or a pair
  ///     (`equalPreference`) are passed over here.
  ///   - words: the word list of `misspelling`, which is off without it.
  ///   - languages: the languages that `language` lets pass; it is off where none is named.
  public init(
    kinds: [FindingKind] = FindingKind.allCases, words: WordList? = nil, languages: Set<Language> = []
  ) {
    let all: [any Checker] =
      [EmptyTargetCheck(), EncodingCheck(), MarkupCheck(), RepetitionCheck()]
      + (languages.isEmpty ? [] : [LanguageCheck(expected: languages)])
      + (words.map { [MisspellingCheck(words: $0)] } ?? [])
    checkers = all.filter { kinds.contains($0.kind) }
    spanKinds = SensitiveKinds(kinds)
  }

  /// At most one finding a kind, in the order of kinds.
  public func check(_ text: String, field: String, role: FieldRole) -> [Finding] {
    text.withBytes { bytes in
      let present = Triggers(in: bytes)
      var findings: [Finding] = []
      for checker in checkers where checker.triggers.isEmpty || !checker.triggers.isDisjoint(with: present) {
        if let finding = checker.check(bytes, field: field, role: role) { findings.append(finding) }
      }
      if !spanKinds.triggers.isDisjoint(with: present) { findings += spanFindings(bytes, field: field) }
      return findings
    }
  }

  private func spanFindings(_ bytes: UnsafeBufferPointer<UInt8>, field: String) -> [Finding] {
    var seen: Set<FindingKind> = []
    return SensitiveSpanScanner.spans(of: spanKinds, in: bytes).compactMap { span in
      guard seen.insert(span.kind).inserted else { return nil }
      let excerpt =
        span.kind == .url ? Excerpt.around(span.range, in: bytes) : Excerpt.masked(span.range, in: bytes)
      let suggestion =
        switch span.kind {
        case .url: "remove the address, or redact it, unless the model is to write addresses"
        case .secretKey: "redact the key and revoke it: whoever has the data has it too"
        default: "redact it: a model can repeat what it has learned"
        }
      return Finding(span.kind, field: field, excerpt: excerpt, suggestion: suggestion)
    }
  }
}
