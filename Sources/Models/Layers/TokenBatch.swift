import Tensors

/// Token sequences laid end to end: no batch dimension, no padding.
public struct TokenBatch {
  /// Token ids of all sequences, [tokens].
  public let ids: [Int32]
  /// The position of each token in its sequence, [tokens].
  public let positions: [Int32]
  /// Sequence i is the rows `offsets[i] ..< offsets[i + 1]`.
  public let offsets: [Int]

  /// - Parameter starts: the position of each sequence's first token: the length of what is cached already; 0 if nil.
  public init(_ sequences: [[Int32]], starts: [Int]? = nil) {
    ids = sequences.flatMap { $0 }
    var positions: [Int32] = []
    var offsets = [0]
    positions.reserveCapacity(ids.count)
    for (index, sequence) in sequences.enumerated() {
      let start = Int32(starts?[index] ?? 0)
      for place in 0..<Int32(sequence.count) { positions.append(start + place) }
      offsets.append(positions.count)
    }
    self.positions = positions
    self.offsets = offsets
  }

  public var tokenCount: Int { ids.count }
  public var sequenceCount: Int { offsets.count - 1 }
}
