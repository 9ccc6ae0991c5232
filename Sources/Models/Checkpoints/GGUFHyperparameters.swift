import Basics
import Foundation

/// The settings of a GGUF file under the names of Hugging Face's `config.json`.
struct GGUFHyperparameters {
  static let rotaryFactorsName = "rope_freqs.weight"

  let architecture: GGUFArchitecture
  let heads: Int
  let keyValueHeads: Int
  /// Rows of a head; even where positions are rotary.
  let headSize: Int
  let config: JSONObject

  /// - Throws: `TuneError` when the architecture is another, or a setting is missing or not supported.
  init(_ file: GGUFFile) throws {
    guard let architecture = GGUFArchitecture.named(file.architecture ?? "") else {
      let known = GGUFArchitecture.all.map(\.name).joined(separator: ", ")
      throw TuneError.data(
        "\(file.path): has the architecture '\(file.architecture ?? "")'; GGUF files of \(known) are supported; "
          + "use the model's safetensors folder instead")
    }
    self.architecture = architecture
    let settings = GGUFSettings(file, architecture)
    try settings.refuseOthers()
    guard let embedding = file.tensor("token_embd.weight"), embedding.shape.count == 2 else {
      throw TuneError.data("\(file.path): has no tensor 'token_embd.weight'; expected a language model")
    }
    let hidden = try settings.count("embedding_length")
    heads = try settings.count("attention.head_count")
    keyValueHeads = try settings.count("attention.head_count_kv", default: heads)
    headSize = try settings.count("attention.key_length", default: max(1, hidden / heads))

    var config: JSONObject = [
      "architectures": [.string(architecture.className)],
      "model_type": .string(architecture.modelTypes[0]),
      "vocab_size": .integer(embedding.shape[0]),
      "tie_word_embeddings": .bool(file.tensor("output.weight") == nil),
    ]
    for entry in architecture.constants { config[entry.key] = entry.value }
    for setting in architecture.settings { config[setting.key] = try settings.value(setting) }
    if architecture.hasRotaryPositions {
      try settings.checkHeads(heads, keyValueHeads, headSize)
      config["num_key_value_heads"] = .integer(keyValueHeads)
      config["head_dim"] = .integer(headSize)
      config["attention_bias"] = .bool(file.tensor("blk.0.attn_q.bias") != nil)
      config["mlp_bias"] = .bool(file.tensor("blk.0.ffn_gate.bias") != nil)
      try settings.addPositions(to: &config, headSize: headSize)
      try settings.addWindows(to: &config)
    }
    if let layers = architecture.layersWithHiddenScale {
      let scalar = config["num_hidden_layers"]?.intValue == layers ? hidden / heads : headSize
      config["query_pre_attn_scalar"] = .integer(scalar)
    }
    for (key, stored) in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")] {
      guard let id = file.metadata["tokenizer.ggml.\(stored)_token_id"]?.integerValue else { continue }
      config["\(key)_token_id"] = .integer(id)
    }
    self.config = config
  }
}

/// The metadata of a GGUF file below its architecture's name.
private struct GGUFSettings {
  private static let maximumLayers = 1000

  private let file: GGUFFile
  private let architecture: GGUFArchitecture

  init(_ file: GGUFFile, _ architecture: GGUFArchitecture) {
    self.file = file
    self.architecture = architecture
  }

  private func key(_ name: String) -> String { "\(architecture.name).\(name)" }

  private subscript(_ name: String) -> GGUFValue? { file.metadata[key(name)] }

  /// Settings that change the arithmetic in a way that is not built, with the value that changes nothing.
  private static let changing: [(name: String, harmless: GGUFValue)] = [
    ("expert_count", .integer(0)), ("attention.causal", .bool(true)), ("attention.clamp_kqv", .number(0)),
    ("attention.max_alibi_bias", .number(0)), ("attention.scale", .number(0)), ("logit_scale", .number(1)),
    ("residual_scale", .number(1)), ("embedding_scale", .number(1)), ("attn_logit_softcapping", .number(0)),
    ("final_logit_softcapping", .number(0)), ("rope.scale_linear", .number(1)),
    ("rope.scaling.attn_factor", .number(1)), ("rope.scaling.yarn_log_multiplier", .number(0)),
    ("rope.scaling.yarn_ext_factor", .number(1)), ("rope.scaling.yarn_attn_factor", .number(1)),
    ("rope.scaling.yarn_beta_fast", .number(32)), ("rope.scaling.yarn_beta_slow", .number(1)),
  ]

  /// - Throws: `TuneError` naming the first setting that changes the arithmetic and is not supported.
  func refuseOthers() throws {
    for (name, harmless) in Self.changing where !architecture.settings.contains(where: { $0.stored == name }) {
      guard let value = self[name], value != harmless, value.numberValue != harmless.numberValue ?? .nan else {
        continue
      }
      throw TuneError.data(
        "\(file.path): '\(key(name))' is \(Self.text(value)), which changes the model's arithmetic in a way that is "
          + "not supported; use the model's safetensors folder instead")
    }
  }

  func checkHeads(_ heads: Int, _ keyValueHeads: Int, _ headSize: Int) throws {
    guard heads.isMultiple(of: keyValueHeads), headSize.isMultiple(of: 2) else {
      throw TuneError.data(
        "\(file.path): has \(heads) attention heads, \(keyValueHeads) key-value heads and a head size of \(headSize); "
          + "expected a multiple of the key-value heads and an even size")
    }
    let names = ["attention.value_length"] + (architecture.turnsPartOfHead ? [] : ["rope.dimension_count"])
    for name in names {
      let found = try count(name, default: headSize)
      guard found == headSize else {
        throw TuneError.data(
          "\(file.path): \(key(name)) is \(found); only the head size, \(headSize), is supported")
      }
    }
  }

  /// A count from 1 to 2^31 - 1, for layers at most 1000.
  func count(_ name: String, default standard: Int? = nil) throws -> Int {
    guard let value = self[name] else {
      if let standard { return standard }
      throw missing(name)
    }
    guard let count = value.integerValue, count > 0, count <= Int(Int32.max) else {
      throw TuneError.data("\(file.path): '\(key(name))' is \(Self.text(value)); expected one positive integer")
    }
    guard name != "block_count" || count <= Self.maximumLayers else {
      throw TuneError.data("\(file.path): '\(key(name))' is \(count); expected at most \(Self.maximumLayers) layers")
    }
    return count
  }

  /// A finite number above 0.
  func number(_ name: String, default standard: Double? = nil) throws -> Double {
    guard let value = self[name] else {
      if let standard { return standard }
      throw missing(name)
    }
    guard let number = value.numberValue, number.isFinite, number > 0 else {
      throw TuneError.data("\(file.path): '\(key(name))' is \(Self.text(value)); expected a positive number")
    }
    return number
  }

  func value(_ setting: GGUFArchitecture.Setting) throws -> JSON {
    setting.isCount
      ? .integer(try count(setting.stored, default: setting.fallback.map { Int($0) }))
      : .number(try number(setting.stored, default: setting.fallback))
  }

  private func missing(_ name: String) -> TuneError {
    .data("\(file.path): has no value '\(key(name))'; the file is not a complete \(architecture.name) model")
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

  /// Rotary positions: their base, the part of a head that they turn, and how they are scaled.
  func addPositions(to config: inout JSONObject, headSize: Int) throws {
    let base = try number("rope.freq_base", default: 10_000)
    config["rope_theta"] = .number(base)
    config["rope_scaling"] = try ropeScaling(headSize: headSize, base: base)
    if architecture.turnsPartOfHead, let turned = self["rope.dimension_count"]?.integerValue, turned != headSize {
      config["partial_rotary_factor"] = .number(Double(turned) / Double(headSize))
    }
  }

  /// The `rope_scaling` of `config.json`, nil when positions are not scaled.
  private func ropeScaling(headSize: Int, base: Double) throws -> JSON? {
    let original = "rope.scaling.original_context_length"
    if let factors = file.tensor(GGUFHyperparameters.rotaryFactorsName) {
      let length = try count(original, default: Llama3Factors.publishedLength)
      return try Llama3Factors(base: base, headSize: headSize, originalLength: Double(length)).json(of: factors, file)
    }
    guard let type = self["rope.scaling.type"]?.stringValue, type != "none" else { return nil }
    var scaling: JSONObject = ["rope_type": .string(type), "factor": .number(try number("rope.scaling.factor"))]
    if self[original] != nil { scaling["original_max_position_embeddings"] = .integer(try count(original)) }
    return .object(scaling)
  }

  /// Sliding windows: in every layer of Phi-3, in all but each n-th layer of Gemma.
  func addWindows(to config: inout JSONObject) throws {
    let name = "attention.sliding_window"
    if architecture.slidesInEveryLayer, let window = self[name], window != .integer(0) {
      config["sliding_window"] = .integer(try count(name))
    }
    guard let period = architecture.windowPeriod else { return }
    let layers = try count("block_count"), pattern = "attention.sliding_window_pattern"
    let slides: [Bool]
    switch self[pattern] {
    case .booleans(let listed)? where listed.count == layers: slides = listed
    default:
      let period = try count(pattern, default: period)
      slides = (0..<layers).map { $0 % period < period - 1 }
    }
    config["layer_types"] = .array(slides.map { .string($0 ? "sliding_attention" : "full_attention") })
  }
}
