import Basics

/// Mistral: Llama with a sliding window in every layer. Reference: `MistralForCausalLM` of Hugging Face transformers.
enum Mistral: ModelFamily {
  static let modelTypes = ["mistral"]
  static let traits = ModelTraits(architecture: "MistralForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try LlamaLike(config, weights)
    layers.activation = try config.activation("hidden_act", default: "silu")
    let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize))
    return try layers.model(traits, kinds: try layers.layerKinds { _ in true }, rotaries: [rotary])
  }
}
