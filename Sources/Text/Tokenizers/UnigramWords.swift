import Basics

/// The words of a corpus as a Unigram model learns from them.
struct UnigramWords: Sendable {
  /// Stands behind each word and in place of each character that the vocabulary leaves out; no scalar.
  static let boundary = UInt32.max

  /// All words end to end.
  let text: [UInt32]
  let starts: [Int]
  /// How often each word occurs.
  let counts: [Int]
  /// The characters that the vocabulary must have, most frequent first.
  let characters: [(scalar: UInt32, count: Int)]

  /// - Parameter coverage: the share of all characters of the texts that the vocabulary must cover, with the most
  ///   frequent ones first: `character_coverage` of SentencePiece.
  init(_ words: WordCounter, coverage: Double) {
    characters = Self.characters(words, coverage: coverage)
    let kept = Set(characters.map { $0.scalar })
    var text: [UInt32] = []
    var starts: [Int] = []
    text.reserveCapacity(words.scalars.count + words.ends.count)
    var start = 0
    for end in words.ends {
      starts.append(text.count)
      for scalar in words.scalars[start..<end] { text.append(kept.contains(scalar) ? scalar : Self.boundary) }
      text.append(Self.boundary)
      start = end
    }
    (self.text, self.starts) = (text, starts)
    counts = words.counts
  }

  private static func characters(_ words: WordCounter, coverage: Double) -> [(scalar: UInt32, count: Int)] {
    var counts: [UInt32: Int] = [:]
    var total = 0
    var start = 0
    for (word, end) in words.ends.enumerated() {
      for scalar in words.scalars[start..<end] { counts[scalar, default: 0] += words.counts[word] }
      total += (end - start) * words.counts[word]
      start = end
    }
    let sorted = counts.map { (scalar: $0.key, count: $0.value) }.sorted {
      $0.count != $1.count ? $0.count > $1.count : $0.scalar < $1.scalar
    }
    var covered = 0
    let kept = sorted.prefix { character in
      guard Double(covered) < coverage * Double(total) else { return false }
      covered += character.count
      return true
    }
    return Array(kept)
  }

  /// The scalars of a word.
  func range(_ word: Int) -> Range<Int> {
    starts[word]..<(word + 1 < starts.count ? starts[word + 1] : text.count) - 1
  }

  /// The words in so many parts of about equal length.
  func parts(_ count: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var first = 0
    for part in 1...count {
      var end = first
      while end < starts.count, part == count || starts[end] < text.count / count * part { end += 1 }
      parts.append(first..<end)
      first = end
    }
    return parts
  }
}

/// A piece of a Unigram model in training: a stretch of the corpus, and its score.
struct UnigramPiece: Sendable {
  var start: Int32
  var length: Int32
  /// The logarithm of its probability.
  var score: Double

  var range: Range<Int> { Int(start)..<Int(start + length) }
}
