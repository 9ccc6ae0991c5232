import Basics
import Foundation

/// The settings of a llama GGUF file under the names of Hugging Face's `config.json`.
struct LlamaHyperparameters {
  static let rotaryFactorsName = "rope_freqs.weight"

  let heads: Int
  let keyValueHeads: Int
  /// Rows of a head; even.
  let headSize: Int
  let config: JSONObject

  /// - Throws: `TuneError` when the architecture is another, or a setting is missing or not supported.
  init(_ file: GGUFFile) throws {
    guard file.architecture == "llama" else {
      throw TuneError.data(
        "\(file.path): has the architecture '\(file.architecture ?? "")'; GGUF files of 'llama' are supported; "
          + "use the model's safetensors folder instead")
    }
    if let experts = file.metadata["llama.expert_count"]?.integerValue, experts > 0 {
      throw TuneError.data("\(file.path): is a mixture of \(experts) experts; supported are models without experts")
    }
    guard let embedding = file.tensor("token_embd.weight"), embedding.shape.count == 2 else {
      throw TuneError.data("\(file.path): has no tensor 'token_embd.weight'; expected a language model")
    }
    let hidden = try Self.size("embedding_length", file)
    heads = try Self.size("attention.head_count", file)
    keyValueHeads = try Self.size("attention.head_count_kv", file, default: heads)
    headSize = try Self.size("attention.key_length", file, default: max(1, hidden / heads))
    try Self.checkHeads(heads, keyValueHeads, headSize, file)

    var config: JSONObject = [
      "architectures": ["LlamaForCausalLM"],
      "model_type": "llama",
      "hidden_act": "silu",
      "hidden_size": .integer(hidden),
      "num_hidden_layers": .integer(try Self.size("block_count", file)),
      "num_attention_heads": .integer(heads),
      "num_key_value_heads": .integer(keyValueHeads),
      "head_dim": .integer(headSize),
      "intermediate_size": .integer(try Self.size("feed_forward_length", file)),
      "vocab_size": .integer(embedding.shape[0]),
      "max_position_embeddings": .integer(try Self.size("context_length", file)),
      "rms_norm_eps": .number(try Self.number("attention.layer_norm_rms_epsilon", file)),
      "rope_theta": .number(try Self.number("rope.freq_base", file, default: 10_000)),
      "attention_bias": .bool(file.tensor("blk.0.attn_q.bias") != nil),
      "mlp_bias": .bool(file.tensor("blk.0.ffn_gate.bias") != nil),
      "tie_word_embeddings": .bool(file.tensor("output.weight") == nil),
    ]
    config["rope_scaling"] = try Self.ropeScaling(file, headSize: headSize, base: config["rope_theta"]?.doubleValue)
    for (key, stored) in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")] {
      guard let id = file.metadata["tokenizer.ggml.\(stored)_token_id"]?.integerValue else { continue }
      config["\(key)_token_id"] = .integer(id)
    }
    self.config = config
  }

  private static func checkHeads(_ heads: Int, _ keyValueHeads: Int, _ headSize: Int, _ file: GGUFFile) throws {
    guard heads.isMultiple(of: keyValueHeads), headSize.isMultiple(of: 2) else {
      throw TuneError.data(
        "\(file.path): has \(heads) attention heads, \(keyValueHeads) key-value heads and a head size of \(headSize); "
          + "expected a multiple of the key-value heads and an even size")
    }
    for name in ["rope.dimension_count", "attention.value_length"] {
      let found = try size(name, file, default: headSize)
      guard found == headSize else {
        throw TuneError.data("\(file.path): llama.\(name) is \(found); only the head size, \(headSize), is supported")
      }
    }
  }

  /// A count from 1 to 2^31 - 1.
  private static func size(_ name: String, _ file: GGUFFile, default standard: Int? = nil) throws -> Int {
    guard let value = file.metadata["llama.\(name)"] else {
      if let standard { return standard }
      throw TuneError.data("\(file.path): has no value 'llama.\(name)'; the file is not a complete Llama model")
    }
    guard let size = value.integerValue, size > 0, size <= Int(Int32.max) else {
      throw TuneError.data("\(file.path): 'llama.\(name)' is \(text(value)); expected one positive integer")
    }
    return size
  }

  /// A finite number above 0.
  private static func number(_ name: String, _ file: GGUFFile, default standard: Double? = nil) throws -> Double {
    guard let value = file.metadata["llama.\(name)"] else {
      if let standard { return standard }
      throw TuneError.data("\(file.path): has no value 'llama.\(name)'; the file is not a complete Llama model")
    }
    guard let number = value.numberValue, number.isFinite, number > 0 else {
      throw TuneError.data("\(file.path): 'llama.\(name)' is \(text(value)); expected a positive number")
    }
    return number
  }

  /// A value for an error message; arrays are not printed.
  private static func text(_ value: GGUFValue) -> String {
    switch value {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): "'\(value)'"
    default: "an array"
    }
  }

  /// The `rope_scaling` of `config.json`, nil when positions are not scaled.
  private static func ropeScaling(_ file: GGUFFile, headSize: Int, base: Double?) throws -> JSON? {
    if let factors = file.tensor(rotaryFactorsName) {
      return try Llama3Scaling(factors, headSize: headSize, base: base ?? 10_000, file).json
    }
    guard let type = file.metadata["llama.rope.scaling.type"]?.stringValue, type != "none" else { return nil }
    var scaling: JSONObject = [
      "rope_type": .string(type), "factor": .number(try number("rope.scaling.factor", file)),
    ]
    if file.metadata["llama.rope.scaling.original_context_length"] != nil {
      let length = try size("rope.scaling.original_context_length", file)
      scaling["original_max_position_embeddings"] = .integer(length)
    }
    return .object(scaling)
  }
}

/// The scaling of Llama 3.1 and later. A GGUF file holds only its factor for each frequency, from which the settings
/// are found again by trying the published ones.
private struct Llama3Scaling {
  private static let lowFrequencyFactor = 1.0
  private static let highFrequencyFactor = 4.0
  private static let originalContextLength = 8192

  let json: JSON

  init(_ tensor: StoredTensor, headSize: Int, base: Double, _ file: GGUFFile) throws {
    guard tensor.format == .f32, tensor.shape == [headSize / 2] else {
      throw TuneError.data(
        "\(file.path): tensor '\(tensor.name)' has shape \(tensor.shape) in \(tensor.format.rawValue); "
          + "expected [\(headSize / 2)] in F32")
    }
    var factors = [Float](repeating: 0, count: headSize / 2)
    try file.read(tensor, into: &factors)
    let factor = Double(factors.max() ?? 1)
    for (index, found) in factors.enumerated() {
      let wavelength = 2 * Double.pi * pow(base, Double(2 * index) / Double(headSize))
      guard abs(Double(found) - Self.factor(wavelength: wavelength, longest: factor)) <= 1e-3 * Double(found) else {
        throw TuneError.data(
          "\(file.path): tensor '\(tensor.name)' scales rotary positions in a way other than Llama 3; "
            + "use the model's safetensors folder instead")
      }
    }
    json = [
      "rope_type": "llama3", "factor": .number(factor),
      "low_freq_factor": .number(Self.lowFrequencyFactor), "high_freq_factor": .number(Self.highFrequencyFactor),
      "original_max_position_embeddings": .integer(Self.originalContextLength),
    ]
  }

  /// How much a frequency is slowed: not at all for short waves, by `longest` for long ones, smoothly in between.
  private static func factor(wavelength: Double, longest: Double) -> Double {
    let length = Double(originalContextLength)
    if wavelength < length / highFrequencyFactor { return 1 }
    if wavelength > length / lowFrequencyFactor { return longest }
    let smooth = (length / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
    return 1 / ((1 - smooth) / longest + smooth)
  }
}
