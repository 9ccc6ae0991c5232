/// Numbers for the words of texts that are compared with each other, dense from 0 in each comparison, so that the texts
/// can be compared as integers.
///
/// The letters of all words lie end to end in one array, and words are found by their hashes: several times as fast as a
/// dictionary of arrays, which the speed of ROUGE and BLEU hangs on. Words of earlier comparisons stay known, with their
/// stems; only their numbers begin anew.
struct WordTable {
  private var letters: [Unicode.Scalar] = []
  private var words: [Word] = []
  /// The index of a word and one, from the place of its hash on; 0 where there is none. A power of two in length.
  private var slots = [UInt32](repeating: 0, count: 256)
  private var comparison: UInt32 = 1
  /// How many different words the present comparison has.
  private(set) var count = 0

  private struct Word {
    let hash: UInt64
    let start: Int
    let end: Int
    /// The comparison that has it, and its number in it.
    var comparison: UInt32 = 0
    var number: UInt32 = 0
    /// The index of its stem; nil until someone asks for it.
    var stem: UInt32?
  }

  /// Differs from run to run, so that nobody can write words that all have one place.
  private static let seed = UInt64.random(in: .min ... .max)
  /// Letters that are remembered from comparison to comparison.
  private static let letterLimit = 1 << 16

  /// Begins a comparison: the next word has the number 0.
  mutating func startComparison() {
    (comparison, count) = (comparison + 1, 0)
    guard letters.count > Self.letterLimit || comparison == .max else { return }
    self = WordTable()
  }

  /// The numbers of words that stand in an array of scalars.
  mutating func numbers(of words: [Range<Int>], in scalars: [Unicode.Scalar]) -> [UInt32] {
    scalars.withUnsafeBufferPointer { scalars in
      [UInt32](unsafeUninitializedCapacity: words.count) { numbers, count in
        for word in words {
          let letters = UnsafeBufferPointer(rebasing: scalars[word])
          numbers[count] = number(of: letters, hash: Self.hash(letters))
          count += 1
        }
      }
    }
  }

  /// The number of a word, or of its Porter stem, in this comparison.
  ///
  /// - Parameter hash: that of the word itself.
  mutating func number(of word: UnsafeBufferPointer<Unicode.Scalar>, hash: UInt64, stemmed: Bool = false) -> UInt32 {
    var index = index(of: word, hash: hash)
    if stemmed { index = stem(of: index) }
    if words[index].comparison != comparison {
      words[index].comparison = comparison
      words[index].number = UInt32(count)
      count += 1
    }
    return words[index].number
  }

  private mutating func stem(of index: Int) -> Int {
    if let known = words[index].stem { return Int(known) }
    let stem = PorterStemmer().stem(ofLowercase: Array(letters[words[index].start..<words[index].end]))
    let found = stem.withUnsafeBufferPointer { self.index(of: $0, hash: Self.hash($0)) }
    words[index].stem = UInt32(found)
    return found
  }

  // MARK: Words by their hashes

  /// What the hash of a word begins with.
  static var emptyHash: UInt64 { seed }

  /// The hash of a word with one more letter.
  @inline(__always)
  static func hash(_ hash: UInt64, with letter: UInt32) -> UInt64 { (hash ^ UInt64(letter)) &* 0x100_0000_01b3 }

  private static func hash(_ word: UnsafeBufferPointer<Unicode.Scalar>) -> UInt64 {
    word.reduce(seed) { hash($0, with: $1.value) }
  }

  private func slot(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash ^ hash >> 29) & (slots.count - 1)
  }

  private mutating func index(of word: UnsafeBufferPointer<Unicode.Scalar>, hash: UInt64) -> Int {
    var slot = slot(of: hash)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if words[index].hash == hash, isEqual(words[index], word) { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
    words.append(Word(hash: hash, start: letters.count, end: letters.count + word.count))
    letters.append(contentsOf: word)
    slots[slot] = UInt32(words.count)
    if 2 * words.count > slots.count { grow() }
    return words.count - 1
  }

  private func isEqual(_ known: Word, _ word: UnsafeBufferPointer<Unicode.Scalar>) -> Bool {
    guard known.end - known.start == word.count else { return false }
    for index in word.indices where letters[known.start + index] != word[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 4 * slots.count)
    for (index, word) in words.enumerated() {
      var slot = slot(of: word.hash)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }
}
