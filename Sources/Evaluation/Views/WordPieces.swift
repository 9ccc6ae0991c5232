/// A text as words and what is between them.
///
/// A word is a run of letters, digits and marks, with apostrophes inside it: "don't" is one, "well-known" two.
struct WordPieces {
  struct Piece: Equatable {
    var text: String
    let isWord: Bool
  }

  private(set) var pieces: [Piece] = []

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    var start = 0
    func isWord(_ index: Int) -> Bool {
      if Self.isLetter(scalars[index]) { return true }
      return Self.isApostrophe(scalars[index]) && index > 0 && index + 1 < scalars.count
        && Self.isLetter(scalars[index - 1]) && Self.isLetter(scalars[index + 1])
    }
    while start < scalars.count {
      let kind = isWord(start)
      var end = start + 1
      while end < scalars.count, isWord(end) == kind { end += 1 }
      pieces.append(Piece(text: PythonText.string(scalars[start..<end]), isWord: kind))
      start = end
    }
  }

  var text: String { pieces.map { $0.text }.joined() }

  /// The words in lower case, apostrophes as "'".
  var words: [String] { pieces.filter { $0.isWord }.map { Self.key($0.text) } }

  /// The text with each word that `change` has another for.
  ///
  /// - Parameter change: is given the place of a word among the pieces.
  func mapWords(_ change: (Int) -> String?) -> String {
    pieces.indices.map { pieces[$0].isWord ? change($0) ?? pieces[$0].text : pieces[$0].text }.joined()
  }

  /// The word behind one space, in lower case; nil where there is none.
  func next(after place: Int) -> String? {
    guard place + 2 < pieces.count, pieces[place + 1].text.isSame(as: " "), pieces[place + 2].isWord else { return nil }
    return Self.key(pieces[place + 2].text)
  }

  static func key(_ word: String) -> String {
    PythonText.string(PythonText.lowercased(word.unicodeScalars.map { isApostrophe($0) ? "'" : $0 }))
  }

  /// A word with the capitals of the one whose place it takes: all, the first, or as it is.
  static func matchingCase(of original: String, _ word: String) -> String {
    let letters = original.unicodeScalars.filter { $0.properties.isAlphabetic }
    if letters.count > 1, letters.allSatisfy({ $0.properties.isUppercase }) { return word.uppercased() }
    guard letters.first?.properties.isUppercase == true, let first = word.unicodeScalars.first else { return word }
    return first.properties.titlecaseMapping + PythonText.string(word.unicodeScalars.dropFirst())
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
  }

  private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool { scalar == "'" || scalar == "\u{2019}" }
}

/// Words and groups of up to three words, and what stands in their place.
struct Replacements: Sendable {
  /// By their words in lower case, single spaces between them.
  private let table: [String: String]
  private let mostWords: Int

  init(_ pairs: [(String, String)]) {
    table = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    mostWords = pairs.map { $0.0.split(separator: " ").count }.max() ?? 0
  }

  subscript(key: String) -> String? { table[key] }

  /// The text with everything replaced, from left to right, the longest group first.
  ///
  /// - Parameter needsNext: replaces only what one space and another word follow.
  func apply(to text: String, needsNext: Bool = false) -> String {
    let source = WordPieces(text)
    var result = "", place = 0
    while place < source.pieces.count {
      let piece = source.pieces[place]
      if piece.isWord, let (end, new) = match(source, at: place, needsNext: needsNext) {
        result += WordPieces.matchingCase(of: piece.text, new)
        place = end
      } else {
        result += piece.text
        place += 1
      }
    }
    return result
  }

  private func match(_ source: WordPieces, at place: Int, needsNext: Bool) -> (end: Int, new: String)? {
    var key = WordPieces.key(source.pieces[place].text), end = place
    var found: (Int, String)?
    for count in 1...max(1, mostWords) {
      if let new = table[key], !needsNext || source.next(after: end) != nil { found = (end + 1, new) }
      guard count < mostWords, let next = source.next(after: end) else { break }
      key += " " + next
      end += 2
    }
    return found
  }
}
