import Basics
import Foundation
import Tensors

/// T5, FLAN-T5 and mT5: an encoder and a decoder with biases by relative position. References:
/// `T5ForConditionalGeneration` and `MT5ForConditionalGeneration` of Hugging Face transformers; Raffel et al., "T5",
/// 2020.
enum T5: ModelFamily {
  static let modelTypes = ["t5", "mt5"]

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    try EncoderDecoder(config, weights)
  }
}

/// The keys of config.json.
struct T5Settings {
  let vocabularySize: Int
  let hiddenSize: Int
  let innerSize: Int
  let layerCount: Int
  let decoderLayerCount: Int
  let attention: AttentionShape
  let epsilon: Float
  let activation: Activation
  let isGated: Bool
  let buckets: RelativeBuckets
  /// Multiplies the decoder's output before the head: the first T5 does so, later ones do not.
  let outputScale: Float?
  let startID: Int32

  init(_ config: ConfigFile) throws {
    vocabularySize = try config.count("vocab_size")
    hiddenSize = try config.count("d_model")
    innerSize = try config.count("d_ff")
    layerCount = try config.layerCount("num_layers")
    decoderLayerCount =
      config.json["num_decoder_layers"] == nil ? layerCount : try config.layerCount("num_decoder_layers")
    let heads = try config.count("num_heads"), headSize = try config.count("d_kv")
    guard headSize <= ConfigFile.largestHeadSize else {
      throw config.wrong("d_kv", .integer(headSize), "at most \(ConfigFile.largestHeadSize)")
    }
    attention = AttentionShape(headCount: heads, keyValueHeadCount: heads, headSize: headSize, scale: 1)
    epsilon = Float(try config.number("layer_norm_epsilon", default: 1e-6))
    let isMultilingual = config.text("model_type") == "mt5"
    let feedForward = config.text("feed_forward_proj") ?? (isMultilingual ? "gated-gelu" : "relu")
    isGated = feedForward.hasPrefix("gated-")
    switch feedForward {
    case "relu", "gated-relu": activation = .relu
    case "gated-gelu": activation = .geluTanh
    case "gelu": activation = .gelu
    case "gated-silu", "silu": activation = .silu
    default:
      throw config.wrong("feed_forward_proj", .string(feedForward), "relu, gelu, silu, or gated- and one of them")
    }
    buckets = try RelativeBuckets(config)
    // Transformers 5 says whether outputs are scaled; before, the tie of head and embedding said it.
    let ties = try config.flag("tie_word_embeddings", default: true)
    let scales = try config.flag("scale_decoder_outputs", default: ties && !isMultilingual)
    outputScale = scales ? 1 / Float(hiddenSize).squareRoot() : nil
    let startKey = config.json["decoder_start_token_id"]?.intValue == nil ? "pad_token_id" : "decoder_start_token_id"
    let start = config.json[startKey]?.intValue ?? 0
    guard (0..<vocabularySize).contains(start) else {
      throw config.wrong(startKey, .integer(start), "a token id below vocab_size \(vocabularySize)")
    }
    startID = Int32(start)
  }
}

/// Which bias a distance between tokens has: small distances one each, larger ones shared in steps that grow.
struct RelativeBuckets {
  let count: Int
  let maxDistance: Int

  /// - Throws: `TuneError.data` for numbers that give the decoder or the encoder no steps.
  init(_ config: ConfigFile) throws {
    count = try config.count("relative_attention_num_buckets", default: 32)
    maxDistance = try config.count("relative_attention_max_distance", default: 128)
    guard count >= 4, count % 2 == 0 else {
      throw config.wrong("relative_attention_num_buckets", .integer(count), "an even number of at least 4")
    }
    // The decoder's buckets of one distance each are half of them.
    guard maxDistance > count / 2 else {
      throw config.wrong(
        "relative_attention_max_distance", .integer(maxDistance), "more than half of the \(count) buckets")
    }
  }

  /// - Parameter distance: of a key from its query, negative before it.
  func bucket(_ distance: Int, isCausal: Bool) -> Int {
    let own = isCausal ? count : count / 2
    let start = !isCausal && distance > 0 ? own : 0
    let size = isCausal ? max(0, -distance) : abs(distance), exact = own / 2
    guard size >= exact else { return start + size }
    // In float32, as the reference: a rounding may decide the step.
    let steps = log(Float(size) / Float(exact)) / Float(log(Double(maxDistance) / Double(exact)))
    return start + min(own - 1, exact + Int(steps * Float(own - exact)))
  }

  /// The biases of all distances that occur in texts of a length.
  func bias(_ table: Parameter, length: Int, isCausal: Bool) -> DistanceBias {
    let distances = isCausal ? Array(1 - length...0) : Array(1 - length...length - 1)
    let values = relativeBias(table, buckets: distances.map { bucket($0, isCausal: isCausal) })
    return DistanceBias(values: values, origin: length - 1)
  }
}

/// An encoder that reads the source, and a decoder that attends to it.
public final class EncoderDecoder: LanguageModel {
  public let config: ConfigFile
  public let traits: ModelTraits
  public let dimensions: ModelDimensions
  public var checkpointsActivations = false
  public let hooks = ModelHooks()
  private let settings: T5Settings
  private let shared: Parameter
  private let encoder: Stack
  private let decoder: Stack
  private let untiedHead: Parameter?

  /// The layers of one side.
  private struct Stack {
    let blocks: [T5Block]
    let bias: Parameter
    let finalNorm: Norm

    var parameters: [Parameter] {
      // The first layer's bias serves all layers; checkpoints list it after that layer's projections.
      (blocks.first?.attention.parameters ?? []) + [bias] + (blocks.first?.otherParameters ?? [])
        + blocks.dropFirst().flatMap { $0.attention.parameters + $0.otherParameters } + finalNorm.parameters
    }
  }

  init(_ config: ConfigFile, _ weights: WeightLoader) throws {
    let settings = try T5Settings(config)
    self.config = config
    self.settings = settings
    let vocabulary = settings.vocabularySize, hidden = settings.hiddenSize
    shared = try weights.take("shared.weight", shape: [vocabulary, hidden])
    func stack(_ side: String, count: Int, isDecoder: Bool) throws -> Stack {
      Stack(
        blocks: try (0..<count).map { try T5Block(weights, "\(side).block.\($0)", $0, settings, isDecoder: isDecoder) },
        bias: try weights.take(
          "\(side).block.0.layer.0.SelfAttention.relative_attention_bias.weight",
          shape: [settings.buckets.count, settings.attention.headCount]),
        finalNorm: try Norm(
          weights, "\(side).final_layer_norm", size: hidden, kind: .rootMeanSquare(offset: 0),
          epsilon: settings.epsilon))
    }
    encoder = try stack("encoder", count: settings.layerCount, isDecoder: false)
    decoder = try stack("decoder", count: settings.decoderLayerCount, isDecoder: true)
    // Files say that the head is untied and then store one, or say nothing and store none.
    untiedHead = weights.has("lm_head.weight") ? try weights.take("lm_head.weight", shape: [vocabulary, hidden]) : nil
    try weights.finish { $0 == "encoder.embed_tokens.weight" || $0 == "decoder.embed_tokens.weight" }
    var traits = ModelTraits(
      architecture: config.text("model_type") == "mt5" ? "MT5ForConditionalGeneration" : "T5ForConditionalGeneration",
      loraTargets: ["q", "v"])
    traits.decoderStartID = settings.startID
    self.traits = traits
    dimensions = ModelDimensions(
      vocabularySize: vocabulary, hiddenSize: hidden, layerCount: settings.decoderLayerCount,
      keyValueWidth: settings.attention.width, maxPositions: Self.maxPositions)
  }

  /// Relative positions have no end; this bounds what a prompt or an answer may take.
  private static let maxPositions = 4096

  public var head: Parameter { untiedHead ?? shared }
  public var linears: [Linear] { (encoder.blocks + decoder.blocks).flatMap { $0.linears } }
  public var residualOutputs: ResidualOutputs {
    let blocks = encoder.blocks + decoder.blocks
    return ResidualOutputs(
      attention: blocks.flatMap { [$0.attention.output] + ($0.crossAttention.map { [$0.output] } ?? []) },
      feedForward: blocks.map { $0.feedForward.down })
  }
  public var parameters: [Parameter] {
    [shared] + encoder.parameters + decoder.parameters + (untiedHead.map { [$0] } ?? [])
  }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, caches: [SequenceCache]?, rows: [Int32]?
  ) -> Tensor {
    precondition((source == nil) == (caches != nil), "a source is read with the batch or into its caches")
    let encoded = source.map { encode($0) }
    let x = decode(
      decoder.blocks.indices, embedded(batch, as: embeddingModules[1]), batch, encoded, caches: caches, rows: rows)
    caches?.enumerated().forEach { $1.advance(by: batch.offsets[$0 + 1] - batch.offsets[$0]) }
    return finished(x)
  }

  public var frozenLayerCount: Int { isEncoderFrozen ? encoder.blocks.count + frozenDecoderLayers : 0 }

  private var isEncoderFrozen: Bool {
    hooks.keepFrozenStates && !(encoder.parameters + [shared]).contains { $0.isTrainable }
      && !encoder.blocks.contains { $0.trains }
  }

  public func frozenStates(_ batch: TokenBatch, source: TokenBatch?) -> FrozenStates? {
    guard let source, isEncoderFrozen else { return nil }
    return Recording.off {
      let encoded = encode(source), frozen = frozenDecoderLayers
      let tokens =
        frozen == 0
        ? nil : decode(0..<frozen, embedded(batch, as: embeddingModules[1]), batch, encoded, caches: nil, rows: nil)
      return FrozenStates(tokens: tokens, source: encoded.states)
    }
  }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, rows: [Int32]?, from frozen: FrozenStates
  ) -> Tensor {
    guard let source, let states = frozen.source else { preconditionFailure("no states of the source") }
    let encoded = T5Block.Source(states: states, offsets: source.offsets)
    return finished(
      decode(
        frozenDecoderLayers..<decoder.blocks.count, frozen.tokens ?? embedded(batch, as: embeddingModules[1]), batch,
        encoded, caches: nil,
        rows: rows))
  }

  /// Layers of the decoder before the first with anything trained.
  private var frozenDecoderLayers: Int {
    decoder.bias.isTrainable ? 0 : decoder.blocks.prefix { !$0.trains }.count
  }

  /// Some of the decoder's layers, one after the other; the rows that are wanted are those of the very last.
  private func decode(
    _ numbers: Range<Int>, _ x: Tensor, _ batch: TokenBatch, _ source: T5Block.Source?, caches: [SequenceCache]?,
    rows: [Int32]?
  ) -> Tensor {
    if numbers.isEmpty, let rows { return gatherRows(x, rows) }
    var pass = ForwardPass(batch: batch, caches: caches)
    let prefix = caches == nil ? prefixes : nil
    pass.bias = settings.buckets.bias(
      decoder.bias, length: Int(batch.positions.max() ?? 0) + 1 + virtualTokenCount, isCausal: true)
    return numbers.reduce(x) { x, index in
      pass.prefix = prefix?[index]
      return apply(decoder.blocks[index], x, pass, source, rows: index == decoder.blocks.count - 1 ? rows : nil)
    }
  }

  private func finished(_ x: Tensor) -> Tensor {
    let x = decoder.finalNorm(x)
    return settings.outputScale.map { scaled(x, by: $0) } ?? x
  }

  public func read(source: [Int32], into cache: SequenceCache) {
    let states = encode(TokenBatch([source])).states
    cache.source = decoder.blocks.compactMap { $0.crossAttention?.keysAndValues(states) }
  }

  public func beginCache(_ cache: SequenceCache) {
    guard let prefixes else { return }
    for (index, layer) in prefixes.enumerated() {
      _ = cache.append(layer: index, keys: layer.keys, values: layer.values, rows: 0..<layer.keys.rows)
    }
    cache.advance(by: virtualTokenCount)
    cache.beginVirtual()
  }

  /// The prefix of each of the decoder's layers. PEFT's list is cut for self- and cross-attention, which reads none:
  /// layer i takes place 2 i, from the start again where the list ends.
  private var prefixes: [VirtualKeys.Layer]? {
    hooks.prefix.map { prefix in
      let layers = prefix.layers()
      return decoder.blocks.indices.map { layers[2 * $0 % layers.count] }
    }
  }

  public var embeddingModules: [String] { ["encoder.embed_tokens", "decoder.embed_tokens"] }

  private func embedded(_ batch: TokenBatch, as module: String) -> Tensor {
    let x = hooks.lookUp(batch.ids, in: shared, as: module)
    return hooks.changeEmbeddings.map { $0(x, batch) } ?? x
  }

  /// The encoder's states of all tokens of the source, virtual ones first.
  private func encode(_ source: TokenBatch) -> T5Block.Source {
    var (x, source) = (embedded(source, as: embeddingModules[0]), source)
    if let prompt = hooks.prompt {
      x = withRowsBefore(prompt.rows(), x, offsets: source.offsets)
      source = source.withVirtualTokens(prompt.count)
    }
    var pass = ForwardPass(batch: source, caches: nil)
    pass.bias = settings.buckets.bias(
      encoder.bias, length: Int(source.positions.max() ?? 0) + 1, isCausal: false)
    for block in encoder.blocks { x = apply(block, x, pass, nil, rows: nil) }
    return T5Block.Source(states: encoder.finalNorm(x), offsets: source.offsets)
  }

  /// One layer, whose results are kept or computed again.
  private func apply(
    _ block: T5Block, _ x: Tensor, _ pass: ForwardPass, _ source: T5Block.Source?, rows: [Int32]?
  ) -> Tensor {
    guard checkpointsActivations, let bias = pass.bias else { return block(x, pass, source, rows: rows) }
    // The gradients of the biases and of the encoder's states come from all layers.
    let prefix = pass.prefix.map { [$0.keys, $0.values] } ?? []
    return checkpointed(
      [x, bias.values] + (source.map { [$0.states] } ?? []) + prefix, trains: block.trains
    ) { inputs in
      var pass = pass
      pass.bias = DistanceBias(values: inputs[1], origin: bias.origin)
      if !prefix.isEmpty {
        pass.prefix = VirtualKeys.Layer(keys: inputs[inputs.count - 2], values: inputs[inputs.count - 1])
      }
      let source = source.map { T5Block.Source(states: inputs[2], offsets: $0.offsets) }
      return block(inputs[0], pass, source, rows: rows)
    }
  }
}

/// One layer of the encoder or decoder.
final class T5Block {
  /// What the encoder made of the source, and its segments.
  struct Source {
    let states: Tensor
    let offsets: [Int]
  }

  let attention: SelfAttention
  let crossAttention: CrossAttention?
  let feedForward: FeedForward
  private let attentionNorm: Norm
  private let crossNorm: Norm?
  private let feedForwardNorm: Norm

  init(_ weights: WeightLoader, _ prefix: String, _ layer: Int, _ settings: T5Settings, isDecoder: Bool) throws {
    let (hidden, inner) = (settings.hiddenSize, settings.innerSize), width = settings.attention.width
    func norm(_ place: Int) throws -> Norm {
      try Norm(
        weights, "\(prefix).layer.\(place).layer_norm", size: hidden, kind: .rootMeanSquare(offset: 0),
        epsilon: settings.epsilon)
    }
    func linear(_ name: String, _ input: Int, _ output: Int) throws -> Linear {
      try Linear(weights, "\(prefix).layer.\(name)", input: input, output: output)
    }
    var shape = settings.attention
    shape.isCausal = isDecoder
    attention = SelfAttention(
      layer: layer,
      .separate(
        query: try linear("0.SelfAttention.q", hidden, width), key: try linear("0.SelfAttention.k", hidden, width),
        value: try linear("0.SelfAttention.v", hidden, width)),
      output: try linear("0.SelfAttention.o", width, hidden), shape: shape, rotary: nil)
    attentionNorm = try norm(0)
    shape.isCausal = false
    crossAttention =
      !isDecoder
      ? nil
      : CrossAttention(
        layer: layer, query: try linear("1.EncDecAttention.q", hidden, width),
        key: try linear("1.EncDecAttention.k", hidden, width), value: try linear("1.EncDecAttention.v", hidden, width),
        output: try linear("1.EncDecAttention.o", width, hidden), shape: shape)
    crossNorm = isDecoder ? try norm(1) : nil
    let place = isDecoder ? 2 : 1, dense = "\(place).DenseReluDense"
    feedForward =
      settings.isGated
      ? FeedForward(
        gate: try linear("\(dense).wi_0", hidden, inner), up: try linear("\(dense).wi_1", hidden, inner),
        down: try linear("\(dense).wo", inner, hidden), activation: settings.activation)
      : FeedForward(
        up: try linear("\(dense).wi", hidden, inner), down: try linear("\(dense).wo", inner, hidden),
        activation: settings.activation)
    feedForwardNorm = try norm(place)
  }

  var linears: [Linear] { attention.linears + (crossAttention?.linears ?? []) + feedForward.linears }
  var trains: Bool {
    (attention.parameters + otherParameters + linears.flatMap { $0.adapterParameters })
      .contains { $0.isTrainable }
  }
  /// All but those of self-attention, in the order of checkpoints.
  var otherParameters: [Parameter] {
    attentionNorm.parameters + (crossAttention?.linears.flatMap { $0.parameters } ?? [])
      + (crossNorm?.parameters ?? []) + feedForward.linears.flatMap { $0.parameters } + feedForwardNorm.parameters
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass, _ source: Source?, rows: [Int32]?) -> Tensor {
    var mixed = attention(attentionNorm(x), pass)
    var x = x
    // Beyond self-attention a row depends on itself and the source, but segments are found by all rows.
    if let rows, crossAttention == nil { (x, mixed) = (gatherRows(x, rows), gatherRows(mixed, rows)) }
    x = add(x, attention.output(mixed))
    if let crossAttention, let crossNorm { x = add(x, crossAttention(crossNorm(x), pass, source)) }
    if let rows, crossAttention != nil { x = gatherRows(x, rows) }
    return add(x, feedForward(feedForwardNorm(x)))
  }
}
