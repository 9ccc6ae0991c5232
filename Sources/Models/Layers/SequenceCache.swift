import Tensors

/// The keys and values of one sequence in every layer, so that each new token is computed once.
public final class SequenceCache {
  /// Tokens whose keys and values are held in every layer, without virtual ones.
  public private(set) var count = 0
  /// Virtual tokens whose keys and values stand before all others.
  private(set) var virtualCount = 0
  public let capacity: Int
  /// The most tokens beside the virtual ones.
  var tokenCapacity: Int { capacity - virtualCount }
  private let keys: [Tensor]
  private let values: [Tensor]
  /// The keys and values that each layer makes of what an encoder has read; empty for a decoder alone.
  var source: [(keys: Tensor, values: Tensor)] = []

  /// - Parameters:
  ///   - capacity: the most tokens it can hold, virtual ones included.
  ///   - width: keyValueHeadCount * headSize.
  public init(layerCount: Int, capacity: Int, width: Int) {
    self.capacity = capacity
    keys = (0..<layerCount).map { _ in Tensor(shape: [capacity, width]) }
    values = (0..<layerCount).map { _ in Tensor(shape: [capacity, width]) }
  }

  /// Stores a layer's new rows behind those held already and returns the segment to attend with.
  func append(layer: Int, keys newKeys: Tensor, values newValues: Tensor, rows: Range<Int>) -> AttentionSegment {
    let width = newKeys.width, held = virtualCount + count
    precondition(held + rows.count <= capacity, "cache of \(capacity) tokens is full")
    (keys[layer].pointer + held * width).update(
      from: newKeys.pointer + rows.lowerBound * width, count: rows.count * width)
    (values[layer].pointer + held * width)
      .update(from: newValues.pointer + rows.lowerBound * width, count: rows.count * width)
    return AttentionSegment(
      rows: rows, keys: keys[layer].pointer, values: values[layer].pointer, keyCount: held + rows.count)
  }

  /// Takes what is held for virtual tokens: it stands before all tokens from now on.
  func beginVirtual() {
    (virtualCount, count) = (virtualCount + count, 0)
  }

  /// Each layer's keys and values of the tokens that are held, [count, width].
  public var layers: [VirtualKeys.Layer] {
    func held(_ tensor: Tensor) -> Tensor {
      let rows = Tensor(shape: [count, tensor.width])
      rows.pointer.update(from: tensor.pointer + virtualCount * tensor.width, count: rows.count)
      return rows
    }
    return zip(keys, values).map { VirtualKeys.Layer(keys: held($0), values: held($1)) }
  }

  /// Takes over what another cache holds, into this empty one.
  func copy(_ other: SequenceCache) {
    let held = other.virtualCount + other.count
    precondition(count == 0 && held <= capacity, "\(held) tokens for a cache of \(capacity)")
    for (own, source) in zip(keys + values, other.keys + other.values) {
      own.pointer.update(from: source.pointer, count: held * source.width)
    }
    (virtualCount, count) = (other.virtualCount, other.count)
  }

  /// Forgets all tokens but so many of the first.
  func truncate(to count: Int) {
    precondition(count <= self.count, "\(self.count) tokens cut to \(count)")
    self.count = count
  }

  /// Counts the rows appended in every layer as held.
  func advance(by rows: Int) { count += rows }
}
