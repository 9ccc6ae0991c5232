import Basics

/// A change of a question that leaves its answer as it is.
///
/// Source: the perturbations of HELM (Liang et al., 2022, section 4.5 and 4.6, appendix D), whose word lists are not
/// those used here.
public enum Perturbation: String, Sendable, CaseIterable {
  /// In a tenth of the words one letter is its neighbour on a QWERTY keyboard.
  case typos
  /// All letters are small.
  case lowercase
  /// "do not" is "don't".
  case contraction
  /// "don't" is "do not".
  case expansion
  /// Each space becomes one to three.
  case extraSpaces = "extra_spaces"
  /// Standard American English becomes African American English.
  case dialect
  case femaleToMale = "gender_female_to_male"
  case maleToFemale = "gender_male_to_female"

  /// Fairness asks about other people: choices speak of them as well as the question. All others change the question.
  var changesChoices: Bool {
    switch self {
    case .dialect, .femaleToMale, .maleToFemale: true
    default: false
    }
  }

  /// The share of the words that have a typo.
  static let typoShare = 0.1

  /// The text as it is asked; the same text and seed always give the same result.
  public func apply(to text: String, seed: UInt64) -> String {
    switch self {
    case .typos: return misspelled(text, seed: seed)
    case .lowercase: return PythonText.string(PythonText.lowercased(Array(text.unicodeScalars)))
    // A contraction before a pause would be odd: "I do not know if he is." has one place for it.
    case .contraction: return Contractions.contracting.apply(to: text, needsNext: true)
    case .expansion: return Contractions.expanding.apply(to: text)
    case .extraSpaces: return spaced(text, seed: seed)
    case .dialect: return Dialect.africanAmericanEnglish(text)
    case .femaleToMale: return GenderTerms.femaleToMale(text)
    case .maleToFemale: return GenderTerms.maleToFemale(text)
    }
  }

  private func random(_ text: String, _ seed: UInt64) -> SeededRandom {
    SeededRandom(seed: seed ^ stableHash(text), stream: rawValue)
  }

  private func spaced(_ text: String, seed: UInt64) -> String {
    var random = random(text, seed), result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let count = scalar == " " ? 1 + random.integer(below: 3) : 1
      result.append(contentsOf: repeatElement(scalar, count: count))
    }
    return String(result)
  }

  // MARK: Typos

  private func misspelled(_ text: String, seed: UInt64) -> String {
    var random = random(text, seed)
    let source = WordPieces(text)
    return source.mapWords { place in
      guard random.uniform() < Self.typoShare else { return nil }
      var word = Array(source.pieces[place].text.unicodeScalars)
      let places = word.indices.filter { Self.neighbours[Self.small(word[$0])] != nil }
      guard !places.isEmpty else { return nil }
      let changed = places[random.integer(below: places.count)], letter = word[changed]
      let near = Self.neighbours[Self.small(letter)] ?? [letter]
      let new = near[random.integer(below: near.count)]
      word[changed] = letter == Self.small(letter) ? new : Unicode.Scalar(UInt8(truncatingIfNeeded: new.value) & 0xDF)
      return PythonText.string(word)
    }
  }

  private static func small(_ letter: Unicode.Scalar) -> Unicode.Scalar {
    ("A"..."Z").contains(letter) ? Unicode.Scalar(UInt8(truncatingIfNeeded: letter.value) | 32) : letter
  }

  /// The keys that touch each key: beside it, and the two above and below in rows that stand half a key apart.
  static let neighbours: [Unicode.Scalar: [Unicode.Scalar]] = {
    let rows = ["qwertyuiop", "asdfghjkl", "zxcvbnm"].map { Array($0.unicodeScalars) }
    var result: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    for (row, letters) in rows.enumerated() {
      for (place, letter) in letters.enumerated() {
        let touching =
          [(row, place - 1), (row, place + 1)] + [(row - 1, place), (row - 1, place + 1)]
          + [(row + 1, place - 1), (row + 1, place)]
        result[letter] = touching.compactMap { row, place in
          rows.indices.contains(row) && rows[row].indices.contains(place) ? rows[row][place] : nil
        }
      }
    }
    return result
  }()
}
