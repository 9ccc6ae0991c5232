import Basics

/// Llama, and with it SmolLM and SmolLM2. Reference: `LlamaForCausalLM` of Hugging Face transformers.
enum Llama: ModelFamily {
  static let modelTypes = ["llama"]
  static let traits = ModelTraits(architecture: "LlamaForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try LlamaLike(config, weights)
    layers.queryKeyValueBias = try config.flag("attention_bias", default: false)
    layers.outputBias = layers.queryKeyValueBias
    layers.feedForwardBias = try config.flag("mlp_bias", default: false)
    layers.activation = try config.activation("hidden_act", default: "silu")
    let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize))
    return try layers.model(
      traits, kinds: Array(repeating: .init(), count: layers.layerCount), rotaries: [rotary])
  }
}
