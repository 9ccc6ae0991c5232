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
/// Where an n-gram of the highest order fits into 64 bits, all orders come from one sorting; else they are numbered.
func clippedMatches(of hypothesis: [UInt32], in references: [[UInt32]], maximumOrder: Int) -> [Int] {
  let largest = references.reduce(hypothesis.max() ?? 0) { max($0, $1.max() ?? 0) }
  if let width = SortedNGrams.tokenWidth(largest: largest, order: maximumOrder) {
    let own = SortedNGrams(hypothesis, order: maximumOrder, tokenWidth: width)
    let others = references.map { SortedNGrams($0, order: maximumOrder, tokenWidth: width) }
    return (1...maximumOrder).map { own.clippedMatches(in: others, order: $0) }
  }
  return numberedMatches(of: hypothesis, in: references, maximumOrder: maximumOrder)
}

/// The number of n-grams of one order in a sequence of `count` tokens.
func ngramCount(_ count: Int, order: Int) -> Int { max(0, count - order + 1) }

// MARK: Sorting

/// What begins at each place of a sequence, up to so many tokens, in order: equal n-grams of any lower order are side by
/// side in it.
private struct SortedNGrams {
  /// The tokens, each one more than its number, from the highest bits on; zeros behind the end of the sequence.
  private var keys: [UInt64]
  private let order: Int
  private let tokenWidth: Int

  /// The bits of a token where n-grams of an order fit into a key; nil where they do not.
  static func tokenWidth(largest: UInt32, order: Int) -> Int? {
    let width = 64 / order
    return UInt64(largest) + 1 <= UInt64.max >> UInt64(64 - width) ? width : nil
  }

  init(_ tokens: [UInt32], order: Int, tokenWidth: Int) {
    self.order = order
    self.tokenWidth = tokenWidth
    keys = [UInt64](repeating: 0, count: tokens.count)
    let top = UInt64(tokenWidth * (order - 1))
    var key: UInt64 = 0
    for index in tokens.indices.reversed() {
      key = (key >> UInt64(tokenWidth)) | (UInt64(tokens[index]) + 1) << top
      keys[index] = key
    }
    keys.sort()
  }

  func clippedMatches(in references: [SortedNGrams], order: Int) -> Int {
    if references.count == 1 { return clippedMatches(in: references[0], order: order) }
    let shift = UInt64(tokenWidth * (self.order - order)), token = UInt64.max >> UInt64(64 - tokenWidth)
    var places = [Int](repeating: 0, count: references.count)
    var total = 0, place = 0
    while place < keys.count {
      let gram = keys[place] >> shift
      let count = run(of: gram, shift, &place)
      guard gram & token != 0 else { continue }  // the sequence ends within it
      var allowed = 0
      for (index, reference) in references.enumerated() {
        reference.skip(below: gram, shift, &places[index])
        allowed = max(allowed, reference.run(of: gram, shift, &places[index]))
      }
      total += min(count, allowed)
    }
    return total
  }

  /// Of one reference: what stands in both of two sorted lists.
  private func clippedMatches(in reference: SortedNGrams, order: Int) -> Int {
    let shift = UInt64(tokenWidth * (self.order - order)), token = UInt64.max >> UInt64(64 - tokenWidth)
    return keys.withUnsafeBufferPointer { own in
      reference.keys.withUnsafeBufferPointer { other in
        var place = 0, otherPlace = 0, total = 0
        while place < own.count, otherPlace < other.count {
          let gram = own[place] >> shift, otherGram = other[otherPlace] >> shift
          if gram == otherGram, gram & token != 0 { total += 1 }  // else the sequence ends within it
          if gram <= otherGram { place += 1 }
          if otherGram <= gram { otherPlace += 1 }
        }
        return total
      }
    }
  }

  private func skip(below gram: UInt64, _ shift: UInt64, _ place: inout Int) {
    while place < keys.count, keys[place] >> shift < gram { place += 1 }
  }

  /// How often an n-gram stands from a place on, which moves behind it.
  private func run(of gram: UInt64, _ shift: UInt64, _ place: inout Int) -> Int {
    let start = place
    while place < keys.count, keys[place] >> shift == gram { place += 1 }
    return place - start
  }
}

// MARK: Numbering

/// An n-gram gets its number from the number of its first n−1 tokens and its last token, so that every step is a
/// look-up of one integer.
func numberedMatches(of hypothesis: [UInt32], in references: [[UInt32]], maximumOrder: Int) -> [Int] {
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
