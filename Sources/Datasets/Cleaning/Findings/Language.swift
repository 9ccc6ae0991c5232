/// The languages that can be told apart. Raw values are ISO 639-1 codes.
public enum Language: String, Sendable, CaseIterable {
  case english = "en"
  case german = "de"
  case french = "fr"
  case spanish = "es"
  case italian = "it"
  case portuguese = "pt"
  case dutch = "nl"
  case swedish = "sv"
  case danish = "da"
  case norwegian = "no"
  case finnish = "fi"
  case polish = "pl"
  case czech = "cs"
  case turkish = "tr"
  case vietnamese = "vi"
  case indonesian = "id"
  case russian = "ru"
  case ukrainian = "uk"
  case greek = "el"
  case arabic = "ar"
  case hebrew = "he"
  case hindi = "hi"
  case chinese = "zh"
  case japanese = "ja"
  case korean = "ko"

  /// The language of a text; nil where it is too short, mixed or unlike all of them.
  ///
  /// The script decides where only one of the languages uses it; otherwise the trigrams of the first 200 trigrams are
  /// weighed by the languages' profiles, and the best must lead clearly (Cavnar and Trenkle, "N-gram-based text
  /// categorization", 1994, with log-probabilities instead of ranks).
  public static func guess(_ text: String) -> Language? { text.withBytes { guess($0) } }

  static func guess(_ bytes: UnsafeBufferPointer<UInt8>) -> Language? {
    let scripts = ScriptCounts(bytes)
    switch scripts.dominant {
    case .latin: return TrigramModel.latin.guess(bytes)
    case .cyrillic: return TrigramModel.cyrillic.guess(bytes)
    case .greek: return .greek
    case .arabic: return .arabic
    case .hebrew: return .hebrew
    case .devanagari: return .hindi
    case .hangul: return .korean
    case .kana: return .japanese
    // Japanese writes words in Han and endings in kana.
    case .han: return scripts[.kana] * 10 > scripts[.han] ? .japanese : .chinese
    case nil: return nil
    }
  }
}

/// The letters of a text's first two thousand bytes by script.
private struct ScriptCounts {
  enum Script: Int, CaseIterable {
    case latin, cyrillic, greek, arabic, hebrew, devanagari, hangul, kana, han
  }

  private var counts = SIMD16<Int16>.zero

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var place = 0, plain: Int16 = 0
    let end = min(bytes.count, 2000)
    while place < end {
      if bytes[place] < 0x80 {
        plain += bytes[place].isASCIILetter ? 1 : 0
        place += 1
      } else if let script = Self.script(nextScalar(bytes, &place)) {
        counts[script.rawValue] += 1
      }
    }
    counts[Script.latin.rawValue] += plain
  }

  subscript(script: Script) -> Int { Int(counts[script.rawValue]) }

  /// The script of three quarters of the letters, at least six; four suffice where a letter is a syllable or a word.
  var dominant: Script? {
    let total = Script.allCases.reduce(0) { $0 + self[$1] }
    if (self[.han] + self[.kana]) * 4 >= total * 3, total >= 4 { return self[.han] > 0 ? .han : .kana }
    return Script.allCases.first { self[$0] * 4 >= total * 3 && self[$0] >= ($0 == .hangul ? 4 : 6) }
  }

  private static func script(_ scalar: UInt32) -> Script? {
    switch scalar {
    case 0xC0...0x24F, 0x1E00...0x1EFF: .latin
    case 0x370...0x3FF, 0x1F00...0x1FFF: .greek
    case 0x400...0x52F: .cyrillic
    case 0x590...0x5FF: .hebrew
    case 0x600...0x6FF, 0x750...0x77F: .arabic
    case 0x900...0x97F: .devanagari
    case 0x3040...0x30FF: .kana
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x3FFFF: .han
    case 0xAC00...0xD7A3: .hangul
    default: nil
    }
  }
}

/// Naive Bayes over trigrams, for up to 16 languages of one script.
private struct TrigramModel: Sendable {
  static let latin = TrigramModel(LanguageProfile.latin)
  static let cyrillic = TrigramModel(LanguageProfile.cyrillic)

  private let languages: [Language]
  /// Open addressing: three scalars of 21 bits each; 0 marks a free place.
  private var keys: [UInt64]
  /// How many bits a trigram is worth to each language above one that its profile lacks.
  private var weights: [SIMD16<Int16>]

  /// Bits of a trigram that is in no profile.
  private static let bitsOfAbsent = 13
  private static let mostTrigrams = 200
  private static let fewestTrigrams = 20

  init(_ profiles: [LanguageProfile]) {
    languages = profiles.map { $0.language }
    keys = [UInt64](repeating: 0, count: 1 << 13)
    weights = [SIMD16<Int16>](repeating: .zero, count: 1 << 13)
    for (index, profile) in profiles.enumerated() {
      let scalars = profile.trigrams.unicodeScalars.map { $0 == "_" ? 32 : UInt64($0.value) }
      for rank in 0..<scalars.count / 3 {
        let key = scalars[rank * 3] << 42 | scalars[rank * 3 + 1] << 21 | scalars[rank * 3 + 2]
        let step = profile.steps.firstIndex { rank < $0 } ?? profile.steps.count
        let place = place(of: key)
        keys[place] = key
        weights[place][index] = Int16(Self.bitsOfAbsent - LanguageProfile.firstBits - step)
      }
    }
  }

  private func place(of key: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 51)
    while keys[place] != 0, keys[place] != key { place = (place + 1) & (keys.count - 1) }
    return place
  }

  func guess(_ bytes: UnsafeBufferPointer<UInt8>) -> Language? {
    var total = SIMD16<Int16>.zero
    var count = 0, place = 0
    let end = min(bytes.count, Self.mostTrigrams * 8)
    while place < end, count < Self.mostTrigrams {
      // Words of letters alone: names such as "Person1", addresses and code are in no language.
      let wordStart = place
      var isPlain = true
      while place < end, !Self.partsWords(bytes[place]) {
        isPlain = isPlain && !Self.isForeign(bytes[place])
        place += 1
      }
      if isPlain, place > wordStart { add(bytes, wordStart..<place, &total, &count) }
      place += 1
    }
    return decide(total, count)
  }

  private func add(
    _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ total: inout SIMD16<Int16>, _ count: inout Int
  ) {
    var key: UInt64 = 32
    var place = word.lowerBound
    while place <= word.upperBound {
      let letter = place == word.upperBound ? 32 : Self.letter(nextScalar(bytes, &place))
      if letter == 32 {
        place += place == word.upperBound ? 1 : 0
        guard key & 0x1F_FFFF != 32 else { continue }
      }
      key = (key << 21 | letter) & 0x7FFF_FFFF_FFFF_FFFF
      if key >> 42 != 0 {
        count += 1
        let found = self.place(of: key)
        if keys[found] == key { total &+= weights[found] }
      }
      if letter == 32 { key = 32 }
    }
  }

  @inline(__always)
  private static func partsWords(_ byte: UInt8) -> Bool { byte <= 32 }

  /// What words of a language do not hold.
  @inline(__always)
  private static func isForeign(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "@"),
      UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "="):
      true
    default: false
    }
  }

  /// The best language, where it leads the second by 16 bits and by a quarter of a bit a trigram, and fits at all.
  private func decide(_ total: SIMD16<Int16>, _ count: Int) -> Language? {
    guard count >= Self.fewestTrigrams else { return nil }
    var best = 0, second = -1
    for index in 1..<languages.count {
      if total[index] > total[best] {
        (best, second) = (index, best)
      } else if second < 0 || total[index] > total[second] {
        second = index
      }
    }
    guard Int(total[best]) - Int(total[second]) >= max(16, count / 4), Int(total[best]) >= count else { return nil }
    return languages[best]
  }

  /// The letter in lower case, or a space for anything else.
  @inline(__always)
  private static func letter(_ scalar: UInt32) -> UInt64 {
    if scalar < 0x80 {
      let byte = UInt8(scalar)
      return byte.isASCIILetter ? UInt64(byte | 32) : 32
    }
    guard scalar < WordScalars.tableEnd else { return 32 }
    let meaning = UInt64(WordScalars.table[Int(scalar)])
    return meaning > UInt64(WordScalars.invisible) ? meaning : 32
  }
}

/// A text in another language than those expected.
struct LanguageCheck: Checker {
  let kind = FindingKind.language
  let triggers: Triggers = []
  let expected: Set<Language>

  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding? {
    guard let language = Language.guess(bytes), !expected.contains(language) else { return nil }
    let names = expected.map { $0.rawValue }.sorted().joined(separator: ", ")
    return Finding(
      kind, field: field, excerpt: Excerpt.around(0..<min(60, bytes.count), in: bytes),
      suggestion: "reads as '\(language.rawValue)', expected \(names): drop it or name its language too")
  }
}
