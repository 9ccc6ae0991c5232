import Basics
import CKernels

/// How many heads attention has, how wide they are and which keys they see.
public struct AttentionShape: Sendable, Equatable {
  public let headCount: Int
  /// Fewer than `headCount` is grouped-query attention: consecutive query heads share a key-value head.
  public let keyValueHeadCount: Int
  public let headSize: Int
  /// Scores are multiplied by this; 1 / sqrt(headSize) unless a model says otherwise.
  public let scale: Float
  /// Scores become softcap * tanh(score / softcap); nil leaves them (Gemma 2 caps at 50).
  public var softcap: Float?
  /// The keys that a query sees, itself the last; nil for all before it (sliding-window attention).
  public var window: Int?
  /// Whether a query sees only the keys up to its own place; false in encoders and across sequences.
  public var isCausal = true

  public init(headCount: Int, keyValueHeadCount: Int, headSize: Int, scale: Float? = nil) {
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headSize = headSize
    self.scale = scale ?? 1 / Float(headSize).squareRoot()
  }

  var groupSize: Int { headCount / keyValueHeadCount }
  public var width: Int { headCount * headSize }
  public var keyValueWidth: Int { keyValueHeadCount * headSize }

  /// The kernels' options for one head.
  fileprivate func options(_ head: Int, _ bias: DistanceBias?) -> tune_attention_options {
    tune_attention_options(
      scale: scale, softcap: softcap ?? 0, bias: bias.map { UnsafePointer($0.zero(of: head)) }, is_causal: isCausal,
      window: window ?? 0)
  }
}

/// Numbers added to the scores of attention by how far a key stands from its query.
public struct DistanceBias {
  /// [headCount, distances], the smallest distance first.
  public let values: Tensor
  /// The column of distance 0. Keys stand at most so far before their query.
  public let origin: Int

  public init(values: Tensor, origin: Int) {
    precondition(origin >= 0 && origin < values.width, "distance 0 in column \(origin) of \(values.shape)")
    self.values = values
    self.origin = origin
  }

  func zero(of head: Int) -> UnsafeMutablePointer<Float> { values.pointer + head * values.width + origin }

  fileprivate func check(_ segments: [AttentionSegment], isCausal: Bool) {
    let before = segments.map { $0.first + $0.rows.count - 1 }.max() ?? 0
    let after = isCausal ? 0 : segments.map { $0.keyCount - 1 - $0.first }.max() ?? 0
    precondition(before <= origin && after < values.width - origin, "a bias of \(values.shape) from \(origin)")
  }
}

/// Attention within each segment of ragged token rows, or from each segment to one of another sequence.
///
/// query [tokens, headCount * headSize]; key, value [keys, keyValueHeadCount * headSize]; segment i is the rows
/// `offsets[i] ..< offsets[i + 1]`. Nothing is padded, and no segment sees another.
/// - Parameters:
///   - keyOffsets: the segments of the keys, where they are those of another sequence, to which nothing is causal, or
///     begin before the queries' own.
///   - first: how many keys of each segment stand before the first query, all of whose queries see them.
///   - bias: its gradient is sent where it is recorded.
public func attention(
  query: Tensor, key: Tensor, value: Tensor, offsets: [Int], keyOffsets: [Int]? = nil, first: Int = 0,
  shape: AttentionShape, bias: DistanceBias? = nil
) -> Tensor {
  precondition(key.width == shape.keyValueWidth && key.shape == value.shape, "keys \(key.shape), values \(value.shape)")
  let keyOffsets = keyOffsets ?? offsets
  precondition(offsets.last == query.rows && keyOffsets.last == key.rows, "segments \(offsets) of \(query.shape)")
  let segments = zip(zip(offsets, offsets.dropFirst()), zip(keyOffsets, keyOffsets.dropFirst())).map { rows, keys in
    AttentionSegment(
      rows: rows.0..<rows.1, keys: key.pointer + keys.0 * key.width, values: value.pointer + keys.0 * key.width,
      keyCount: keys.1 - keys.0, first: first)
  }
  precondition(
    !shape.isCausal || segments.allSatisfy { $0.keyCount == first + $0.rows.count },
    "causal attention to other sequences: \(offsets), \(keyOffsets), \(first)")
  bias?.check(segments, isCausal: shape.isCausal)
  let logSumExp = Tensor(shape: [shape.headCount, query.rows])
  let out = Tensor(shape: query.shape)
  profiled("attention") { attendByBlocks(out, query, segments, shape, bias, logSumExp) }
  return out.recorded("attention", from: [query, key, value] + (bias.map { [$0.values] } ?? [])) { [out] gradient in
    let gradients = attentionGradients(gradient, query, out, logSumExp, segments, shape, bias, keyShape: key.shape)
    query.node?.accumulate(gradients.query)
    key.node?.accumulate(gradients.key)
    value.node?.accumulate(gradients.value)
    if let biasGradient = gradients.bias { bias?.values.node?.accumulate(biasGradient) }
  }
}

/// Attention of query rows to cached keys and values; records nothing. query [tokens, headCount * headSize].
public func cachedAttention(
  query: Tensor, segments: [AttentionSegment], shape: AttentionShape, bias: DistanceBias? = nil
) -> Tensor {
  bias?.check(segments, isCausal: shape.isCausal)
  let out = Tensor(shape: query.shape)
  profiled("cached attention") {
    attendOneByOne(out, query, segments.filter { $0.isNext(shape) }, shape, bias)
    attendByBlocks(out, query, segments.filter { !$0.isNext(shape) }, shape, bias, nil)
  }
  return out
}

/// Rows of one sequence that attend to its keys and values.
public struct AttentionSegment {
  /// Rows of the query matrix.
  public let rows: Range<Int>
  /// [keyCount, keyValueHeadCount * headSize]
  public let keys: UnsafePointer<Float>
  public let values: UnsafePointer<Float>
  public let keyCount: Int
  /// The place of the first query row among the keys.
  public let first: Int

  /// - Parameter first: nil where the last `rows.count` keys belong to the query rows.
  public init(
    rows: Range<Int>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, keyCount: Int, first: Int? = nil
  ) {
    self.rows = rows
    self.keys = keys
    self.values = values
    self.keyCount = keyCount
    self.first = first ?? keyCount - rows.count
  }

  /// Whether this is one row that sees all keys, and stands after them where that matters.
  fileprivate func isNext(_ shape: AttentionShape) -> Bool {
    rows.count == 1 && (first == keyCount - 1 || !shape.isCausal)
  }

  /// Pairs of a query and a key that it sees.
  fileprivate func pairs(_ shape: AttentionShape) -> Double {
    guard shape.isCausal else { return Double(rows.count) * Double(keyCount) }
    guard let window = shape.window, window < keyCount else {
      return Double(rows.count) * (Double(first) + Double(rows.count + 1) / 2)
    }
    return rows.indices.reduce(0) { $0 + Double(min(window, first + $1 - rows.lowerBound + 1)) }
  }

  fileprivate var blocks: [Int] { Array(stride(from: 0, to: rows.count, by: blockSize)) }
}

private let blockSize = Int(TUNE_ATTENTION_BLOCK)

/// Keys and values are packed once a head; then every block of queries of every head is a task of its own.
private func attendByBlocks(
  _ out: Tensor, _ query: Tensor, _ segments: [AttentionSegment], _ shape: AttentionShape, _ bias: DistanceBias?,
  _ logSumExp: Tensor?
) {
  precondition(query.width == shape.width, "queries \(query.shape) of \(shape)")
  // Scores and weighted values.
  countOperations(4 * Double(query.width) * segments.reduce(0) { $0 + $1.pairs(shape) })
  let keys = PackedHeads(segments, shape, .columns) { $0.keys },
    values = PackedHeads(segments, shape, .rows) { $0.values }
  let blocks = segments.enumerated().flatMap { index, segment in segment.blocks.map { (segment: index, start: $0) } }
  nonisolated(unsafe) let segments = segments, bias = bias
  // Later blocks see more keys: they come first, so that the threads end together.
  parallelFor(blocks.count * shape.headCount) { task in
    let block = blocks[blocks.count - 1 - task / shape.headCount], head = task % shape.headCount
    let segment = segments[block.segment], row = segment.rows.lowerBound + block.start
    let place = row * query.width + head * shape.headSize
    var options = shape.options(head, bias)
    tune_attention_forward(
      out.pointer + place, logSumExp.map { $0.pointer + head * query.rows + row }, query.pointer + place,
      keys.head(head / shape.groupSize, of: block.segment), values.head(head / shape.groupSize, of: block.segment),
      &options, min(blockSize, segment.rows.count - block.start), segment.first + block.start, segment.keyCount,
      shape.headSize, query.width)
  }
}

/// Segments of one query row each, after all keys.
private func attendOneByOne(
  _ out: Tensor, _ query: Tensor, _ segments: [AttentionSegment], _ shape: AttentionShape, _ bias: DistanceBias?
) {
  let scores = Tensor(shape: [segments.count * shape.headCount, segments.map { $0.keyCount }.max() ?? 0])
  nonisolated(unsafe) let segments = segments, bias = bias
  parallelFor(segments.count * shape.headCount) { task in
    let segment = segments[task / shape.headCount], head = task % shape.headCount
    let own = segment.rows.lowerBound * query.width + head * shape.headSize
    let shared = head / shape.groupSize * shape.headSize
    var options = shape.options(head, bias)
    tune_attention_decode(
      out.pointer + own, query.pointer + own, segment.keys + shared, segment.values + shared, &options,
      segment.keyCount, shape.headSize, shape.keyValueWidth, scores.pointer + task * scores.width)
  }
}

/// A task is a segment and a head; heads that share keys and values write parts that are summed in order afterwards.
private func attentionGradients(
  _ gradient: Tensor, _ query: Tensor, _ out: Tensor, _ logSumExp: Tensor, _ segments: [AttentionSegment],
  _ shape: AttentionShape, _ bias: DistanceBias?, keyShape: [Int]
) -> (query: Tensor, key: Tensor, value: Tensor, bias: Tensor?) {
  let keys = PackedHeads(segments, shape, .columns) { $0.keys },
    values = PackedHeads(segments, shape, .columns) { $0.values }
  let keyRows = PackedHeads(segments, shape, .rows) { $0.keys }
  let keyParts = PackedHeads(zeroFor: segments, shape), valueParts = PackedHeads(zeroFor: segments, shape)
  let result = (query: Tensor(shape: query.shape), key: Tensor(shape: keyShape), value: Tensor(shape: keyShape))
  // Every segment sums its own part, in a fixed order afterwards.
  let biasParts = bias.flatMap { bias in
    bias.values.node.map { _ in Tensor.zeros([segments.count, bias.values.count]) }
  }
  // The gradients of values, weights, queries and keys.
  countOperations(8 * Double(query.width) * segments.reduce(0) { $0 + $1.pairs(shape) })
  let ranges = segments.map { $0.rows }, keyCounts = segments.map { $0.keyCount }, heads = shape.headCount
  let firsts = segments.map { $0.first }
  nonisolated(unsafe) let bias = bias
  parallelFor(ranges.count * heads) { task in
    let (segment, head) = (task / heads, task % heads), group = head / shape.groupSize
    let row = ranges[segment].lowerBound, place = row * query.width + head * shape.headSize
    var options = shape.options(head, bias)
    let biasGradient = biasParts.flatMap { parts in
      bias.map { parts.pointer + segment * parts.width + head * $0.values.width + $0.origin }
    }
    tune_attention_backward(
      result.query.pointer + place, keyParts.head(head, of: segment), valueParts.head(head, of: segment),
      biasGradient, gradient.pointer + place, out.pointer + place, logSumExp.pointer + head * query.rows + row,
      query.pointer + place, keys.head(group, of: segment), values.head(group, of: segment),
      keyRows.head(group, of: segment), &options, ranges[segment].count, firsts[segment], keyCounts[segment],
      shape.headSize, query.width
    )
  }
  keyParts.sum(into: result.key, keyCounts, shape)
  valueParts.sum(into: result.value, keyCounts, shape)
  return (result.query, result.key, result.value, biasParts.map { summedRows($0, shape: bias?.values.shape ?? []) })
}

/// The sum of a matrix's rows, in another shape.
private func summedRows(_ x: Tensor, shape: [Int]) -> Tensor {
  let sum = Tensor.zeros(shape)
  for row in 0..<x.rows { tune_add_scaled(sum.pointer, x.pointer + row * x.width, 1, x.width) }
  return sum
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

  /// Sums the parts of each group of heads into rows [keys, keyValueHeadCount * headSize].
  func sum(into out: Tensor, _ counts: [Int], _ shape: AttentionShape) {
    let firsts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    parallelFor(counts.count * shape.keyValueHeadCount) { task in
      let (segment, group) = (task / shape.keyValueHeadCount, task % shape.keyValueHeadCount)
      tune_attention_sum_parts(
        out.pointer + firsts[segment] * out.width + group * shape.headSize, out.width,
        head(group * shape.groupSize, of: segment), shape.groupSize, sizes[segment], counts[segment],
        shape.headSize)
    }
  }
}
