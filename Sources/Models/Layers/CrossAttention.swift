import Tensors

/// Attention of a decoder's tokens to what an encoder made of the source.
final class CrossAttention {
  private let layer: Int
  private let query: Linear
  private let key: Linear
  private let value: Linear
  let output: Linear
  private let shape: AttentionShape

  init(layer: Int, query: Linear, key: Linear, value: Linear, output: Linear, shape: AttentionShape) {
    self.layer = layer
    self.query = query
    self.key = key
    self.value = value
    self.output = output
    self.shape = shape
  }

  var linears: [Linear] { [query, key, value, output] }

  /// What a sequence's cache keeps of its source.
  func keysAndValues(_ states: Tensor) -> (keys: Tensor, values: Tensor) {
    let both = project(states, key, value)
    return (both[0], both[1])
  }

  /// - Parameter source: nil where the caches have read it.
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass, _ source: T5Block.Source?) -> Tensor {
    let q = query(x), offsets = pass.batch.offsets
    if let source {
      let (keys, values) = keysAndValues(source.states)
      return output(
        attention(
          query: q, key: keys, value: values, offsets: offsets, keyOffsets: source.offsets, shape: shape))
    }
    let segments = (pass.caches ?? []).enumerated().map { index, cache in
      let (keys, values) = cache.source[layer]
      return AttentionSegment(
        rows: offsets[index]..<offsets[index + 1], keys: keys.pointer, values: values.pointer, keyCount: keys.rows,
        first: 0)
    }
    return output(cachedAttention(query: q, segments: segments, shape: shape))
  }
}
