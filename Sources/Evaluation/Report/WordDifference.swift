import Basics

/// What of a text stands in another, by words: for showing an answer beside its reference.
struct WordDifference {
  enum Part: Equatable {
    /// In both.
    case same(String)
    /// In the text alone.
    case own(String)
    /// In the other alone.
    case missing(String)
  }

  let parts: [Part]

  /// Texts with more words are shown without differences.
  private static let mostWords = 600

  /// Along a longest common subsequence of the words, in the order of the text.
  init(_ text: String, against other: String) {
    let words = Self.words(text), others = Self.words(other)
    guard words.count <= Self.mostWords, others.count <= Self.mostWords else {
      parts = [.own(text)]
      return
    }
    var lengths = [[Int]](repeating: [Int](repeating: 0, count: others.count + 1), count: words.count + 1)
    for row in words.indices.reversed() {
      for column in others.indices.reversed() {
        lengths[row][column] =
          Self.key(words[row]) == Self.key(others[column])
          ? lengths[row + 1][column + 1] + 1 : max(lengths[row + 1][column], lengths[row][column + 1])
      }
    }
    var parts: [Part] = [], row = 0, column = 0
    while row < words.count || column < others.count {
      if row < words.count, column < others.count, Self.key(words[row]) == Self.key(others[column]) {
        parts.append(.same(words[row]))
        (row, column) = (row + 1, column + 1)
      } else if column == others.count
        || (row < words.count && lengths[row + 1][column] >= lengths[row][column + 1])
      {
        parts.append(.own(words[row]))
        row += 1
      } else {
        parts.append(.missing(others[column]))
        column += 1
      }
    }
    self.parts = parts
  }

  private static func words(_ text: String) -> [String] {
    text.split(whereSeparator: { $0.isWhitespace }).map { String($0) }
  }

  /// Case and punctuation around a word make no difference.
  private static func key(_ word: String) -> [UInt8] {
    let letters = word.lowercased().unicodeScalars.filter { !isASCIIPunctuation($0) }
    return letters.isEmpty ? Array(word.utf8) : Array(String(String.UnicodeScalarView(letters)).utf8)
  }

  /// The text with its own words marked; those that are missing are left out.
  var html: String {
    var result: [String] = [], run: [String] = []
    func flush() {
      if !run.isEmpty { result.append("<mark>\(run.joined(separator: " "))</mark>") }
      run = []
    }
    for part in parts {
      switch part {
      case .same(let word):
        flush()
        result.append(Markup.escaped(word))
      case .own(let word): run.append(Markup.escaped(word))
      case .missing: continue
      }
    }
    flush()
    return result.joined(separator: " ")
  }
}
