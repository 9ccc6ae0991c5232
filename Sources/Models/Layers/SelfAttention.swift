import Basics
import Tensors

/// What a PEFT method puts on the attention of one layer from outside; the model does not know of it.
public protocol AttentionAdapter: AnyObject {
  /// The trained parameters.
  var parameters: [Parameter] { get }
  /// What the layer adds to the residual stream instead of y.
  ///
  /// - Parameter query: of the same tokens as y, at their positions, [tokens, headCount * headSize].
  func output(_ y: Tensor, query: Tensor, of attention: SelfAttention) -> Tensor
}

/// Attention of a sequence to itself: projections, rotary positions, heads, and the layer that mixes their results.
public final class SelfAttention {
  /// The layers that make queries, keys and values.
  public enum Projections {
    case separate(query: Linear, key: Linear, value: Linear)
    /// One layer; the columns of its output that are queries, keys and values.
    case fused(Linear, columns: [[Range<Int>]])

    var linears: [Linear] {
      switch self {
      case .separate(let query, let key, let value): [query, key, value]
      case .fused(let linear, _): [linear]
      }
    }

    fileprivate func callAsFunction(_ x: Tensor) -> [Tensor] {
      switch self {
      case .separate(let query, let key, let value): project(x, query, key, value)
      case .fused(let linear, let columns): splitColumns(linear(x), columns)
      }
    }

    fileprivate func keysAndValues(_ x: Tensor) -> [Tensor] {
      switch self {
      case .separate(_, let key, let value): project(x, key, value)
      case .fused(let linear, let columns): splitColumns(linear(x), Array(columns.dropFirst()))
      }
    }
  }

  private let layer: Int
  private let projections: Projections
  public let output: Linear
  public var adapters: [any AttentionAdapter] = []
  private let shape: AttentionShape
  /// The place among the model's rotary embeddings; nil where the layer has no rotary positions.
  private let rotary: Int?
  private let queryNorm: Norm?
  private let keyNorm: Norm?

  /// - Parameters:
  ///   - rotary: the place among the model's rotary embeddings; nil for a layer without.
  ///   - queryNorm: normalises each head of the queries, as `keyNorm` does of the keys.
  public init(
    layer: Int, _ projections: Projections, output: Linear, shape: AttentionShape, rotary: Int? = 0,
    queryNorm: Norm? = nil, keyNorm: Norm? = nil
  ) {
    self.layer = layer
    self.projections = projections
    self.output = output
    self.shape = shape
    self.rotary = rotary
    self.queryNorm = queryNorm
    self.keyNorm = keyNorm
  }

  var linears: [Linear] { projections.linears + [output] }
  var parameters: [Parameter] {
    linears.flatMap { $0.parameters } + [queryNorm, keyNorm].compactMap { $0 }.flatMap { $0.parameters }
  }

  var adapterParameters: [Parameter] { adapters.flatMap { $0.parameters } }

  /// The heads' results side by side, which `output` then mixes.
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor { heads(x, pass).results }

  /// What the layer adds to the residual stream, with what adapters make of it.
  ///
  /// - Parameter rows: those that are wanted; nil for all.
  func attended(_ x: Tensor, _ pass: ForwardPass, rows: [Int32]?) -> Tensor {
    var (results, queries) = heads(x, pass)
    if let rows { results = gatherRows(results, rows) }
    let y = output(results)
    guard !adapters.isEmpty else { return y }
    if let rows { queries = gatherRows(queries, rows) }
    return adapters.reduce(y) { $1.output($0, query: queries, of: self) }
  }

  private func heads(_ x: Tensor, _ pass: ForwardPass) -> (results: Tensor, queries: Tensor) {
    let projected = projections(x)
    var (q, k) = (projected[0], projected[1])
    if let queryNorm { q = queryNorm.eachHead(q) }
    if let keyNorm { k = keyNorm.eachHead(k) }
    if let rotary {
      let (table, rows) = pass.rotaryTables[rotary]
      q = Tensors.rotary(q, rows: rows, table: table, headSize: shape.headSize)
      k = Tensors.rotary(k, rows: rows, table: table, headSize: shape.headSize)
    }
    let v = projected[2], offsets = pass.batch.offsets
    guard let caches = pass.caches else {
      if let prefix = pass.prefix { return (prefixed(q, k, v, prefix, pass), q) }
      return (Tensors.attention(query: q, key: k, value: v, offsets: offsets, shape: shape, bias: pass.bias), q)
    }
    let segments = caches.enumerated().map { index, cache in
      cache.append(layer: layer, keys: k, values: v, rows: offsets[index]..<offsets[index + 1])
    }
    return (cachedAttention(query: q, segments: segments, shape: shape, bias: pass.bias), q)
  }

  /// Attention to rows that stand beside the text and have no positions: every query sees all of them.
  ///
  /// - Parameter rows: as the layer's input, [rows, hidden].
  public func attention(of query: Tensor, toRows rows: Tensor) -> Tensor {
    let projected = projections.keysAndValues(rows)
    var shape = shape
    (shape.isCausal, shape.window) = (false, nil)
    return Tensors.attention(
      query: query, key: keyNorm?.eachHead(projected[0]) ?? projected[0], value: projected[1],
      offsets: [0, query.rows], keyOffsets: [0, rows.rows], shape: shape)
  }
}

extension SelfAttention {
  /// Attention of each sequence to a prefix and itself.
  private func prefixed(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, _ prefix: VirtualKeys.Layer, _ pass: ForwardPass
  ) -> Tensor {
    let offsets = pass.batch.offsets, count = prefix.keys.rows
    return Tensors.attention(
      query: q, key: withRowsBefore(prefix.keys, k, offsets: offsets),
      value: withRowsBefore(prefix.values, v, offsets: offsets), offsets: offsets,
      keyOffsets: offsets.enumerated().map { $1 + $0 * count }, first: count, shape: shape, bias: pass.bias)
  }
}

/// What all layers of one forward pass share.
struct ForwardPass {
  let batch: TokenBatch
  let caches: [SequenceCache]?
  var rotaryTables: [(table: RotaryTable, rows: [Int32])] = []
  /// Added to the scores of self-attention in all layers.
  var bias: DistanceBias?
  /// Keys and values of the layer that stand before those of every sequence; caches have them already.
  var prefix: VirtualKeys.Layer?
}

extension ConfigFile {
  /// The largest head: the attention kernels keep blocks of it on the stack.
  static let largestHeadSize = 512

  /// Attention whose heads share the hidden size evenly.
  ///
  /// - Parameter headsKey: the key of the number of heads.
  /// - Throws: `TuneError.data` where they do not, or a head is too large.
  func attentionShape(headsKey: String, hiddenSize: Int, isCausal: Bool = true) throws -> AttentionShape {
    let heads = try count(headsKey)
    guard hiddenSize % heads == 0, hiddenSize / heads <= Self.largestHeadSize else {
      throw wrong(
        headsKey, .integer(heads),
        "a divisor of the hidden size \(hiddenSize) that leaves heads of at most \(Self.largestHeadSize)")
    }
    var shape = AttentionShape(headCount: heads, keyValueHeadCount: heads, headSize: hiddenSize / heads)
    shape.isCausal = isCausal
    return shape
  }
}
