import Basics
import Tensors

/// OPT: learned positions from row 2 on, layer norms, a feed-forward with ReLU. Reference: `OPTForCausalLM` of Hugging
/// Face transformers.
enum OPT: ModelFamily {
  static let modelTypes = ["opt"]
  static let traits = ModelTraits(architecture: "OPTForCausalLM", loraTargets: ["q_proj", "v_proj"])
  /// The rows before that of position 0.
  private static let firstPosition = 2

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    try config.refuse("do_layer_norm_before", unless: true)
    try config.refuse("_remove_final_layer_norm", unless: false)
    try config.refuse("layer_norm_elementwise_affine", unless: true)
    weights.basePrefix = "model."
    let vocabulary = try config.count("vocab_size"), hidden = try config.count("hidden_size")
    let layerCount = try config.layerCount("num_hidden_layers")
    let positions = try config.count("max_position_embeddings"), inner = try config.count("ffn_dim")
    let projected = try config.count("word_embed_proj_dim", default: hidden)
    guard projected == hidden else {
      throw config.wrong("word_embed_proj_dim", .integer(projected), "hidden_size \(hidden)")
    }
    let shape = try config.attentionShape(headsKey: "num_attention_heads", hiddenSize: hidden)
    let bias = try config.flag("enable_bias", default: true)
    let activation = try config.activation("activation_function", default: "relu")

    func norm(_ name: String) throws -> Norm {
      try Norm(weights, "model.decoder.\(name)", size: hidden, kind: .layer, epsilon: 1e-5)
    }
    func linear(_ name: String, _ input: Int, _ output: Int) throws -> Linear {
      try Linear(weights, "model.decoder.layers.\(name)", input: input, output: output, bias: bias)
    }
    let embedTokens = try weights.take("model.decoder.embed_tokens.weight", shape: [vocabulary, hidden])
    let table = try weights.take(
      "model.decoder.embed_positions.weight", shape: [positions + firstPosition, hidden])
    let blocks = try (0..<layerCount).map { layer in
      func projection(_ name: String) throws -> Linear { try linear("\(layer).self_attn.\(name)", hidden, hidden) }
      return DecoderBlock(
        norms: .init(
          beforeAttention: try norm("layers.\(layer).self_attn_layer_norm"),
          beforeFeedForward: try norm("layers.\(layer).final_layer_norm")),
        attention: SelfAttention(
          layer: layer,
          .separate(
            query: try projection("q_proj"), key: try projection("k_proj"), value: try projection("v_proj")),
          output: try projection("out_proj"), shape: shape, rotary: nil),
        feedForward: FeedForward(
          up: try linear("\(layer).fc1", hidden, inner), down: try linear("\(layer).fc2", inner, hidden),
          activation: activation))
    }
    var parts = Decoder.Parts(embedTokens: embedTokens, blocks: blocks, finalNorm: try norm("final_layer_norm"))
    parts.positions = (table, firstPosition)
    let tiesEmbeddings = try config.flag("tie_word_embeddings", default: true)
    if !tiesEmbeddings { parts.untiedHead = try weights.take("lm_head.weight", shape: [vocabulary, hidden]) }
    try weights.finish { tiesEmbeddings && $0 == "lm_head.weight" }
    return Decoder(
      config: config, traits: traits,
      dimensions: ModelDimensions(
        vocabularySize: vocabulary, hiddenSize: hidden, layerCount: layerCount, keyValueWidth: hidden,
        maxPositions: positions),
      parts: parts)
  }
}
