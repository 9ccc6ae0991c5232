/// The pairs of words in a text with few others between them, in order, so that two texts are compared in one walk.
struct SkipBigrams {
  private var keys: [UInt64] = []

  var count: Int { keys.count }

  /// - Parameters:
  ///   - gap: the most words between two; nil for any number.
  ///   - withUnigrams: every word but the last counts, too: the script's ROUGE-SU.
  init(_ tokens: [UInt32], gap: Int?, withUnigrams: Bool) {
    for (place, first) in tokens.enumerated() {
      let end = gap.map { min(tokens.count, place + $0 + 2) } ?? tokens.count
      for other in stride(from: place + 1, to: end, by: 1) {
        keys.append((UInt64(first) + 1) << 32 | UInt64(tokens[other]) + 1)
      }
      if withUnigrams, place + 1 < tokens.count { keys.append((UInt64(first) + 1) << 32) }
    }
    keys.sort()
  }

  func clippedMatches(in other: SkipBigrams) -> Int {
    var matches = 0, place = 0, otherPlace = 0
    while place < keys.count, otherPlace < other.keys.count {
      let key = keys[place], otherKey = other.keys[otherPlace]
      if key == otherKey { matches += 1 }
      if key <= otherKey { place += 1 }
      if otherKey <= key { otherPlace += 1 }
    }
    return matches
  }
}
