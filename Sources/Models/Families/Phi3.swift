import Basics

/// Phi-3: Llama with one weight for queries, keys and values and one for both sides of the gated unit. Reference:
/// `Phi3ForCausalLM` of Hugging Face transformers.
enum Phi3: ModelFamily {
  static let modelTypes = ["phi3"]
  static let traits = ModelTraits(architecture: "Phi3ForCausalLM", loraTargets: ["qkv_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try LlamaLike(config, weights)
    layers.hasFusedProjections = true
    layers.activation = try config.activation("hidden_act", default: "silu")
    let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize))
    return try layers.model(traits, kinds: try layers.layerKinds { _ in true }, rotaries: [rotary])
  }
}
