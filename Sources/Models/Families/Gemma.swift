import Basics
import Tensors

/// Gemma: norms whose weights are stored less one, scaled embeddings, a unit gated by GELU. Reference:
/// `GemmaForCausalLM` of Hugging Face transformers.
enum Gemma: ModelFamily {
  static let modelTypes = ["gemma"]
  static let traits = ModelTraits(architecture: "GemmaForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try gemma(config, weights)
    // "gelu" stands in the first releases and means the approximation.
    layers.activation = .geluTanh
    for key in ["hidden_act", "hidden_activation"] where config.text(key) != nil && config.text(key) != "gelu" {
      layers.activation = try config.activation(key, default: "gelu_pytorch_tanh")
    }
    let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize))
    return try layers.model(
      traits, kinds: Array(repeating: .init(), count: layers.layerCount), rotaries: [rotary])
  }
}

/// Gemma 2: also norms on the outputs, capped scores and logits, and a sliding window in every other layer. Reference:
/// `Gemma2ForCausalLM` of Hugging Face transformers.
enum Gemma2: ModelFamily {
  static let modelTypes = ["gemma2"]
  static let traits = ModelTraits(architecture: "Gemma2ForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    var layers = try gemmaWithOutputNorms(config, weights)
    layers.attentionSoftcap = try softcap("attn_logit_softcapping", config, default: 50)
    var traits = traits
    traits.logitSoftcap = try softcap("final_logit_softcapping", config, default: 30)
    let kinds = try layers.layerKinds { ($0 + 1) % 2 != 0 }
    let rotary = RotaryEmbedding(try RotaryScaling(config, headSize: layers.headSize))
    return try layers.model(traits, kinds: kinds, rotaries: [rotary])
  }
}

/// Gemma 3 for text: normalised queries and keys, and two base frequencies: one for the layers with a sliding window,
/// one for those without. Reference: `Gemma3ForCausalLM` of Hugging Face transformers.
enum Gemma3: ModelFamily {
  static let modelTypes = ["gemma3_text"]
  static let traits = ModelTraits(architecture: "Gemma3ForCausalLM", loraTargets: ["q_proj", "v_proj"])

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    guard try !config.flag("use_bidirectional_attention", default: false) else {
      throw config.wrong("use_bidirectional_attention", true, "false, as in language models")
    }
    var layers = try gemmaWithOutputNorms(config, weights)
    layers.hasHeadNorms = true
    layers.attentionSoftcap = try softcap("attn_logit_softcapping", config, default: nil)
    var traits = traits
    traits.logitSoftcap = try softcap("final_logit_softcapping", config, default: nil)
    let pattern = try config.count(
      "sliding_window_pattern", default: config.count("_sliding_window_pattern", default: 6))
    var kinds = try layers.layerKinds { ($0 + 1) % pattern != 0 }
    for layer in kinds.indices where kinds[layer].window != nil { kinds[layer].rotary = 1 }
    let global = try RotaryScaling(
      config, headSize: layers.headSize, layerType: "full_attention", defaultTheta: 1_000_000)
    let local = try RotaryScaling(
      config, headSize: layers.headSize, layerType: "sliding_attention", thetaKey: "rope_local_base_freq",
      scalingKeys: ["rope_parameters"])
    return try layers.model(traits, kinds: kinds, rotaries: [RotaryEmbedding(global), RotaryEmbedding(local)])
  }
}

private func gemma(_ config: ConfigFile, _ weights: WeightLoader) throws -> LlamaLike {
  var layers = try LlamaLike(config, weights, headSize: 256, tiesByDefault: true)
  layers.queryKeyValueBias = try config.flag("attention_bias", default: false)
  layers.outputBias = layers.queryKeyValueBias
  layers.normKind = .rootMeanSquare(offset: 1)
  layers.embeddingScale = Float(layers.hiddenSize).squareRoot()
  return layers
}

private func gemmaWithOutputNorms(_ config: ConfigFile, _ weights: WeightLoader) throws -> LlamaLike {
  var layers = try gemma(config, weights)
  layers.activation = try config.activation("hidden_activation", default: "gelu_pytorch_tanh")
  layers.hasOutputNorms = true
  layers.attentionScale = 1 / Float(try config.number("query_pre_attn_scalar", default: 256)).squareRoot()
  return layers
}

/// The bound of a soft cap; nil where it is null.
private func softcap(_ key: String, _ config: ConfigFile, default fallback: Double?) throws -> Float? {
  guard let value = config.json[key] else { return fallback.map { Float($0) } }
  guard !value.isNull else { return nil }
  guard let cap = value.doubleValue, cap > 0, cap.isFinite else { throw config.wrong(key, value, "a positive number") }
  return Float(cap)
}
