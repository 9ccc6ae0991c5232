import Basics
import Tensors

/// A decoder-only language model of any family, put together from the layers that its family's file reads.
public final class Decoder: LanguageModel {
  public let config: ConfigFile
  public let traits: ModelTraits
  public let dimensions: ModelDimensions
  public var checkpointsActivations = false
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
  public var parameters: [Parameter] {
    [parts.embedTokens] + (parts.positions.map { [$0.table] } ?? []) + parts.blocks.flatMap { $0.parameters }
      + parts.finalNorm.parameters + (parts.untiedHead.map { [$0] } ?? [])
  }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, caches: [SequenceCache]?, rows: [Int32]?
  ) -> Tensor {
    precondition(source == nil, "\(traits.architecture) has no encoder")
    var x = embedding(parts.embedTokens, ids: batch.ids)
    if let scale = parts.embeddingScale { x = scaled(x, by: scale) }
    if let (table, first) = parts.positions {
      x = add(x, embedding(table, ids: batch.positions.map { $0 + Int32(first) }))
    }
    let pass = ForwardPass(
      batch: batch, caches: caches, rotaryTables: parts.rotaries.map { $0.table(for: batch) })
    for (index, block) in parts.blocks.enumerated() {
      let wanted = index == parts.blocks.count - 1 ? rows : nil
      let layer = { block($0, pass, rows: wanted) }
      x = checkpointsActivations ? checkpointed(x, trains: block.trains, layer) : layer(x)
    }
    caches?.enumerated().forEach { $1.advance(by: batch.offsets[$0 + 1] - batch.offsets[$0]) }
    return parts.finalNorm(x)
  }
}
