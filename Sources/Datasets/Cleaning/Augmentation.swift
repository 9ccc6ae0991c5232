import Basics

/// Changes prompts so that a model learns to bear noise. Targets stay as they are, and so do words of the prompt that
/// the target contains, so that the answer can still be found.
///
/// The same text, record hash and seed always give the same result.
public struct Augmentation: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Two letters change places, or one is left out, doubled or replaced by its neighbour on a QWERTY keyboard.
    case typos
    /// Words lose or gain capitals.
    case casing
    /// Words are left out, at most half of them.
    case wordDropout = "word-dropout"
  }

  public let kind: Kind
  /// The probability of a change: of each letter for `typos`, of each word otherwise.
  public let rate: Double
  public let seed: UInt64

  /// - Throws: `TuneError.usage` unless `rate` is above 0 and at most 0.5.
  public init(_ kind: Kind, rate: Double, seed: UInt64) throws {
    guard rate > 0, rate <= 0.5 else {
      throw TuneError.usage("\(kind.rawValue) at a rate of \(rate): expected more than 0 and at most 0.5")
    }
    (self.kind, self.rate, self.seed) = (kind, rate, seed)
  }

  /// The prompt with noise; nil where nothing changed.
  ///
  /// - Parameters:
  ///   - target: what the model is to answer.
  ///   - recordHash: a hash of the record's content, from which the draws follow.
  public func apply(to prompt: String, target: String, recordHash: UInt64) -> String? {
    var random = SeededRandom(seed: seed ^ recordHash, stream: kind.rawValue)
    let pieces = Pieces(prompt, protecting: target)
    let changed =
      switch kind {
      case .typos: pieces.mapWords { misspelled($0, &random) }
      case .casing: pieces.mapWords { recased($0, &random) }
      case .wordDropout: pieces.droppingWords(most: pieces.wordCount / 2) { random.uniform() < rate }
      }
    return changed.isSame(as: prompt) ? nil : changed
  }

  private func misspelled(_ word: [Unicode.Scalar], _ random: inout SeededRandom) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < word.count {
      let letter = word[index]
      let next = index + 1 < word.count ? word[index + 1] : nil
      index += 1
      guard letter.isPlainLetter, next.map({ !$0.isMark }) ?? true, random.uniform() < rate else {
        result.append(letter)
        continue
      }
      switch random.integer(below: 4) {
      case 0:
        // A last letter has none to change places with.
        guard let next, next.isPlainLetter, index + 1 == word.count || !word[index + 1].isMark else { fallthrough }
        result += [next, letter]
        index += 1
      case 1: result += [letter, letter]
      case 2: result.append(neighbour(of: letter, &random))
      // A word keeps its first letter: readers hardly misspell it, and a one-letter word would vanish.
      default: if index == 1 { result.append(letter) }
      }
    }
    return result
  }

  private func recased(_ word: [Unicode.Scalar], _ random: inout SeededRandom) -> [Unicode.Scalar] {
    guard random.uniform() < rate else { return word }
    let text = String(String.UnicodeScalarView(word))
    let changed =
      switch random.integer(below: 3) {
      case 0: text.lowercased()
      case 1: text.uppercased()
      default: text.prefix(1).uppercased() + text.dropFirst()
      }
    return Array(changed.unicodeScalars)
  }

  private func neighbour(of letter: Unicode.Scalar, _ random: inout SeededRandom) -> Unicode.Scalar {
    let lower = Unicode.Scalar(UInt8(truncatingIfNeeded: letter.value) | 32)
    for row in Self.keyboard where letter.isASCII {
      guard let index = row.firstIndex(of: lower) else { continue }
      let other = index == 0 ? 1 : index == row.count - 1 ? index - 1 : index - 1 + 2 * random.integer(below: 2)
      let isUpper = letter.properties.isUppercase
      return isUpper ? Unicode.Scalar(UInt8(truncatingIfNeeded: row[other].value) & 0xDF) : row[other]
    }
    return letter
  }

  private static let keyboard: [[Unicode.Scalar]] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"].map {
    Array($0.unicodeScalars)
  }
}

/// A text as words and the white space between them.
private struct Pieces {
  private struct Piece {
    var scalars: [Unicode.Scalar]
    let isWord: Bool
    let isProtected: Bool
  }

  private var pieces: [Piece] = []

  init(_ text: String, protecting target: String) {
    let kept = Set(Self.words(of: target))
    var current: [Unicode.Scalar] = []
    func flush() {
      guard let first = current.first else { return }
      let isWord = !first.properties.isWhitespace
      let words = isWord ? Self.words(of: String(String.UnicodeScalarView(current))) : []
      pieces.append(
        Piece(scalars: current, isWord: isWord, isProtected: words.contains { kept.contains($0) }))
      current = []
    }
    for scalar in text.unicodeScalars {
      if let last = current.last, last.properties.isWhitespace != scalar.properties.isWhitespace { flush() }
      current.append(scalar)
    }
    flush()
  }

  /// The words in lower case, by their hashes.
  private static func words(of text: String) -> [UInt64] {
    text.withBytes { Words($0, punctuation: .separates).hashes }
  }

  var wordCount: Int { pieces.count { $0.isWord } }

  /// The text with every unprotected word changed.
  func mapWords(_ change: ([Unicode.Scalar]) -> [Unicode.Scalar]) -> String {
    joined(pieces.map { $0.isWord && !$0.isProtected ? change($0.scalars) : $0.scalars })
  }

  /// The text without some unprotected words and the spaces after them.
  func droppingWords(most: Int, _ isDropped: () -> Bool) -> String {
    var result: [[Unicode.Scalar]] = []
    var dropped = 0, droppedLast = false
    for piece in pieces {
      if piece.isWord {
        droppedLast = dropped < most && !piece.isProtected && isDropped()
        dropped += droppedLast ? 1 : 0
        if !droppedLast { result.append(piece.scalars) }
      } else if !droppedLast || piece.scalars.contains(where: { $0 != " " }) {
        result.append(piece.scalars)
      }
    }
    return joined(result)
  }

  private func joined(_ pieces: [[Unicode.Scalar]]) -> String {
    var view = String.UnicodeScalarView()
    for piece in pieces { view.append(contentsOf: piece) }
    return String(view)
  }
}

extension Unicode.Scalar {
  /// A letter that needs no mark.
  fileprivate var isPlainLetter: Bool { properties.isAlphabetic && !isMark }

  fileprivate var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}
