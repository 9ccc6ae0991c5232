/// The edits of TER: words are inserted, deleted and replaced, and blocks of words moved at the cost of one.
///
/// The best move is made again and again as long as it saves edits. Source: sacreBLEU 2.6.0, `lib_ter.py`, which follows
/// Tercom.
struct ShiftSearch {
  private static let maximumDistance = 50
  private static let maximumLength = 10
  private static let maximumCandidates = 1000

  private let reference: [UInt32]
  private var hypothesis: [UInt32]
  private var candidates = 0

  /// The edits that make a hypothesis into a reference.
  static func edits(_ hypothesis: [UInt32], _ reference: [UInt32]) -> Int {
    guard !reference.isEmpty else { return hypothesis.count }
    var search = ShiftSearch(reference: reference, hypothesis: hypothesis)
    return search.run()
  }

  private init(reference: [UInt32], hypothesis: [UInt32]) {
    self.reference = reference
    self.hypothesis = hypothesis
  }

  private mutating func run() -> Int {
    var shifts = 0
    while true {
      let distance = TercomEditDistance(hypothesis, reference)
      let move = bestMove(distance)
      // What was found when the candidates ran out is not made.
      guard candidates < Self.maximumCandidates, let move, move.gain > 0 else { return shifts + distance.distance }
      hypothesis = move.words
      shifts += 1
    }
  }

  private struct Move {
    let gain: Int
    let length: Int
    let start: Int
    let target: Int
    let words: [UInt32]

    /// Of equal gain the longer block, then the one that starts first, then the target that comes first.
    func isBetter(than other: Move) -> Bool {
      (gain, length, -start, -target) > (other.gain, other.length, -other.start, -other.target)
    }
  }

  private mutating func bestMove(_ distance: TercomEditDistance) -> Move? {
    let alignment = distance.alignment
    var best: Move?
    for start in hypothesis.indices {
      let low = max(0, start - Self.maximumDistance), high = min(reference.count, start + Self.maximumDistance + 1)
      for place in stride(from: low, to: high, by: 1) {
        for length in 1...Self.maximumLength {
          guard start + length <= hypothesis.count, place + length <= reference.count,
            hypothesis[start + length - 1] == reference[place + length - 1]
          else { break }
          guard isWorthMoving(start, place, length, alignment) else { continue }
          tryTargets(start, place, length, alignment, distance.distance, &best)
          if candidates >= Self.maximumCandidates { return best }
        }
      }
    }
    return best
  }

  /// Whether both blocks have errors and are not aligned already.
  private func isWorthMoving(
    _ start: Int, _ place: Int, _ length: Int, _ alignment: TercomEditDistance.Alignment
  ) -> Bool {
    alignment.hypothesisErrors[start..<start + length].contains(true)
      && alignment.referenceErrors[place..<place + length].contains(true)
      && !(start..<start + length).contains(alignment.places[place])
  }

  /// Moves a block to each place beside which the reference has it.
  private mutating func tryTargets(
    _ start: Int, _ place: Int, _ length: Int, _ alignment: TercomEditDistance.Alignment, _ before: Int,
    _ best: inout Move?
  ) {
    var previous = -1
    for neighbour in (place - 1)..<(place + length) {
      let target = neighbour < 0 ? 0 : alignment.places[neighbour] + 1
      guard target != previous else { continue }
      previous = target
      let words = moved(start, length, to: target)
      let gain = before - TercomEditDistance(words, reference).distance
      candidates += 1
      let move = Move(gain: gain, length: length, start: start, target: target, words: words)
      if best.map({ move.isBetter(than: $0) }) ?? true { best = move }
    }
  }

  private func moved(_ start: Int, _ length: Int, to target: Int) -> [UInt32] {
    let block = hypothesis[start..<start + length]
    var rest = hypothesis
    rest.removeSubrange(start..<start + length)
    // Behind the block a target counts words without it; within it the block moves so far to the right.
    let place = target < start ? target : target > start + length ? target - length : target
    rest.insert(contentsOf: block, at: min(place, rest.count))
    return rest
  }
}
