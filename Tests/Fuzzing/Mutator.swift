import Basics

/// Damages valid inputs as broken disks, careless hands and ill will do: flipped bits, other bytes, cuts, pieces of
/// other inputs, and pieces repeated until they nest or grow deep; and where a form is told, what the form's parts say.
struct Mutator {
  /// The valid inputs.
  let corpus: [[UInt8]]
  /// Pieces that mean something to the reader under test.
  let tokens: [[UInt8]]
  /// What is known of the inputs.
  let form: FuzzForm
  /// Longer results are cut, so that the time of one input stays small.
  let maximumLength: Int

  init(corpus: [[UInt8]], tokens: [[UInt8]], form: FuzzForm) {
    self.corpus = corpus
    self.tokens = tokens
    self.form = form
    maximumLength = max(1 << 16, 2 * (corpus.map(\.count).max() ?? 0))
  }

  /// An input of the corpus after one to six changes.
  func damaged(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = pick(corpus, &random)
    for _ in 0...random.integer(below: 6) {
      // Half of the changes keep a known form.
      if form != .text, random.integer(below: 2) == 0 {
        form.change(&bytes, &random)
      } else {
        change(&bytes, &random)
      }
    }
    return bytes.count > maximumLength ? Array(bytes[..<maximumLength]) : bytes
  }

  private func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let place = random.integer(below: bytes.count + 1)
    switch random.integer(below: 16) {
    case 0..<3 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 3..<5 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 5..<7: bytes.removeSubrange(piece(of: bytes, from: place, upTo: 40, &random))
    case 7 where random.integer(below: 4) == 0: bytes.removeSubrange(place...)
    case 8..<10:
      let other = pick(corpus, &random)
      let range = piece(of: other, from: random.integer(below: other.count + 1), upTo: 400, &random)
      bytes.insert(contentsOf: other[range], at: place)
    case 10: repeated(bytes[piece(of: bytes, from: place, upTo: 30, &random)], in: &bytes, at: place, &random)
    case 11: repeated(pick(tokens, &random)[...], in: &bytes, at: place, &random)
    default: bytes.insert(contentsOf: pick(tokens, &random), at: place)
    }
  }

  private func repeated(
    _ piece: ArraySlice<UInt8>, in bytes: inout [UInt8], at place: Int, _ random: inout SeededRandom
  ) {
    guard !piece.isEmpty else { return }
    // Seldom thousands of times: enough to overflow a stack or to tell quadratic time from linear.
    let most = random.integer(below: 10) == 0 ? maximumLength / piece.count : 20
    let count = 1 + random.integer(below: most + 1)
    bytes.insert(contentsOf: repeatElement(piece, count: count).joined(), at: place)
  }

  private func piece(of bytes: [UInt8], from start: Int, upTo longest: Int, _ random: inout SeededRandom) -> Range<Int>
  {
    start..<min(bytes.count, start + 1 + random.integer(below: longest))
  }

  private func pick(_ choices: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
    choices[random.integer(below: choices.count)]
  }
}
