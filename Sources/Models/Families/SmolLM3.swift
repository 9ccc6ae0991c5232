import Basics

/// SmolLM3: Llama with some layers that have no positions. Reference: `SmolLM3ForCausalLM` of Hugging Face transformers.
enum SmolLM3: ModelFamily {
  static let modelTypes = ["smollm3"]
  static let traits = ModelTraits(architecture: "SmolLM3ForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try LlamaLike(config, weights, tiesByDefault: true)
    layers.queryKeyValueBias = try config.flag("attention_bias", default: false)
    layers.outputBias = layers.queryKeyValueBias
    layers.feedForwardBias = try config.flag("mlp_bias", default: false)
    layers.activation = try config.activation("hidden_act", default: "silu")
    let turns = try turningLayers(config, count: layers.layerCount)
    let slides = try config.flag("use_sliding_window", default: false)
    var kinds = try layers.layerKinds { slides && !turns[$0] }
    for layer in kinds.indices where !turns[layer] { kinds[layer].rotary = nil }
    let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize, defaultTheta: 2_000_000))
    return try layers.model(traits, kinds: kinds, rotaries: [rotary])
  }

  /// Which layers have rotary positions: `no_rope_layers` has 1 for those that do.
  private static func turningLayers(_ config: ConfigFile, count: Int) throws -> [Bool] {
    guard let listed = config.json["no_rope_layers"], !listed.isNull else {
      let interval = try config.count("no_rope_layer_interval", default: 4)
      return (0..<count).map { ($0 + 1) % interval != 0 }
    }
    let values = listed.arrayValue?.compactMap { $0.intValue } ?? []
    guard values.count >= count, values.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw config.wrong("no_rope_layers", listed, "0 or 1 for each of \(count) layers")
    }
    return values.prefix(count).map { $0 == 1 }
  }
}
