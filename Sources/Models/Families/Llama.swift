import Basics
import Tensors

/// The Llama family: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
///
/// Reference: `LlamaForCausalLM` of Hugging Face transformers.
public final class Llama: CausalLanguageModel {
  public static let modelTypes = ["llama"]

  public let config: ConfigFile
  public let dimensions: ModelDimensions
  public var checkpointsActivations = false
  private let embedTokens: Parameter
  private let blocks: [Block]
  private let norm: Parameter
  private let untiedHead: Parameter?
  private let epsilon: Float
  private let rotaryTable: RotaryTable

  public init(config: ConfigFile, weights: WeightLoader) throws {
    let settings = try Settings(config)
    self.config = config
    dimensions = settings.dimensions
    epsilon = settings.epsilon
    embedTokens = try weights.take("model.embed_tokens.weight", shape: [settings.vocabularySize, settings.hiddenSize])
    blocks = try (0..<settings.layerCount).map { try Block(weights, layer: $0, settings) }
    norm = try weights.take("model.norm.weight", shape: [settings.hiddenSize])
    untiedHead =
      settings.tiesEmbeddings
      ? nil : try weights.take("lm_head.weight", shape: [settings.vocabularySize, settings.hiddenSize])
    rotaryTable = RotaryTable(
      frequencies: RotaryTable.frequencies(headSize: settings.attention.headSize, theta: settings.ropeTheta),
      positionCount: settings.maxPositions)
    try weights.finish { $0.hasSuffix("rotary_emb.inv_freq") || (settings.tiesEmbeddings && $0 == "lm_head.weight") }
  }

  public var head: Parameter { untiedHead ?? embedTokens }
  public var linears: [Linear] { blocks.flatMap { $0.linears } }
  public var parameters: [Parameter] {
    [embedTokens] + blocks.flatMap { $0.parameters } + [norm] + (untiedHead.map { [$0] } ?? [])
  }

  public func hiddenStates(_ batch: TokenBatch, caches: [SequenceCache]?, rows: [Int32]?) -> Tensor {
    var x = embedding(embedTokens, ids: batch.ids)
    for (index, block) in blocks.enumerated() {
      // Beyond the last attention a row depends on itself alone, so only the wanted ones go on.
      let wanted = index == blocks.count - 1 ? rows : nil
      let layer = { [rotaryTable] in block($0, batch, caches, rotaryTable, rows: wanted) }
      x = checkpointsActivations ? checkpointed(x, trains: block.trains, layer) : layer(x)
    }
    caches?.enumerated().forEach { $1.advance(by: batch.offsets[$0 + 1] - batch.offsets[$0]) }
    return rmsNorm(x, norm, epsilon: epsilon)
  }
}

/// The keys of config.json, one a line.
private struct Settings {
  let vocabularySize: Int
  let hiddenSize: Int
  let intermediateSize: Int
  let layerCount: Int
  let maxPositions: Int
  let attention: AttentionShape
  let epsilon: Float
  let ropeTheta: Double
  let tiesEmbeddings: Bool
  let attentionBias: Bool
  let mlpBias: Bool

  init(_ config: ConfigFile) throws {
    vocabularySize = try config.count("vocab_size")
    hiddenSize = try config.count("hidden_size")
    intermediateSize = try config.count("intermediate_size")
    layerCount = try config.count("num_hidden_layers")
    maxPositions = min(try config.count("max_position_embeddings", default: 2048), 1 << 20)
    epsilon = Float(try config.number("rms_norm_eps", default: 1e-6))
    tiesEmbeddings = try config.flag("tie_word_embeddings", default: false)
    attentionBias = try config.flag("attention_bias", default: false)
    mlpBias = try config.flag("mlp_bias", default: false)
    ropeTheta = try Self.ropeTheta(config)
    attention = try Self.attention(config, hiddenSize: hiddenSize)
    if let activation = config.text("hidden_act"), activation != "silu" {
      throw config.wrong("hidden_act", .string(activation), "silu, the activation of the Llama family")
    }
  }

  var dimensions: ModelDimensions {
    ModelDimensions(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize, layerCount: layerCount,
      keyValueWidth: attention.keyValueHeadCount * attention.headSize, maxPositions: maxPositions)
  }

  private static func attention(_ config: ConfigFile, hiddenSize: Int) throws -> AttentionShape {
    let heads = try config.count("num_attention_heads")
    let shared = try config.count("num_key_value_heads", default: heads)
    let size = try config.count("head_dim", default: hiddenSize / heads)
    guard heads % shared == 0 else {
      throw config.wrong("num_key_value_heads", .integer(shared), "a divisor of num_attention_heads \(heads)")
    }
    guard size > 0, size % 2 == 0, size <= 512 else {
      throw config.wrong("head_dim", .integer(size), "an even size of at most 512, as rotary positions pair dimensions")
    }
    return AttentionShape(headCount: heads, keyValueHeadCount: shared, headSize: size)
  }

  /// `rope_theta` at the top or, as transformers 5 writes it, inside `rope_parameters`. Scaled variants are refused.
  private static func ropeTheta(_ config: ConfigFile) throws -> Double {
    for key in ["rope_scaling", "rope_parameters"] {
      guard let parameters = config.json[key], !parameters.isNull else { continue }
      let type = (parameters["rope_type"] ?? parameters["type"])?.stringValue ?? "default"
      guard type == "default" else {
        throw config.wrong(key, parameters, "rope_type 'default'; other rotary scalings are not supported")
      }
      if let theta = parameters["rope_theta"]?.doubleValue, theta > 0 { return theta }
    }
    return try config.number("rope_theta", default: 10_000)
  }
}

/// One transformer layer: attention and MLP, each behind a norm and added to the residual stream.
private final class Block {
  private let inputNorm: Parameter
  private let attention: Attention
  private let postAttentionNorm: Parameter
  private let gate: Linear
  private let up: Linear
  private let down: Linear
  private let epsilon: Float

  init(_ weights: WeightLoader, layer: Int, _ settings: Settings) throws {
    let prefix = "model.layers.\(layer)"
    let (hidden, inner) = (settings.hiddenSize, settings.intermediateSize)
    epsilon = settings.epsilon
    inputNorm = try weights.take("\(prefix).input_layernorm.weight", shape: [hidden])
    attention = try Attention(weights, layer: layer, settings)
    postAttentionNorm = try weights.take("\(prefix).post_attention_layernorm.weight", shape: [hidden])
    gate = try Linear(weights, "\(prefix).mlp.gate_proj", input: hidden, output: inner, bias: settings.mlpBias)
    up = try Linear(weights, "\(prefix).mlp.up_proj", input: hidden, output: inner, bias: settings.mlpBias)
    down = try Linear(weights, "\(prefix).mlp.down_proj", input: inner, output: hidden, bias: settings.mlpBias)
  }

  var linears: [Linear] { attention.linears + [gate, up, down] }
  var parameters: [Parameter] { [inputNorm, postAttentionNorm] + linears.flatMap { $0.parameters } }
  var trains: Bool { (parameters + linears.flatMap { $0.adapter?.parameters ?? [] }).contains { $0.isTrainable } }

  func callAsFunction(
    _ x: Tensor, _ batch: TokenBatch, _ caches: [SequenceCache]?, _ table: RotaryTable, rows: [Int32]?
  ) -> Tensor {
    var mixed = attention(rmsNorm(x, inputNorm, epsilon: epsilon), batch, caches, table)
    var x = x
    if let rows { (x, mixed) = (gatherRows(x, rows), gatherRows(mixed, rows)) }
    x = add(x, attention.output(mixed))
    let inner = project(rmsNorm(x, postAttentionNorm, epsilon: epsilon), gate, up)
    return add(x, down(swiGLU(gate: inner[0], up: inner[1])))
  }
}

private final class Attention {
  private let layer: Int
  private let query: Linear
  private let key: Linear
  private let value: Linear
  let output: Linear
  private let shape: AttentionShape

  init(_ weights: WeightLoader, layer: Int, _ settings: Settings) throws {
    let prefix = "model.layers.\(layer).self_attn", hidden = settings.hiddenSize, bias = settings.attentionBias
    self.layer = layer
    shape = settings.attention
    let width = shape.headCount * shape.headSize, sharedWidth = shape.keyValueHeadCount * shape.headSize
    query = try Linear(weights, "\(prefix).q_proj", input: hidden, output: width, bias: bias)
    key = try Linear(weights, "\(prefix).k_proj", input: hidden, output: sharedWidth, bias: bias)
    value = try Linear(weights, "\(prefix).v_proj", input: hidden, output: sharedWidth, bias: bias)
    output = try Linear(weights, "\(prefix).o_proj", input: width, output: hidden, bias: bias)
  }

  var linears: [Linear] { [query, key, value, output] }

  /// The heads' results side by side, which `output` then mixes.
  func callAsFunction(_ x: Tensor, _ batch: TokenBatch, _ caches: [SequenceCache]?, _ table: RotaryTable) -> Tensor {
    let projected = project(x, query, key, value)
    let q = rotary(projected[0], positions: batch.positions, table: table)
    let k = rotary(projected[1], positions: batch.positions, table: table)
    let v = projected[2]
    guard let caches else {
      return Tensors.attention(query: q, key: k, value: v, offsets: batch.offsets, shape: shape)
    }
    let segments = caches.enumerated().map { index, cache in
      cache.append(layer: layer, keys: k, values: v, rows: batch.offsets[index]..<batch.offsets[index + 1])
    }
    return cachedAttention(query: q, segments: segments, shape: shape)
  }
}
