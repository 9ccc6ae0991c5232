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

  /// The batch with so many virtual tokens before each sequence, which begin the positions; their ids are 0.
  func withVirtualTokens(_ count: Int) -> TokenBatch {
    let sequences = zip(offsets, offsets.dropFirst()).map { start, end in
      [Int32](repeating: 0, count: count) + ids[start..<end]
    }
    return TokenBatch(sequences)
  }

  /// The batch with later positions.
  func shifted(by count: Int) -> TokenBatch {
    count == 0 ? self : TokenBatch(ids: ids, positions: positions.map { $0 + Int32(count) }, offsets: offsets)
  }

  private init(ids: [Int32], positions: [Int32], offsets: [Int]) {
    self.ids = ids
    self.positions = positions
    self.offsets = offsets
  }

  /// The rows that the real tokens have once there are so many virtual tokens before each sequence.
  ///
  /// - Parameter rows: of the tokens that are wanted; nil for all.
  func rows(_ rows: [Int32]?, behindVirtualTokens count: Int) -> [Int32] {
    let shifted = zip(offsets, offsets.dropFirst()).enumerated().flatMap { index, range in
      (range.0..<range.1).map { Int32($0 + (index + 1) * count) }
    }
    return rows.map { $0.map { shifted[Int($0)] } } ?? shifted
  }

  /// The tokens of one sequence.
  public func sequence(_ index: Int) -> [Int32] { Array(ids[offsets[index]..<offsets[index + 1]]) }

  public var tokenCount: Int { ids.count }
  public var sequenceCount: Int { offsets.count - 1 }
}
