/// The counting of `BPETrainer`: words as symbols, how often each pair of neighbours occurs, and in which words.
///
/// Counts are kept up to date merge by merge; only the words that hold the merged pair are looked at.
struct MergeLearner {
  struct Pair {
    let left: UInt32
    let right: UInt32
    /// The words in which to merge it.
    fileprivate let words: [Int32]
  }

  /// A pair in the queue; its count may have fallen since it was put there.
  private struct Candidate: Comparable {
    var count: Int
    let key: UInt64
    let place: Int

    static func < (first: Candidate, second: Candidate) -> Bool {
      first.count != second.count ? first.count > second.count : first.key < second.key
    }
  }

  /// All words end to end; a word keeps its place as it shrinks.
  private var symbols: [UInt32]
  private let starts: [Int]
  private var lengths: [Int]
  private let frequencies: [Int]
  private var pairCounts: [UInt64: Int] = [:]
  private var queue = Heap<Candidate>()
  /// The words of each candidate, by its `place`.
  private var places: [[Int32]] = []

  /// - Parameter id: the token of a single scalar.
  init(_ words: WordCounter, id: (UInt32) -> UInt32) {
    var known: [UInt32: UInt32] = [:]
    symbols = words.scalars.map { scalar in
      if let symbol = known[scalar] { return symbol }
      let symbol = id(scalar)
      known[scalar] = symbol
      return symbol
    }
    starts = [0] + words.ends.dropLast()
    lengths = zip(words.ends, starts).map { $0 - $1 }
    frequencies = words.counts

    var found: [UInt64: [Int32]] = [:]
    for word in lengths.indices where lengths[word] > 1 {
      for position in starts[word]..<starts[word] + lengths[word] - 1 {
        let key = PairTable.key(symbols[position], symbols[position + 1])
        pairCounts[key, default: 0] += frequencies[word]
        Self.note(Int32(word), of: key, in: &found)
      }
    }
    enqueue(found)
  }

  /// The pair to merge next; nil when none is frequent enough.
  mutating func mostFrequentPair(atLeast minimum: Int) -> Pair? {
    while var top = queue.pop() {
      let count = pairCounts[top.key] ?? 0
      if count != top.count {
        top.count = count
        queue.push(top)
        continue
      }
      guard count >= minimum else { return nil }
      let words = places[top.place]
      places[top.place] = []
      return Pair(left: UInt32(top.key >> 32), right: UInt32(truncatingIfNeeded: top.key), words: words)
    }
    return nil
  }

  /// Replaces the pair by the symbol `id` in its words and counts the new neighbours.
  mutating func merge(_ pair: Pair, into id: UInt32) {
    var found: [UInt64: [Int32]] = [:]
    for word in pair.words { merge(pair, into: id, word: Int(word), &found) }
    enqueue(found)
  }

  private mutating func merge(_ pair: Pair, into id: UInt32, word: Int, _ found: inout [UInt64: [Int32]]) {
    let start = starts[word]
    let end = start + lengths[word]
    let frequency = frequencies[word]
    var target = start
    var source = start
    while source < end {
      guard symbols[source] == pair.left, source + 1 < end, symbols[source + 1] == pair.right else {
        symbols[target] = symbols[source]
        target += 1
        source += 1
        continue
      }
      if target > start {
        let before = symbols[target - 1]
        pairCounts[PairTable.key(before, pair.left), default: 0] -= frequency
        count(PairTable.key(before, id), frequency, word, &found)
      }
      if source + 2 < end {
        let after = symbols[source + 2]
        pairCounts[PairTable.key(pair.right, after), default: 0] -= frequency
        count(PairTable.key(id, after), frequency, word, &found)
      }
      symbols[target] = id
      target += 1
      source += 2
    }
    lengths[word] = target - start
  }

  private mutating func count(_ key: UInt64, _ frequency: Int, _ word: Int, _ found: inout [UInt64: [Int32]]) {
    pairCounts[key, default: 0] += frequency
    Self.note(Int32(word), of: key, in: &found)
  }

  private static func note(_ word: Int32, of key: UInt64, in found: inout [UInt64: [Int32]]) {
    // Words come in order, so a repeated one is the last.
    if found[key]?.last != word { found[key, default: []].append(word) }
  }

  private mutating func enqueue(_ found: [UInt64: [Int32]]) {
    for (key, words) in found {
      guard let count = pairCounts[key], count > 0 else { continue }
      queue.push(Candidate(count: count, key: key, place: places.count))
      places.append(words)
    }
  }
}
