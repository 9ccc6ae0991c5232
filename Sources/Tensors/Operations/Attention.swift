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
  var keyValueWidth: Int { keyValueHeadCount * headSize }
}

/// Causal self-attention within each segment of ragged token rows.
///
/// query [tokens, headCount * headSize]; key, value [tokens, keyValueHeadCount * headSize]; segment i is the rows
/// `offsets[i] ..< offsets[i + 1]`. Nothing is padded, and no segment sees another.
public func attention(
  query: Tensor, key: Tensor, value: Tensor, offsets: [Int], shape: AttentionShape
) -> Tensor {
  precondition(key.width == shape.keyValueWidth && key.shape == value.shape, "keys \(key.shape), values \(value.shape)")
  precondition(offsets.last == query.rows && key.rows == query.rows, "segments \(offsets) of \(query.shape)")
  let segments = zip(offsets, offsets.dropFirst()).map { start, end in
    AttentionSegment(
      rows: start..<end, keys: key.pointer + start * key.width, values: value.pointer + start * key.width,
      keyCount: end - start)
  }
  let logSumExp = Tensor(shape: [shape.headCount, query.rows])
  let out = Tensor(shape: query.shape)
  profiled("attention") { attendByBlocks(out, query, segments, shape, logSumExp) }
  return out.recorded("attention", from: [query, key, value]) { [out] gradient in
    let gradients = attentionGradients(gradient, query, out, logSumExp, segments, shape, keyShape: key.shape)
    query.node?.accumulate(gradients.query)
    key.node?.accumulate(gradients.key)
    value.node?.accumulate(gradients.value)
  }
}

/// Causal attention of query rows to cached keys and values; records nothing. query [tokens, headCount * headSize].
public func cachedAttention(query: Tensor, segments: [AttentionSegment], shape: AttentionShape) -> Tensor {
  let out = Tensor(shape: query.shape)
  profiled("cached attention") {
    attendOneByOne(out, query, segments.filter { $0.rows.count == 1 }, shape)
    attendByBlocks(out, query, segments.filter { $0.rows.count > 1 }, shape, nil)
  }
  return out
}

/// Rows of one sequence that attend to its keys and values.
public struct AttentionSegment {
  /// Rows of the query matrix.
  public let rows: Range<Int>
  /// [keyCount, keyValueHeadCount * headSize]; the last `rows.count` belong to the query rows.
  public let keys: UnsafePointer<Float>
  public let values: UnsafePointer<Float>
  public let keyCount: Int

  public init(rows: Range<Int>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, keyCount: Int) {
    self.rows = rows
    self.keys = keys
    self.values = values
    self.keyCount = keyCount
  }

  /// Pairs of a query and a key that it sees.
  fileprivate var pairs: Double { Double(rows.count) * (Double(keyCount) - Double(rows.count - 1) / 2) }

  fileprivate var blocks: [Int] { Array(stride(from: 0, to: rows.count, by: blockSize)) }
}

private let blockSize = Int(TUNE_ATTENTION_BLOCK)

/// Keys and values are packed once a head; then every block of queries of every head is a task of its own.
private func attendByBlocks(
  _ out: Tensor, _ query: Tensor, _ segments: [AttentionSegment], _ shape: AttentionShape, _ logSumExp: Tensor?
) {
  precondition(query.width == shape.headCount * shape.headSize, "queries \(query.shape) of \(shape)")
  // Scores and weighted values.
  countOperations(4 * Double(query.width) * segments.reduce(0) { $0 + $1.pairs })
  let keys = PackedHeads(segments, shape, .columns) { $0.keys },
    values = PackedHeads(segments, shape, .rows) { $0.values }
  let blocks = segments.enumerated().flatMap { index, segment in segment.blocks.map { (segment: index, start: $0) } }
  nonisolated(unsafe) let segments = segments
  // Later blocks see more keys: they come first, so that the threads end together.
  parallelFor(blocks.count * shape.headCount) { task in
    let block = blocks[blocks.count - 1 - task / shape.headCount], head = task % shape.headCount
    let segment = segments[block.segment], row = segment.rows.lowerBound + block.start
    let place = row * query.width + head * shape.headSize
    tune_attention_forward(
      out.pointer + place, logSumExp.map { $0.pointer + head * query.rows + row }, query.pointer + place,
      keys.head(head / shape.groupSize, of: block.segment), values.head(head / shape.groupSize, of: block.segment),
      shape.scale, min(blockSize, segment.rows.count - block.start),
      segment.keyCount - segment.rows.count + block.start + 1, shape.headSize, query.width)
  }
}

/// Segments of one query row each.
private func attendOneByOne(_ out: Tensor, _ query: Tensor, _ segments: [AttentionSegment], _ shape: AttentionShape) {
  let scores = Tensor(shape: [segments.count * shape.headCount, segments.map { $0.keyCount }.max() ?? 0])
  nonisolated(unsafe) let segments = segments
  parallelFor(segments.count * shape.headCount) { task in
    let segment = segments[task / shape.headCount], head = task % shape.headCount
    let own = segment.rows.lowerBound * query.width + head * shape.headSize
    let shared = head / shape.groupSize * shape.headSize
    tune_attention_decode(
      out.pointer + own, query.pointer + own, segment.keys + shared, segment.values + shared, shape.scale,
      segment.keyCount, shape.headSize, shape.keyValueWidth, scores.pointer + task * scores.width)
  }
}

/// A task is a segment and a head; heads that share keys and values write parts that are summed in order afterwards.
private func attentionGradients(
  _ gradient: Tensor, _ query: Tensor, _ out: Tensor, _ logSumExp: Tensor, _ segments: [AttentionSegment],
  _ shape: AttentionShape, keyShape: [Int]
) -> (query: Tensor, key: Tensor, value: Tensor) {
  let keys = PackedHeads(segments, shape, .columns) { $0.keys },
    values = PackedHeads(segments, shape, .columns) { $0.values }
  let keyRows = PackedHeads(segments, shape, .rows) { $0.keys }
  let keyParts = PackedHeads(zeroFor: segments, shape), valueParts = PackedHeads(zeroFor: segments, shape)
  let result = (query: Tensor(shape: query.shape), key: Tensor(shape: keyShape), value: Tensor(shape: keyShape))
  // The gradients of values, weights, queries and keys.
  countOperations(8 * Double(query.width) * segments.reduce(0) { $0 + $1.pairs })
  let ranges = segments.map { $0.rows }, heads = shape.headCount
  parallelFor(ranges.count * heads) { task in
    let (segment, head) = (task / heads, task % heads), group = head / shape.groupSize
    let row = ranges[segment].lowerBound, place = row * query.width + head * shape.headSize
    tune_attention_backward(
      result.query.pointer + place, keyParts.head(head, of: segment), valueParts.head(head, of: segment),
      gradient.pointer + place, out.pointer + place, logSumExp.pointer + head * query.rows + row,
      query.pointer + place, keys.head(group, of: segment), values.head(group, of: segment),
      keyRows.head(group, of: segment), shape.scale, ranges[segment].count, shape.headSize, query.width)
  }
  keyParts.sum(into: result.key, ranges, shape)
  valueParts.sum(into: result.value, ranges, shape)
  return result
}

/// One packed matrix for each head of each segment, as the attention kernels read them.
private struct PackedHeads {
  enum Layout { case rows, columns }

  private let memory: Tensor
  private let headCount: Int
  /// Where a segment's first head begins, and the floats that a head takes.
  private let starts: [Int]
  private let sizes: [Int]

  private init(_ segments: [AttentionSegment], headCount: Int, headSize: Int) {
    self.headCount = headCount
    sizes = segments.map { tune_attention_packed_size($0.keyCount, headSize) }
    starts = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1 * headCount) }
    memory = Tensor(shape: [starts[starts.count - 1]])
  }

  /// Zeros for every query head.
  init(zeroFor segments: [AttentionSegment], _ shape: AttentionShape) {
    self.init(segments, headCount: shape.headCount, headSize: shape.headSize)
    parallelRanges(memory.count, grain: elementGrain) { range in
      (memory.pointer + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// The key-value heads of `source`.
  init(
    _ segments: [AttentionSegment], _ shape: AttentionShape, _ layout: Layout,
    source: (AttentionSegment) -> UnsafePointer<Float>
  ) {
    self.init(segments, headCount: shape.keyValueHeadCount, headSize: shape.headSize)
    nonisolated(unsafe) let sources = segments.map { (start: source($0), count: $0.keyCount) }
    let pack = layout == .rows ? tune_attention_pack_rows : tune_attention_pack_columns
    let (headCount, packed) = (headCount, self)
    parallelFor(segments.count * headCount) { task in
      let (segment, head) = (task / headCount, task % headCount)
      pack(
        packed.head(head, of: segment), sources[segment].start + head * shape.headSize, sources[segment].count,
        shape.headSize, shape.keyValueWidth)
    }
  }

  func head(_ head: Int, of segment: Int) -> UnsafeMutablePointer<Float> {
    memory.pointer + starts[segment] + head * sizes[segment]
  }

  /// Sums the parts of each group of heads into rows [tokens, keyValueHeadCount * headSize].
  func sum(into out: Tensor, _ ranges: [Range<Int>], _ shape: AttentionShape) {
    parallelFor(ranges.count * shape.keyValueHeadCount) { task in
      let (segment, group) = (task / shape.keyValueHeadCount, task % shape.keyValueHeadCount)
      tune_attention_sum_parts(
        out.pointer + ranges[segment].lowerBound * out.width + group * shape.headSize, out.width,
        head(group * shape.groupSize, of: segment), shape.groupSize, sizes[segment], ranges[segment].count,
        shape.headSize)
    }
  }
}
