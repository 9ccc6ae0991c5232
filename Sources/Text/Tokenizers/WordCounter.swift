/// Counts the different pieces of a text; each piece is stored once, end to end with the others.
struct WordCounter {
  private(set) var scalars: [UInt32] = []
  private(set) var ends: [Int] = []
  private(set) var counts: [Int] = []
  /// Longer pieces are counted in parts of this length.
  private let longestWord: Int
  /// The word in each slot of a hash table, or -1.
  private var slots = [Int32](repeating: -1, count: 1 << 12)

  init(longestWord: Int = .max) { self.longestWord = longestWord }

  mutating func add(_ pieces: Pieces) {
    var start = 0
    for end in pieces.ends {
      while end - start > longestWord {
        add(pieces.scalars, start..<start + longestWord)
        start += longestWord
      }
      add(pieces.scalars, start..<end)
      start = end
    }
  }

  private mutating func add(_ text: [UInt32], _ range: Range<Int>) {
    var slot = firstSlot(text, range)
    while slots[slot] >= 0 {
      let word = Int(slots[slot])
      if isWord(word, text, range) {
        counts[word] += 1
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(counts.count)
    counts.append(1)
    scalars += text[range]
    ends.append(scalars.count)
    if counts.count * 2 > slots.count { grow() }
  }

  private func isWord(_ word: Int, _ text: [UInt32], _ range: Range<Int>) -> Bool {
    let start = word == 0 ? 0 : ends[word - 1]
    guard ends[word] - start == range.count else { return false }
    for offset in 0..<range.count where scalars[start + offset] != text[range.lowerBound + offset] { return false }
    return true
  }

  private func firstSlot(_ text: [UInt32], _ range: Range<Int>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for position in range { hash = (hash ^ UInt64(text[position])) &* 0x100_0000_01B3 }
    hash ^= hash >> 29
    return Int(truncatingIfNeeded: hash) & (slots.count - 1)
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    var start = 0
    for word in counts.indices {
      var slot = firstSlot(scalars, start..<ends[word])
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(word)
      start = ends[word]
    }
  }
}
