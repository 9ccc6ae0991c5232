import Basics
import Tensors

/// GPT-NeoX and Pythia: attention and feed-forward side by side, rotary positions on a part of each head. Reference:
/// `GPTNeoXForCausalLM` of Hugging Face transformers.
enum GPTNeoX: ModelFamily {
  static let modelTypes = ["gpt_neox"]
  static let traits = ModelTraits(architecture: "GPTNeoXForCausalLM", loraTargets: ["query_key_value"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    let vocabulary = try config.count("vocab_size"), hidden = try config.count("hidden_size")
    let layerCount = try config.layerCount("num_hidden_layers")
    let inner = try config.count("intermediate_size")
    let shape = try config.attentionShape(headsKey: "num_attention_heads", hiddenSize: hidden)
    let (heads, size) = (shape.headCount, shape.headSize)
    let epsilon = Float(try config.number("layer_norm_eps", default: 1e-5))
    let activation = try config.activation("hidden_act", default: "gelu")
    let isParallel = try config.flag("use_parallel_residual", default: true)
    let attentionBias = try config.flag("attention_bias", default: true)
    // Each head's queries, keys and values stand together.
    let columns = (0..<3).map { part in
      (0..<heads).map { ($0 * 3 + part) * size..<($0 * 3 + part + 1) * size }
    }

    func norm(_ name: String) throws -> Norm {
      try Norm(weights, "gpt_neox.\(name)", size: hidden, kind: .layer, epsilon: epsilon)
    }
    func linear(_ name: String, _ input: Int, _ output: Int, bias: Bool = true) throws -> Linear {
      try Linear(weights, "gpt_neox.layers.\(name)", input: input, output: output, bias: bias)
    }
    let embedTokens = try weights.take("gpt_neox.embed_in.weight", shape: [vocabulary, hidden])
    let blocks = try (0..<layerCount).map { layer in
      DecoderBlock(
        norms: .init(
          beforeAttention: try norm("layers.\(layer).input_layernorm"),
          beforeFeedForward: try norm("layers.\(layer).post_attention_layernorm")),
        attention: SelfAttention(
          layer: layer,
          .fused(
            try linear("\(layer).attention.query_key_value", hidden, 3 * hidden, bias: attentionBias),
            columns: columns),
          output: try linear("\(layer).attention.dense", hidden, hidden, bias: attentionBias), shape: shape),
        feedForward: FeedForward(
          up: try linear("\(layer).mlp.dense_h_to_4h", hidden, inner),
          down: try linear("\(layer).mlp.dense_4h_to_h", inner, hidden), activation: activation),
        isParallel: isParallel)
    }
    var parts = Decoder.Parts(embedTokens: embedTokens, blocks: blocks, finalNorm: try norm("final_layer_norm"))
    parts.rotaries = [
      RotaryEmbedding(
        try RotaryScaling(
          config, headSize: size, thetaKey: "rotary_emb_base", partialKey: "rotary_pct", defaultPartial: 0.25))
    ]
    let tiesEmbeddings = try config.flag("tie_word_embeddings", default: false)
    if !tiesEmbeddings { parts.untiedHead = try weights.take("embed_out.weight", shape: [vocabulary, hidden]) }
    // Older files hold masks and frequencies.
    try weights.finish { name in
      [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"].contains { name.hasSuffix($0) }
        || (tiesEmbeddings && name == "embed_out.weight")
    }
    return Decoder(
      config: config, traits: traits,
      dimensions: ModelDimensions(
        vocabularySize: vocabulary, hiddenSize: hidden, layerCount: layerCount, keyValueWidth: hidden,
        maxPositions: try config.count("max_position_embeddings", default: 2048)),
      parts: parts)
  }
}
