import Foundation

/// Finds the pieces with which the training of a Unigram model begins: all characters, and the substrings of words that
/// repeat and could not be made longer to the right without becoming rarer, ranked by frequency times length.
///
/// Source: `MakeSeedSentencePieces` of SentencePiece, whose suffix array gives the same substrings. Only the first
/// characters of suffixes matter, for pieces are short, so suffixes are sorted into groups character by character.
struct UnigramSeeds {
  /// Suffixes with the same first `depth` scalars.
  private struct Group {
    let range: Range<Int>
    let depth: Int
  }

  private let words: UnigramWords
  private let maximumLength: Int
  private let limit: Int
  private var found: [UnigramPiece] = []
  /// The word of each place in the text.
  private var wordOfPlace: [Int32] = []

  /// The characters and at most `limit` pieces in all, with the logarithms of their shares as scores.
  static func pieces(_ words: UnigramWords, maximumLength: Int, limit: Int) -> [UnigramPiece] {
    var seeds = UnigramSeeds(words, maximumLength, limit)
    seeds.findSubstrings()
    seeds.keepBest(max(0, limit - words.characters.count))
    var pieces = seeds.characters + seeds.found
    let logarithm = log(pieces.reduce(0) { $0 + $1.score })
    for index in pieces.indices { pieces[index].score = log(pieces[index].score) - logarithm }
    return pieces
  }

  private init(_ words: UnigramWords, _ maximumLength: Int, _ limit: Int) {
    (self.words, self.maximumLength, self.limit) = (words, maximumLength, limit)
    wordOfPlace.reserveCapacity(words.text.count)
    for word in words.starts.indices {
      for _ in 0...words.range(word).count { wordOfPlace.append(Int32(word)) }
    }
  }

  private var characters: [UnigramPiece] {
    var places: [UInt32: Int] = [:]
    for (place, scalar) in words.text.enumerated() where places[scalar] == nil { places[scalar] = place }
    return words.characters.map {
      UnigramPiece(start: Int32(places[$0.scalar] ?? 0), length: 1, score: Double($0.count))
    }
  }

  private mutating func findSubstrings() {
    let places = words.text.indices.filter { words.text[$0] != UnigramWords.boundary }
    var suffixes = places.map { UInt64($0) }
    var groups = [Group(range: 0..<suffixes.count, depth: 0)]
    suffixes.withUnsafeMutableBufferPointer { suffixes in
      while let group = groups.popLast() {
        if group.range.count == 1 {
          addWhole(place: Int(UInt32(truncatingIfNeeded: suffixes[group.range.lowerBound])), depth: group.depth)
        } else {
          split(group, UnsafeMutableBufferPointer(rebasing: suffixes[group.range]), &groups)
        }
      }
    }
  }

  /// A suffix that no other begins like: a piece if it is a word's whole end and the word repeats.
  private mutating func addWhole(place: Int, depth: Int) {
    let count = words.counts[Int(wordOfPlace[place])]
    guard count > 1 else { return }
    var length = depth
    while length <= maximumLength, words.text[place + length] != UnigramWords.boundary { length += 1 }
    add(place: place, length: length, frequency: count)
  }

  /// Sorts suffixes by the scalar behind what they share; what they share is a piece if these scalars differ.
  private mutating func split(_ group: Group, _ slice: UnsafeMutableBufferPointer<UInt64>, _ groups: inout [Group]) {
    var suffixes = slice
    var frequency = 0
    for index in suffixes.indices {
      let place = Int(UInt32(truncatingIfNeeded: suffixes[index]))
      frequency += words.counts[Int(wordOfPlace[place])]
      suffixes[index] = UInt64(words.text[place + group.depth]) << 32 | UInt64(place)
    }
    suffixes.sort()
    var start = 0
    while start < suffixes.count {
      let scalar = suffixes[start] >> 32
      var end = start + 1
      while end < suffixes.count, suffixes[end] >> 32 == scalar { end += 1 }
      // Suffixes that end here differ in what follows the word.
      let ends = scalar == UInt64(UnigramWords.boundary)
      if start == 0, ends || end < suffixes.count {
        add(
          place: Int(UInt32(truncatingIfNeeded: suffixes[0])), length: group.depth, frequency: frequency)
      }
      if !ends, group.depth < maximumLength {
        let lower = group.range.lowerBound
        groups.append(Group(range: lower + start..<lower + end, depth: group.depth + 1))
      }
      start = end
    }
  }

  private mutating func add(place: Int, length: Int, frequency: Int) {
    guard (2...maximumLength).contains(length) else { return }
    found.append(UnigramPiece(start: Int32(place), length: Int32(length), score: Double(frequency * length)))
    if found.count >= 4 * limit { keepBest(limit) }
  }

  private mutating func keepBest(_ count: Int) {
    found.sort {
      $0.score != $1.score ? $0.score > $1.score : ($0.start, $0.length) < ($1.start, $1.length)
    }
    if found.count > count { found.removeSubrange(count...) }
  }
}
