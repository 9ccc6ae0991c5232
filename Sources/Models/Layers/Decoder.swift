import Basics
import Tensors

/// A decoder-only language model of any family, put together from the layers that its family's file reads.
public final class Decoder: LanguageModel {
  public let config: ConfigFile
  public let traits: ModelTraits
  public let dimensions: ModelDimensions
  public var checkpointsActivations = false
  public let hooks = ModelHooks()
  private let parts: Parts

  /// What a family gives.
  public struct Parts {
    /// [vocabulary, hidden]
    public var embedTokens: Parameter
    /// Multiplies the embeddings (Gemma); nil leaves them.
    public var embeddingScale: Float?
    /// Learned positions, [positions, hidden], and the row of position 0.
    public var positions: (table: Parameter, first: Int)?
    public var rotaries: [RotaryEmbedding] = []
    public var blocks: [DecoderBlock]
    public var finalNorm: Norm
    /// [vocabulary, hidden]; nil where the embedding is the head.
    public var untiedHead: Parameter?

    public init(embedTokens: Parameter, blocks: [DecoderBlock], finalNorm: Norm) {
      self.embedTokens = embedTokens
      self.blocks = blocks
      self.finalNorm = finalNorm
    }
  }

  public init(config: ConfigFile, traits: ModelTraits, dimensions: ModelDimensions, parts: Parts) {
    self.config = config
    self.traits = traits
    self.dimensions = dimensions
    self.parts = parts
  }

  public var head: Parameter { parts.untiedHead ?? parts.embedTokens }
  public var linears: [Linear] { parts.blocks.flatMap { $0.linears } }
  public var residualOutputs: ResidualOutputs {
    ResidualOutputs(
      attention: parts.blocks.map { $0.attention.output }, feedForward: parts.blocks.map { $0.feedForward.down })
  }
  public var attentions: [SelfAttention] { parts.blocks.map { $0.attention } }
  public var parameters: [Parameter] {
    [parts.embedTokens] + (parts.positions.map { [$0.table] } ?? []) + parts.blocks.flatMap { $0.parameters }
      + parts.finalNorm.parameters + (parts.untiedHead.map { [$0] } ?? [])
  }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, caches: [SequenceCache]?, rows: [Int32]?
  ) -> Tensor {
    precondition(source == nil, "\(traits.architecture) has no encoder")
    var x = embedded(batch)
    if let change = hooks.changeEmbeddings { x = change(x, batch) }
    // A cache holds what is virtual; without one it is computed with each sequence.
    guard caches == nil, let prompt = hooks.prompt else {
      return states(x, batch.shifted(by: virtualTokenCount), caches: caches, rows: rows)
    }
    x = withRowsBefore(prompt.rows(), x, offsets: batch.offsets)
    return states(
      x, batch.withVirtualTokens(prompt.count), caches: nil,
      rows: batch.rows(rows, behindVirtualTokens: prompt.count))
  }

  public var frozenLayerCount: Int {
    let tables = [parts.embedTokens] + (parts.positions.map { [$0.table] } ?? [])
    guard hooks.keepFrozenStates, !tables.contains(where: { $0.isTrainable }) else { return 0 }
    return parts.blocks.prefix { !$0.trains }.count
  }

  public func frozenStates(_ batch: TokenBatch, source: TokenBatch?) -> FrozenStates? {
    let frozen = frozenLayerCount
    guard frozen > 0 else { return nil }
    return Recording.off {
      let x = withPositions(embedded(batch), batch)
      return FrozenStates(tokens: layers(0..<frozen, x, batch, caches: nil, rows: nil))
    }
  }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, rows: [Int32]?, from frozen: FrozenStates
  ) -> Tensor {
    guard let x = frozen.tokens else { preconditionFailure("no states of the tokens") }
    return parts.finalNorm(layers(frozenLayerCount..<parts.blocks.count, x, batch, caches: nil, rows: rows))
  }

  private func embedded(_ batch: TokenBatch) -> Tensor {
    let x = hooks.lookUp(batch.ids, in: parts.embedTokens, as: inputEmbeddingModule)
    return parts.embeddingScale.map { scaled(x, by: $0) } ?? x
  }

  private func withPositions(_ x: Tensor, _ batch: TokenBatch) -> Tensor {
    guard let (table, first) = parts.positions else { return x }
    return add(x, embedding(table, ids: batch.positions.map { $0 + Int32(first) }))
  }

  public func beginCache(_ cache: SequenceCache) {
    if let prefix = hooks.prefix {
      for (index, layer) in prefix.layers().enumerated() {
        _ = cache.append(layer: index, keys: layer.keys, values: layer.values, rows: 0..<prefix.count)
      }
      cache.advance(by: prefix.count)
    } else if let prompt = hooks.prompt {
      let virtual = TokenBatch([[Int32](repeating: 0, count: prompt.count)])
      _ = states(prompt.rows(), virtual, caches: [cache], rows: [])
    }
    cache.beginVirtual()
  }

  /// The layers on first hidden states.
  private func states(_ embedded: Tensor, _ batch: TokenBatch, caches: [SequenceCache]?, rows: [Int32]?) -> Tensor {
    let x = layers(parts.blocks.indices, withPositions(embedded, batch), batch, caches: caches, rows: rows)
    caches?.enumerated().forEach { $1.advance(by: batch.offsets[$0 + 1] - batch.offsets[$0]) }
    return parts.finalNorm(x)
  }

  /// Some of the layers, one after the other; the rows that are wanted are those of the very last.
  private func layers(
    _ numbers: Range<Int>, _ x: Tensor, _ batch: TokenBatch, caches: [SequenceCache]?, rows: [Int32]?
  ) -> Tensor {
    if numbers.isEmpty, let rows { return gatherRows(x, rows) }
    let pass = ForwardPass(
      batch: batch, caches: caches, rotaryTables: parts.rotaries.map { $0.table(for: batch) })
    let prefix = caches == nil ? hooks.prefix?.layers() : nil
    return numbers.reduce(x) { x, index in
      apply(parts.blocks[index], x, pass, prefix?[index], rows: index == parts.blocks.count - 1 ? rows : nil)
    }
  }

  /// One layer, whose results are kept or computed again.
  private func apply(
    _ block: DecoderBlock, _ x: Tensor, _ pass: ForwardPass, _ prefix: VirtualKeys.Layer?, rows: [Int32]?
  ) -> Tensor {
    var pass = pass
    guard checkpointsActivations else {
      pass.prefix = prefix
      return block(x, pass, rows: rows)
    }
    return checkpointed([x] + (prefix.map { [$0.keys, $0.values] } ?? []), trains: block.trains) { inputs in
      if prefix != nil { pass.prefix = VirtualKeys.Layer(keys: inputs[1], values: inputs[2]) }
      return block(inputs[0], pass, rows: rows)
    }
  }
}
