/// Numbers for tokens, dense from 0, so that texts can be compared as integers.
struct Vocabulary<Token: Hashable> {
  private var ids: [Token: UInt32] = [:]

  mutating func ids(of tokens: some Sequence<Token>) -> [UInt32] { tokens.map { id(of: $0) } }

  private mutating func id(of token: Token) -> UInt32 {
    if let id = ids[token] { return id }
    let id = UInt32(ids.count)
    ids[token] = id
    return id
  }
}

/// For every order 1...maximumOrder the clipped number of n-grams that a hypothesis shares with its references:
/// the sum over distinct n-grams of min(count in the hypothesis, largest count in any one reference).
///
/// An n-gram gets its number from the number of its first n−1 tokens and its last token, so that every step is a
/// look-up of one integer.
func clippedMatches(of hypothesis: [UInt32], in references: [[UInt32]], maximumOrder: Int) -> [Int] {
  var hypothesisGrams = [UInt32](repeating: 0, count: hypothesis.count + 1)  // of order 0: all the same
  var referenceGrams = references.map { [UInt32](repeating: 0, count: $0.count + 1) }
  var matches: [Int] = []
  for order in 1...maximumOrder {
    var numbers = NGramNumbers()
    hypothesisGrams = numbers.extend(hypothesisGrams, by: hypothesis, order: order)
    let available = counts(of: hypothesisGrams, distinct: numbers.count)
    var allowed = [Int](repeating: 0, count: numbers.count)
    for index in references.indices {
      referenceGrams[index] = numbers.extendKnown(referenceGrams[index], by: references[index], order: order)
      let found = counts(of: referenceGrams[index], distinct: numbers.count)
      for gram in allowed.indices { allowed[gram] = max(allowed[gram], found[gram]) }
    }
    matches.append(zip(available, allowed).reduce(0) { $0 + min($1.0, $1.1) })
  }
  return matches
}

/// The number of n-grams of one order in a sequence of `count` tokens.
func ngramCount(_ count: Int, order: Int) -> Int { max(0, count - order + 1) }

/// Numbers for the n-grams of one order that occur in the hypothesis.
private struct NGramNumbers {
  static let unknown = UInt32.max
  private var numbers: [UInt64: UInt32] = [:]

  var count: Int { numbers.count }

  /// The numbers of the n-grams of order `order`, given those of the order below; new n-grams get the next number.
  mutating func extend(_ grams: [UInt32], by tokens: [UInt32], order: Int) -> [UInt32] {
    (0..<max(0, grams.count - 1)).map { index in
      let key = UInt64(grams[index]) << 32 | UInt64(tokens[index + order - 1])
      if let number = numbers[key] { return number }
      let number = UInt32(numbers.count)
      numbers[key] = number
      return number
    }
  }

  /// As `extend`, but n-grams that the hypothesis lacks are `unknown`.
  func extendKnown(_ grams: [UInt32], by tokens: [UInt32], order: Int) -> [UInt32] {
    (0..<max(0, grams.count - 1)).map { index in
      guard grams[index] != Self.unknown else { return Self.unknown }
      return numbers[UInt64(grams[index]) << 32 | UInt64(tokens[index + order - 1])] ?? Self.unknown
    }
  }
}

private func counts(of grams: [UInt32], distinct: Int) -> [Int] {
  var counts = [Int](repeating: 0, count: distinct)
  for gram in grams where gram != NGramNumbers.unknown { counts[Int(gram)] += 1 }
  return counts
}
