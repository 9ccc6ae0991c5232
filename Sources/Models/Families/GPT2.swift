import Basics
import Tensors

/// GPT-2: learned positions, layer norms, and weights stored as [in, out]. Reference: `GPT2LMHeadModel` of Hugging Face
/// transformers.
enum GPT2: ModelFamily {
  static let modelTypes = ["gpt2"]
  static let traits = ModelTraits(architecture: "GPT2LMHeadModel", loraTargets: ["c_attn"], storesTransposed: true)

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    try config.refuse("scale_attn_by_inverse_layer_idx", unless: false)
    try config.refuse("scale_attn_weights", unless: true)
    try config.refuse("add_cross_attention", unless: false)
    weights.basePrefix = "transformer."
    let vocabulary = try config.count("vocab_size"), hidden = try config.count("n_embd")
    let layerCount = try config.layerCount("n_layer")
    let positions = try config.count("n_positions"), inner = try config.count("n_inner", default: 4 * hidden)
    let shape = try config.attentionShape(headsKey: "n_head", hiddenSize: hidden)
    let epsilon = Float(try config.number("layer_norm_epsilon", default: 1e-5))
    let activation = try config.activation("activation_function", default: "gelu_new")

    func norm(_ name: String) throws -> Norm {
      try Norm(weights, "transformer.\(name)", size: hidden, kind: .layer, epsilon: epsilon)
    }
    func linear(_ name: String, _ input: Int, _ output: Int) throws -> Linear {
      try Linear(
        weights, "transformer.\(name)", input: input, output: output, bias: true, isStoredTransposed: true)
    }
    let embedTokens = try weights.take("transformer.wte.weight", shape: [vocabulary, hidden])
    let table = try weights.take("transformer.wpe.weight", shape: [positions, hidden])
    let blocks = try (0..<layerCount).map { layer in
      let fused = try linear("h.\(layer).attn.c_attn", hidden, 3 * hidden)
      let columns = (0..<3).map { [$0 * hidden..<($0 + 1) * hidden] }
      return DecoderBlock(
        norms: .init(
          beforeAttention: try norm("h.\(layer).ln_1"), beforeFeedForward: try norm("h.\(layer).ln_2")),
        attention: SelfAttention(
          layer: layer, .fused(fused, columns: columns), output: try linear("h.\(layer).attn.c_proj", hidden, hidden),
          shape: shape, rotary: nil),
        feedForward: FeedForward(
          up: try linear("h.\(layer).mlp.c_fc", hidden, inner),
          down: try linear("h.\(layer).mlp.c_proj", inner, hidden),
          activation: activation))
    }
    var parts = Decoder.Parts(embedTokens: embedTokens, blocks: blocks, finalNorm: try norm("ln_f"))
    parts.positions = (table, 0)
    if try !config.flag("tie_word_embeddings", default: true) {
      parts.untiedHead = try weights.take("lm_head.weight", shape: [vocabulary, hidden])
    }
    // Older files hold the causal masks.
    try weights.finish { $0.hasSuffix(".attn.bias") || $0.hasSuffix(".attn.masked_bias") || $0 == "lm_head.weight" }
    return Decoder(
      config: config, traits: traits,
      dimensions: ModelDimensions(
        vocabularySize: vocabulary, hiddenSize: hidden, layerCount: layerCount, keyValueWidth: hidden,
        maxPositions: positions),
      parts: parts)
  }
}
