import Tensors

/// The keys and values of one sequence in every layer, so that each new token is computed once.
public final class SequenceCache {
  /// Tokens whose keys and values are held in every layer.
  public private(set) var count = 0
  public let capacity: Int
  private let keys: [Tensor]
  private let values: [Tensor]
  /// The keys and values that each layer makes of what an encoder has read; empty for a decoder alone.
  var source: [(keys: Tensor, values: Tensor)] = []

  /// - Parameters:
  ///   - capacity: the most tokens it can hold.
  ///   - width: keyValueHeadCount * headSize.
  public init(layerCount: Int, capacity: Int, width: Int) {
    self.capacity = capacity
    keys = (0..<layerCount).map { _ in Tensor(shape: [capacity, width]) }
    values = (0..<layerCount).map { _ in Tensor(shape: [capacity, width]) }
  }

  /// Stores a layer's new rows behind those held already and returns the segment to attend with.
  func append(layer: Int, keys newKeys: Tensor, values newValues: Tensor, rows: Range<Int>) -> AttentionSegment {
    let width = newKeys.width
    precondition(count + rows.count <= capacity, "cache of \(capacity) tokens is full")
    (keys[layer].pointer + count * width).update(
      from: newKeys.pointer + rows.lowerBound * width, count: rows.count * width)
    (values[layer].pointer + count * width)
      .update(from: newValues.pointer + rows.lowerBound * width, count: rows.count * width)
    return AttentionSegment(
      rows: rows, keys: keys[layer].pointer, values: values[layer].pointer, keyCount: count + rows.count)
  }

  /// Takes over what another cache holds, into this empty one.
  func copy(_ other: SequenceCache) {
    precondition(count == 0 && other.count <= capacity, "\(other.count) tokens for a cache of \(capacity)")
    for (own, source) in zip(keys + values, other.keys + other.values) {
      own.pointer.update(from: source.pointer, count: other.count * source.width)
    }
    count = other.count
  }

  /// Forgets all tokens but so many of the first.
  func truncate(to count: Int) {
    precondition(count <= self.count, "\(self.count) tokens cut to \(count)")
    self.count = count
  }

  /// Counts the rows appended in every layer as held.
  func advance(by rows: Int) { count += rows }
}
