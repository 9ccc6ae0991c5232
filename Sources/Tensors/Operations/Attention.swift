import Basics
import CKernels

/// How many heads attention has and how wide they are.
public struct AttentionShape: Sendable, Equatable {
  public let headCount: Int
  /// Fewer than `headCount` is grouped-query attention: consecutive query heads share a key-value head.
  public let keyValueHeadCount: Int
  public let headSize: Int
  /// Scores are multiplied by this; 1 / sqrt(headSize) unless a model says otherwise.
  public let scale: Float

  public init(headCount: Int, keyValueHeadCount: Int, headSize: Int, scale: Float? = nil) {
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headSize = headSize
    self.scale = scale ?? 1 / Float(headSize).squareRoot()
  }

  var groupSize: Int { headCount / keyValueHeadCount }
}

/// Causal self-attention within each segment of ragged token rows.
///
/// query [tokens, headCount * headSize]; key, value [tokens, keyValueHeadCount * headSize]; segment i is the rows
/// `offsets[i] ..< offsets[i + 1]`. Nothing is padded, and no segment sees another.
public func attention(
  query: Tensor, key: Tensor, value: Tensor, offsets: [Int], shape: AttentionShape
) -> Tensor {
  let size = shape.headSize, heads = shape.headCount
  precondition(query.width == heads * size && key.width == shape.keyValueHeadCount * size && key.shape == value.shape)
  precondition(offsets.last == query.rows && key.rows == query.rows, "segments \(offsets) of \(query.shape)")
  let out = Tensor(shape: query.shape)
  let logSumExp = Tensor(shape: [heads, query.rows])
  let segments = offsets.count - 1
  let scratch = Tensor(shape: [segments * heads, tune_attention_scratch(size)])
  parallelFor(segments * heads) { task in
    let (segment, head) = (task / heads, task % heads)
    let start = offsets[segment], count = offsets[segment + 1] - start
    let own = start * query.width + head * size, shared = start * key.width + head / shape.groupSize * size
    tune_attention_forward(
      out.pointer + own, logSumExp.pointer + head * query.rows + start, query.pointer + own, key.pointer + shared,
      value.pointer + shared, shape.scale, count, count, size, query.width, key.width,
      scratch.pointer + task * scratch.width)
  }
  let result = out
  return out.recorded(from: [query, key, value]) { gradient in
    sendAttentionGradient(gradient, query, key, value, result, logSumExp, offsets, shape)
  }
}

/// One task is a segment and a key-value head, so that the query heads of a group add to its gradient in order.
private func sendAttentionGradient(
  _ gradient: Tensor, _ query: Tensor, _ key: Tensor, _ value: Tensor, _ out: Tensor, _ logSumExp: Tensor,
  _ offsets: [Int], _ shape: AttentionShape
) {
  let size = shape.headSize, groups = shape.keyValueHeadCount, segments = offsets.count - 1
  let queryGradient = Tensor(shape: query.shape)
  let keyGradient = Tensor.zeros(key.shape), valueGradient = Tensor.zeros(value.shape)
  let scratch = Tensor(shape: [segments * groups, tune_attention_scratch(size)])
  parallelFor(segments * groups) { task in
    let (segment, group) = (task / groups, task % groups)
    let start = offsets[segment], count = offsets[segment + 1] - start
    let shared = start * key.width + group * size
    for head in group * shape.groupSize..<(group + 1) * shape.groupSize {
      let own = start * query.width + head * size
      tune_attention_backward(
        queryGradient.pointer + own, keyGradient.pointer + shared, valueGradient.pointer + shared,
        gradient.pointer + own, out.pointer + own, logSumExp.pointer + head * query.rows + start,
        query.pointer + own, key.pointer + shared, value.pointer + shared, shape.scale, count, size, query.width,
        key.width, scratch.pointer + task * scratch.width)
    }
  }
  query.node?.accumulate(queryGradient)
  key.node?.accumulate(keyGradient)
  value.node?.accumulate(valueGradient)
}

/// The rows of one sequence in a batch that attend to its cached keys and values.
public struct CachedSegment {
  /// Rows of the query matrix.
  public let rows: Range<Int>
  /// Cached rows [keyCount, keyValueHeadCount * headSize]; the last `rows.count` belong to the query rows.
  public let keys: UnsafePointer<Float>
  public let values: UnsafePointer<Float>
  public let keyCount: Int

  public init(rows: Range<Int>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, keyCount: Int) {
    self.rows = rows
    self.keys = keys
    self.values = values
    self.keyCount = keyCount
  }
}

/// Causal attention of query rows to cached keys and values; records nothing. query [tokens, headCount * headSize].
public func cachedAttention(query: Tensor, segments: [CachedSegment], shape: AttentionShape) -> Tensor {
  let size = shape.headSize, heads = shape.headCount, keyWidth = shape.keyValueHeadCount * size
  let out = Tensor(shape: query.shape)
  let longest = segments.map { $0.keyCount }.max() ?? 0
  let scratch = Tensor(shape: [segments.count * heads, max(longest, tune_attention_scratch(size))])
  segments.withUnsafeBufferPointer { segments in
    nonisolated(unsafe) let segments = segments
    parallelFor(segments.count * heads) { task in
      let segment = segments[task / heads], head = task % heads
      let own = segment.rows.lowerBound * query.width + head * size, shared = head / shape.groupSize * size
      let space = scratch.pointer + task * scratch.width
      if segment.rows.count == 1 {
        tune_attention_decode(
          out.pointer + own, query.pointer + own, segment.keys + shared, segment.values + shared, shape.scale,
          segment.keyCount, size, keyWidth, space)
      } else {
        tune_attention_forward(
          out.pointer + own, nil, query.pointer + own, segment.keys + shared, segment.values + shared, shape.scale,
          segment.rows.count, segment.keyCount, size, query.width, keyWidth, space)
      }
    }
  }
  return out
}
