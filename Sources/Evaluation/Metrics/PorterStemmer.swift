/// The Porter stemmer with NLTK's extensions, as rouge_score uses it.
///
/// Source: Porter, "An algorithm for suffix stripping", 1980; the departures are those of NLTK's default mode
/// (irregular words, `ies`/`ied` of short words, `alli`, `fulli`, `logi`, two-letter syllables).
public struct PorterStemmer: Sendable {
  public init() {}

  /// The stem of a word, which is lower-cased first.
  ///
  ///     PorterStemmer().stem("relational")   // "relat"
  public func stem(_ word: String) -> String {
    PythonText.string(stem(ofLowercase: PythonText.lowercased(Array(word.unicodeScalars))))
  }

  func stem(ofLowercase word: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if let irregular = Self.irregular[word] { return irregular }
    guard word.count > 2 else { return word }
    return step5b(step5a(step4(step3(step2(step1c(step1b(step1a(word))))))))
  }

  // MARK: Steps

  private func step1a(_ word: Word) -> Word {
    if word.count == 4, word.ends("ies") { return word.dropping(1) }
    return firstFit(Self.plurals, word)
  }

  private func step1b(_ word: Word) -> Word {
    if word.ends("ied") { return word.count == 4 ? word.dropping(1) : word.dropping(2) }
    if word.ends("eed") { return word.dropping(3).measure > 0 ? word.dropping(1) : word }
    for suffix in ["ed", "ing"] where word.ends(suffix) {
      let stem = word.dropping(suffix.utf8.count)
      if stem.hasVowel { return repaired(stem) }
    }
    return word
  }

  /// Mends a stem whose `ed` or `ing` was removed: `conflat` → `conflate`, `hopp` → `hop`, `fil` → `file`.
  private func repaired(_ stem: Word) -> Word {
    if stem.ends("at") || stem.ends("bl") || stem.ends("iz") { return stem + ["e"] }
    if stem.endsWithDoubleConsonant {
      return stem.last == "l" || stem.last == "s" || stem.last == "z" ? stem : stem.dropping(1)
    }
    return stem.measure == 1 && stem.endsWithSyllable ? stem + ["e"] : stem
  }

  private func step1c(_ word: Word) -> Word {
    guard word.last == "y", word.count > 2, word.consonants[word.count - 2] else { return word }
    return word.dropping(1) + ["i"]
  }

  private func step2(_ word: Word) -> Word {
    if word.ends("alli"), word.dropping(4).measure > 0 { return step2(word.dropping(2)) }
    return firstFit(Self.longSuffixes, word)
  }

  private func step3(_ word: Word) -> Word { firstFit(Self.middleSuffixes, word) }

  private func step4(_ word: Word) -> Word { firstFit(Self.lastSuffixes, word) }

  private func step5a(_ word: Word) -> Word {
    guard word.last == "e" else { return word }
    let stem = word.dropping(1)
    return stem.measure > 1 || (stem.measure == 1 && !stem.endsWithSyllable) ? stem : word
  }

  private func step5b(_ word: Word) -> Word {
    word.ends("ll") && word.dropping(1).measure > 1 ? word.dropping(1) : word
  }

  /// The first rule whose suffix fits decides: when its condition fails, the word stays as it is.
  private func firstFit(_ rules: [Rule], _ word: Word) -> Word {
    guard let rule = rules.first(where: { word.ends($0.suffix) }) else { return word }
    let stem = word.dropping(rule.suffix.count)
    return rule.applies(to: stem) ? stem + rule.replacement : word
  }
}

private typealias Word = [Unicode.Scalar]

// MARK: Rules

/// A suffix, what replaces it, and the least measure of what stands before it.
private struct Rule: Sendable {
  let suffix: Word
  let replacement: Word
  let measureAbove: Int
  /// Scalars of the suffix that count to the stem when it is measured.
  var shared = 0
  /// The stem must end in one of these; any when empty.
  var stemEndings: Word = []

  func applies(to stem: Word) -> Bool {
    guard stemEndings.isEmpty || stem.last.map(stemEndings.contains) == true else { return false }
    return measureAbove < 0 || (stem + suffix.prefix(shared)).measure > measureAbove
  }
}

/// Rules written as "suffix→replacement", separated by spaces.
private func rules(_ text: String, measureAbove: Int) -> [Rule] {
  text.split(separator: " ").map { pair in
    let parts = pair.split(separator: ">", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    return Rule(suffix: parts[0], replacement: parts.count > 1 ? parts[1] : [], measureAbove: measureAbove)
  }
}

extension PorterStemmer {
  fileprivate static let plurals = rules("sses>ss ies>i ss>ss s>", measureAbove: -1)

  fileprivate static let longSuffixes =
    rules(
      "ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous ization>ize "
        + "ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble fulli>ful",
      measureAbove: 0) + [Rule(suffix: word("logi"), replacement: word("log"), measureAbove: 0, shared: 1)]

  fileprivate static let middleSuffixes = rules(
    "icate>ic ative> alize>al iciti>ic ical>ic ful> ness>", measureAbove: 0)

  fileprivate static let lastSuffixes =
    rules("al ance ence er ic able ible ant ement ment ent", measureAbove: 1)
    + [Rule(suffix: word("ion"), replacement: [], measureAbove: 1, stemEndings: ["s", "t"])]
    + rules("ou ism ate iti ous ive ize", measureAbove: 1)

  /// Words that no rule handles.
  fileprivate static let irregular: [[Unicode.Scalar]: [Unicode.Scalar]] = {
    let table = [
      "sky": ["sky", "skies"], "die": ["dying"], "lie": ["lying"], "tie": ["tying"], "news": ["news"],
      "inning": ["innings", "inning"], "outing": ["outings", "outing"], "canning": ["cannings", "canning"],
      "howe": ["howe"], "proceed": ["proceed"], "exceed": ["exceed"], "succeed": ["succeed"],
    ]
    var words: [[Unicode.Scalar]: [Unicode.Scalar]] = [:]
    for (stem, forms) in table {
      for form in forms { words[word(form)] = word(stem) }
    }
    return words
  }()

  private static func word(_ text: String) -> Word { Array(text.unicodeScalars) }
}

// MARK: Properties of words

extension [Unicode.Scalar] {
  fileprivate func ends(_ suffix: String) -> Bool {
    count >= suffix.utf8.count && self[(count - suffix.utf8.count)...].elementsEqual(suffix.unicodeScalars)
  }

  fileprivate func ends(_ suffix: [Unicode.Scalar]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
  }

  fileprivate func dropping(_ number: Int) -> [Unicode.Scalar] { Array(dropLast(number)) }

  /// For every letter whether it is a consonant; a y is one at the start and after a vowel.
  fileprivate var consonants: [Bool] {
    var flags: [Bool] = []
    for letter in self {
      switch letter {
      case "a", "e", "i", "o", "u": flags.append(false)
      case "y": flags.append(!(flags.last ?? false))
      default: flags.append(true)
      }
    }
    return flags
  }

  /// The number of times a consonant follows a vowel: Porter's m.
  fileprivate var measure: Int {
    let flags = consonants
    return zip(flags, flags.dropFirst()).reduce(0) { $0 + (!$1.0 && $1.1 ? 1 : 0) }
  }

  fileprivate var hasVowel: Bool { consonants.contains(false) }

  fileprivate var endsWithDoubleConsonant: Bool {
    count >= 2 && self[count - 1] == self[count - 2] && consonants.last == true
  }

  /// Consonant, vowel, consonant other than w, x, y at the end; or the whole word is a vowel and a consonant.
  fileprivate var endsWithSyllable: Bool {
    let flags = consonants.suffix(3)
    if count == 2 { return flags.elementsEqual([false, true]) }
    guard flags.elementsEqual([true, false, true]), let last else { return false }
    return last != "w" && last != "x" && last != "y"
  }
}
