import Basics
import Tensors

/// What the families around Llama share: RMSNorm, rotary positions, grouped-query attention and a gated unit. Their
/// files say where they differ.
struct LlamaLike {
  let config: ConfigFile
  let weights: WeightLoader
  let vocabularySize: Int
  let hiddenSize: Int
  let intermediateSize: Int
  let layerCount: Int
  let maxPositions: Int
  let headCount: Int
  let keyValueHeadCount: Int
  let headSize: Int
  let epsilon: Float
  let tiesEmbeddings: Bool
  /// `sliding_window`; nil where it is null.
  let slidingWindow: Int?

  // How a family differs.
  var normKind = Norm.Kind.rootMeanSquare(offset: 0)
  var queryKeyValueBias = false
  var outputBias = false
  var feedForwardBias = false
  var hasHeadNorms = false
  /// Norms also on the outputs of attention and feed-forward.
  var hasOutputNorms = false
  var hasFusedProjections = false
  var activation = Activation.silu
  /// Scores are multiplied by this; nil for 1 / sqrt(headSize).
  var attentionScale: Float?
  var attentionSoftcap: Float?
  var embeddingScale: Float?

  /// How one layer's attention differs from the others'.
  struct LayerKind {
    var window: Int?
    /// The place among the rotary embeddings; nil for none.
    var rotary: Int? = 0
  }

  init(
    _ config: ConfigFile, _ weights: WeightLoader, headSize defaultHeadSize: Int? = nil, tiesByDefault: Bool = false
  ) throws {
    self.config = config
    self.weights = weights
    vocabularySize = try config.count("vocab_size")
    hiddenSize = try config.count("hidden_size")
    intermediateSize = try config.count("intermediate_size")
    layerCount = try config.layerCount("num_hidden_layers")
    maxPositions = try config.count("max_position_embeddings", default: 2048)
    epsilon = Float(try config.number("rms_norm_eps", default: 1e-6))
    tiesEmbeddings = try config.flag("tie_word_embeddings", default: tiesByDefault)
    headCount = try config.count("num_attention_heads")
    keyValueHeadCount = try config.count("num_key_value_heads", default: headCount)
    headSize = try config.count("head_dim", default: defaultHeadSize ?? hiddenSize / headCount)
    slidingWindow = try config.json["sliding_window"].flatMap { $0.isNull ? nil : try config.count("sliding_window") }
    guard headCount % keyValueHeadCount == 0 else {
      throw config.wrong(
        "num_key_value_heads", .integer(keyValueHeadCount), "a divisor of num_attention_heads \(headCount)")
    }
    guard headSize > 0, headSize % 2 == 0, headSize <= ConfigFile.largestHeadSize else {
      throw config.wrong(
        "head_dim", .integer(headSize),
        "an even size of at most \(ConfigFile.largestHeadSize), as rotary positions pair dimensions")
    }
  }

  private func dimensions(_ rotaries: [RotaryEmbedding]) -> ModelDimensions {
    ModelDimensions(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize, layerCount: layerCount,
      keyValueWidth: keyValueHeadCount * headSize, maxPositions: max(maxPositions, rotaries.map { $0.reach }.max() ?? 0)
    )
  }

  /// The windows of layers that `layer_types` or, where there is none, `slides` names.
  func layerKinds(slides: (Int) -> Bool) throws -> [LayerKind] {
    let named = config.json["layer_types"]?.arrayValue
    guard named == nil || named?.count == layerCount else {
      throw config.wrong("layer_types", config.json["layer_types"] ?? .null, "a type for each of \(layerCount) layers")
    }
    return try (0..<layerCount).map { layer in
      let slides: Bool =
        switch named?[layer] {
        case nil: slides(layer)
        case .string("full_attention"): false
        case .string("sliding_attention"): true
        case .some(let other):
          throw config.wrong("layer_types", other, "full_attention or sliding_attention")
        }
      return LayerKind(window: slides ? slidingWindow : nil)
    }
  }

  /// The model of these settings.
  ///
  /// - Throws: `TuneError.data` for weights that do not fit the settings.
  func model(_ traits: ModelTraits, kinds: [LayerKind], rotaries: [RotaryEmbedding]) throws -> Decoder {
    let embedTokens = try weights.take("model.embed_tokens.weight", shape: [vocabularySize, hiddenSize])
    let blocks = try kinds.enumerated().map { try block($0, $1) }
    var parts = Decoder.Parts(
      embedTokens: embedTokens, blocks: blocks, finalNorm: try norm("model.norm", size: hiddenSize))
    parts.embeddingScale = embeddingScale
    parts.rotaries = rotaries
    if !tiesEmbeddings { parts.untiedHead = try weights.take("lm_head.weight", shape: [vocabularySize, hiddenSize]) }
    try weights.finish { $0.hasSuffix("rotary_emb.inv_freq") || (tiesEmbeddings && $0 == "lm_head.weight") }
    return Decoder(config: config, traits: traits, dimensions: dimensions(rotaries), parts: parts)
  }

  private func norm(_ name: String, size: Int) throws -> Norm {
    try Norm(weights, name, size: size, kind: normKind, epsilon: epsilon)
  }

  private func block(_ layer: Int, _ kind: LayerKind) throws -> DecoderBlock {
    let prefix = "model.layers.\(layer)"
    func norm(_ name: String) throws -> Norm { try self.norm("\(prefix).\(name)", size: hiddenSize) }
    let norms =
      hasOutputNorms
      ? DecoderBlock.Norms(
        beforeAttention: try norm("input_layernorm"), beforeFeedForward: try norm("pre_feedforward_layernorm"),
        afterAttention: try norm("post_attention_layernorm"),
        afterFeedForward: try norm("post_feedforward_layernorm"))
      : DecoderBlock.Norms(
        beforeAttention: try norm("input_layernorm"), beforeFeedForward: try norm("post_attention_layernorm"))
    return DecoderBlock(norms: norms, attention: try attention(layer, kind), feedForward: try feedForward(prefix))
  }

  private func attention(_ layer: Int, _ kind: LayerKind) throws -> SelfAttention {
    let prefix = "model.layers.\(layer).self_attn"
    var shape = AttentionShape(
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize, scale: attentionScale)
    shape.softcap = attentionSoftcap
    shape.window = kind.window
    let projections: SelfAttention.Projections
    if hasFusedProjections {
      let (q, k) = (shape.width, shape.width + shape.keyValueWidth), v = k + shape.keyValueWidth
      let linear = try Linear(weights, "\(prefix).qkv_proj", input: hiddenSize, output: v, bias: queryKeyValueBias)
      projections = .fused(linear, columns: [[0..<q], [q..<k], [k..<v]])
    } else {
      func linear(_ name: String, _ output: Int) throws -> Linear {
        try Linear(weights, "\(prefix).\(name)", input: hiddenSize, output: output, bias: queryKeyValueBias)
      }
      projections = .separate(
        query: try linear("q_proj", shape.width), key: try linear("k_proj", shape.keyValueWidth),
        value: try linear("v_proj", shape.keyValueWidth))
    }
    return SelfAttention(
      layer: layer, projections,
      output: try Linear(weights, "\(prefix).o_proj", input: shape.width, output: hiddenSize, bias: outputBias),
      shape: shape, rotary: kind.rotary,
      queryNorm: hasHeadNorms ? try norm("\(prefix).q_norm", size: headSize) : nil,
      keyNorm: hasHeadNorms ? try norm("\(prefix).k_norm", size: headSize) : nil)
  }

  private func feedForward(_ prefix: String) throws -> FeedForward {
    let (hidden, inner, bias) = (hiddenSize, intermediateSize, feedForwardBias)
    func linear(_ name: String, _ input: Int, _ output: Int) throws -> Linear {
      try Linear(weights, "\(prefix).mlp.\(name)", input: input, output: output, bias: bias)
    }
    guard !hasFusedProjections else {
      return FeedForward(
        gateAndUp: try linear("gate_up_proj", hidden, 2 * inner), down: try linear("down_proj", inner, hidden),
        activation: activation)
    }
    return FeedForward(
      gate: try linear("gate_proj", hidden, inner), up: try linear("up_proj", hidden, inner),
      down: try linear("down_proj", inner, hidden), activation: activation)
  }
}
