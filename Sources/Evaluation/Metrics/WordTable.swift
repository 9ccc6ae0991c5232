/// Numbers for the words of a few texts, dense from 0, so that the texts can be compared as integers.
///
/// The letters of all words lie end to end in one array, and words are found by their hashes: several times as fast as a
/// dictionary of arrays, which the speed of ROUGE and BLEU hangs on.
struct WordTable {
  private var letters: [Unicode.Scalar] = []
  /// Where each word ends among the letters.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// The number of a word and one, from the place of its hash on; 0 where there is none. A power of two in length.
  private var slots = [UInt32](repeating: 0, count: 256)

  /// Differs from run to run, so that nobody can write words that all have one place.
  private static let seed = UInt64.random(in: .min ... .max)

  init() {
    // The words of two texts of a usual length.
    letters.reserveCapacity(512)
    ends.reserveCapacity(128)
    hashes.reserveCapacity(128)
  }

  /// The numbers of words that stand in an array of scalars.
  ///
  /// - Parameter hashes: those of the words, where they are known.
  mutating func numbers(
    of words: [Range<Int>], in scalars: [Unicode.Scalar], hashes: [UInt64]? = nil
  ) -> [UInt32] {
    scalars.withUnsafeBufferPointer { scalars in
      [UInt32](unsafeUninitializedCapacity: words.count) { numbers, count in
        for word in words {
          let letters = UnsafeBufferPointer(rebasing: scalars[word])
          numbers[count] = number(of: letters, hash: hashes?[count] ?? Self.hash(letters))
          count += 1
        }
      }
    }
  }

  /// What the hash of a word begins with.
  static var emptyHash: UInt64 { seed }

  /// The hash of a word with one more letter.
  @inline(__always)
  static func hash(_ hash: UInt64, with letter: UInt32) -> UInt64 { (hash ^ UInt64(letter)) &* 0x100_0000_01b3 }

  static func hash(_ word: some Sequence<Unicode.Scalar>) -> UInt64 {
    word.reduce(seed) { hash($0, with: $1.value) }
  }

  private func slot(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash ^ hash >> 29) & (slots.count - 1)
  }

  private mutating func number(of word: UnsafeBufferPointer<Unicode.Scalar>, hash: UInt64) -> UInt32 {
    var slot = slot(of: hash)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash, isEqual(number, word) { return UInt32(number) }
      slot = (slot + 1) & (slots.count - 1)
    }
    letters.append(contentsOf: word)
    ends.append(letters.count)
    hashes.append(hash)
    slots[slot] = UInt32(ends.count)
    if 2 * ends.count > slots.count { grow() }
    return UInt32(ends.count - 1)
  }

  private func isEqual(_ number: Int, _ word: UnsafeBufferPointer<Unicode.Scalar>) -> Bool {
    let start = number == 0 ? 0 : ends[number - 1]
    guard ends[number] - start == word.count else { return false }
    for index in word.indices where letters[start + index] != word[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 4 * slots.count)
    for (number, hash) in hashes.enumerated() {
      var slot = slot(of: hash)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number + 1)
    }
  }
}
