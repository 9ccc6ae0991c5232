import Basics

/// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values. Reference: `Qwen2ForCausalLM` of Hugging Face
/// transformers.
enum Qwen2: ModelFamily {
  static let modelTypes = ["qwen2"]
  static let traits = ModelTraits(architecture: "Qwen2ForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try LlamaLike(config, weights)
    layers.queryKeyValueBias = true
    return try qwen(layers, traits)
  }
}

/// Qwen3: Llama with normalised queries and keys. Reference: `Qwen3ForCausalLM` of Hugging Face transformers.
enum Qwen3: ModelFamily {
  static let modelTypes = ["qwen3"]
  static let traits = ModelTraits(architecture: "Qwen3ForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try LlamaLike(config, weights, headSize: 128)
    layers.queryKeyValueBias = try config.flag("attention_bias", default: false)
    layers.outputBias = layers.queryKeyValueBias
    layers.hasHeadNorms = true
    return try qwen(layers, traits)
  }
}

private func qwen(_ layers: LlamaLike, _ traits: ModelTraits) throws -> Decoder {
  var layers = layers
  let config = layers.config
  layers.activation = try config.activation("hidden_act", default: "silu")
  let slides = try config.flag("use_sliding_window", default: false)
  let firstSliding = config.json["max_window_layers"].flatMap { $0.isNull ? nil : $0.intValue } ?? 28
  var kinds = try layers.layerKinds { slides && $0 >= firstSliding }
  if !slides { for layer in kinds.indices { kinds[layer].window = nil } }
  let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize))
  return try layers.model(traits, kinds: kinds, rotaries: [rotary])
}
