import Basics

/// Finds runs of words that training texts share with benchmarks.
///
/// As in GPT-3's appendix C (Brown et al. 2020) and lm-evaluation-harness' `janitor.py`: 13 words in a row, in lower
/// case, with punctuation left out and white space between them. A benchmark text of fewer than 13 but at least 5
/// words matches as a whole, wherever it stands. Every match is verified word by word: there are no false positives.
public struct Contamination: Sendable {
  /// Where a benchmark text stands.
  public struct Source: Sendable, Equatable {
    public let file: String
    public let line: Int

    public init(file: String, line: Int) {
      self.file = file
      self.line = line
    }
  }

  /// A run of words that both texts have.
  public struct Match: Sendable, Equatable {
    /// The words in lower case, without punctuation.
    public let words: String
    /// The benchmark text that had them first.
    public let source: Source
  }

  public let ngram: Int
  /// Texts of fewer words say too little to tell a benchmark from chance.
  public static let fewestWords = 5

  /// The words of all benchmark texts, each followed by a space.
  private var pool: [UInt8] = []
  private var sources: [Source] = []
  private var sourceStarts: [Int] = []
  /// The lengths of runs that the table holds, longest first.
  private var lengths: [Int] = []
  /// Of each run: 32 bits of its hash and its place in the pool plus one; 0 marks a free place.
  private var slots: [UInt64] = []
  private var count = 0

  /// - Throws: `TuneError.usage` unless `ngram` is in 5...100.
  public init(ngram: Int = 13) throws {
    guard (Self.fewestWords...100).contains(ngram) else {
      throw TuneError.usage("n-grams of \(ngram) words: expected \(Self.fewestWords) to 100, 13 for example")
    }
    self.ngram = ngram
  }

  /// Adds a benchmark text.
  ///
  /// - Throws: `TuneError.data` when the benchmarks exceed 4 GB.
  public mutating func add(_ text: String, from source: Source) throws {
    let words = Self.words(of: text)
    guard words.count >= Self.fewestWords else { return }
    guard pool.count + words.text.count < Int(UInt32.max) else {
      throw TuneError.data("\(source.file):\(source.line): the benchmark texts exceed 4 GB; name fewer files")
    }
    let start = pool.count, length = min(ngram, words.count)
    pool += words.text
    sources.append(source)
    sourceStarts.append(start)
    if !lengths.contains(length) { lengths = (lengths + [length]).sorted(by: >) }
    for (first, hash) in words.runHashes(ofLength: length).enumerated() {
      let run = words.bytes(of: first..<first + length)
      insert(hash, run, at: start + run.startIndex)
    }
  }

  /// The first run of words that the text shares with a benchmark text, the longest runs first.
  public func find(in text: String) -> Match? {
    guard count > 0 else { return nil }
    let words = Self.words(of: text)
    for length in lengths where length <= words.count {
      for (first, hash) in words.runHashes(ofLength: length).enumerated() {
        // Most runs are unknown by their hash alone.
        guard slots[slot(of: Self.spread(hash), in: slots.count)] != 0 else { continue }
        let run = words.bytes(of: first..<first + length)
        let entry = slots[place(of: hash, run)]
        if entry != 0 {
          return Match(words: String(decoding: run.dropLast(), as: UTF8.self), source: source(at: Self.start(entry)))
        }
      }
    }
    return nil
  }

  private static func words(of text: String) -> Words { text.withBytes { Words($0, punctuation: .isLeftOut) } }

  private static func start(_ entry: UInt64) -> Int { Int(entry & 0xFFFF_FFFF) - 1 }

  private mutating func insert(_ hash: UInt64, _ run: ArraySlice<UInt8>, at start: Int) {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let place = place(of: hash, run)
    guard slots[place] == 0 else { return }
    slots[place] = hash << 32 | UInt64(start + 1)
    count += 1
  }

  /// Where the run is, or where it would go.
  private func place(of hash: UInt64, _ run: ArraySlice<UInt8>) -> Int {
    var place = slot(of: Self.spread(hash), in: slots.count)
    while slots[place] != 0, !(slots[place] >> 32 == hash & 0xFFFF_FFFF && holds(run, at: Self.start(slots[place]))) {
      place = place + 1 == slots.count ? 0 : place + 1
    }
    return place
  }

  /// Spreads the 32 bits that an entry keeps over 64, so that the table grows without the words.
  private static func spread(_ hash: UInt64) -> UInt64 { mixedBits(hash & 0xFFFF_FFFF) }

  private func holds(_ run: ArraySlice<UInt8>, at start: Int) -> Bool {
    start + run.count <= pool.count && pool[start..<start + run.count].elementsEqual(run)
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: grownCapacity(old.count))
    for entry in old where entry != 0 {
      var place = slot(of: Self.spread(entry >> 32), in: slots.count)
      while slots[place] != 0 { place = place + 1 == slots.count ? 0 : place + 1 }
      slots[place] = entry
    }
  }

  private func source(at place: Int) -> Source {
    var low = 0, high = sourceStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if sourceStarts[middle] <= place { low = middle } else { high = middle }
    }
    return sources[low]
  }
}
