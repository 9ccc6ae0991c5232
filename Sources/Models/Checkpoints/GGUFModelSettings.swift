import Basics
import Foundation

/// What a model's configuration says, as the metadata of its architecture in a GGUF file.
///
/// llama.cpp computes what its architectures say and not what a configuration says: a setting that differs from theirs
/// is refused by name.
struct GGUFModelSettings {
  private(set) var metadata: [GGUFEntry] = []
  /// What each frequency of rotary positions is divided by; nil where the metadata tell how they are scaled.
  private(set) var rotaryFactors: [Float]?
  private(set) var contextLimit: Int?
  private let config: ConfigFile
  private let architecture: GGUFArchitecture
  private let dimensions: ModelDimensions
  private let heads: Int
  private let keyValueHeads: Int
  private let headSize: Int

  /// - Throws: `TuneError.data` for a setting that llama.cpp does not compute in the same way.
  init(_ model: any LanguageModel, _ architecture: GGUFArchitecture) throws {
    self.architecture = architecture
    config = model.config
    dimensions = model.dimensions
    heads = try config.count(architecture.hasRotaryPositions ? "num_attention_heads" : "n_head")
    keyValueHeads = try config.count("num_key_value_heads", default: heads)
    headSize = dimensions.keyValueWidth / keyValueHeads
    try checkConstants()
    try findContextLimit()
    addSizes(try innerSize(), epsilon: try epsilon())
    if architecture.hasRotaryPositions {
      add("attention.head_count_kv", keyValueHeads)
      add("attention.key_length", headSize)
      add("attention.value_length", headSize)
      try addPositions()
    }
    if architecture.windowPeriod != nil { try addGemmaSettings() }
  }

  /// The heads that a weight's rows are interleaved by; nil for weights that stay as they are.
  func interleavedHeads(_ name: String) -> Int? {
    guard architecture.interleavesHeads else { return nil }
    switch name.split(separator: ".").dropFirst(2).first {
    case "attn_q": return heads
    case "attn_k": return keyValueHeads
    default: return nil
    }
  }

  private mutating func add(_ name: String, _ value: Int) {
    metadata.append(GGUFEntry("\(architecture.name).\(name)", .uint32(UInt32(clamping: value))))
  }

  private mutating func add(_ name: String, _ value: Double) {
    metadata.append(GGUFEntry("\(architecture.name).\(name)", .float32(Float(value))))
  }

  private func innerSize() throws -> Int {
    architecture.hasRotaryPositions
      ? try config.count("intermediate_size") : try config.count("n_inner", default: 4 * dimensions.hiddenSize)
  }

  private func epsilon() throws -> Double {
    architecture.hasRotaryPositions
      ? try config.number("rms_norm_eps", default: 1e-6) : try config.number("layer_norm_epsilon", default: 1e-5)
  }

  private mutating func addSizes(_ inner: Int, epsilon: Double) {
    add("vocab_size", dimensions.vocabularySize)
    add("context_length", contextLimit ?? dimensions.maxPositions)
    add("embedding_length", dimensions.hiddenSize)
    add("block_count", dimensions.layerCount)
    add("feed_forward_length", inner)
    add("attention.head_count", heads)
    add(architecture.hasRotaryPositions ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", epsilon)
  }

  /// Activations and the like must be those of the architecture.
  private func checkConstants() throws {
    for entry in architecture.constants {
      guard let found = config.json[entry.key], !found.isNull, found != entry.value, entry.key.contains("act") else {
        continue
      }
      // The first Gemma says "gelu" and means the approximation, as does GPT-2's own name of it.
      let isSame = entry.value.stringValue?.hasPrefix("gelu") == true && found.stringValue?.hasPrefix("gelu") == true
      guard isSame && (architecture.name == "gemma" || found != "gelu") else {
        throw config.wrong(entry.key, found, "\(entry.value.text()): llama.cpp computes \(architecture.name) models so")
      }
    }
  }

  /// llama.cpp knows no sliding window in most architectures: up to the window's length there is no difference.
  private mutating func findContextLimit() throws {
    guard architecture.windowPeriod == nil, let window = config.json["sliding_window"]?.intValue else { return }
    let type = config.text("model_type")
    let slides = type == "mistral" || architecture.slidesInEveryLayer
    guard try slides || config.flag("use_sliding_window", default: false), window < dimensions.maxPositions else {
      return
    }
    contextLimit = try config.count("sliding_window")
  }
}

// MARK: - Positions

extension GGUFModelSettings {
  /// The rotary positions of the layers with full attention, or of all.
  private func rope() throws -> (theta: Double, settings: ConfigFile) {
    for key in ["rope_scaling", "rope_parameters"] {
      guard var found = config.json[key], !found.isNull else { continue }
      found = found["full_attention"] ?? found
      let settings = ConfigFile(found, path: "\(config.path): \(key)")
      return (try settings.number("rope_theta", default: try theta()), settings)
    }
    return (try theta(), ConfigFile([:], path: config.path))
  }

  private func theta() throws -> Double {
    try config.number("rope_theta", default: architecture.name == "gemma3" ? 1_000_000 : 10_000)
  }

  private mutating func addPositions() throws {
    let (theta, settings) = try rope()
    let share = try settings.number(
      "partial_rotary_factor", default: try config.number("partial_rotary_factor", default: 1))
    let turned = Int(Double(headSize) * share)
    guard turned == headSize || architecture.turnsPartOfHead else {
      throw config.wrong("partial_rotary_factor", .number(share), "1 in \(architecture.name) models of llama.cpp")
    }
    add("rope.dimension_count", turned)
    add("rope.freq_base", theta)
    switch settings.text("rope_type") ?? settings.text("type") ?? "default" {
    case "default": break
    case "linear":
      addText("rope.scaling.type", "linear")
      add("rope.scaling.factor", try settings.number("factor", default: 1))
    case "yarn": try addYarn(settings)
    case "llama3": try addLlama3(settings, theta: theta)
    case let type:
      throw settings.wrong("rope_type", .string(type), "default, linear, yarn or llama3, which llama.cpp computes")
    }
  }

  private mutating func addText(_ name: String, _ value: String) {
    metadata.append(GGUFEntry("\(architecture.name).\(name)", .string(value)))
  }

  private mutating func addYarn(_ settings: ConfigFile) throws {
    for (key, standard) in [("beta_fast", 32.0), ("beta_slow", 1)] {
      let found = try settings.number(key, default: standard)
      guard found == standard else { throw settings.wrong(key, .number(found), "\(standard), as llama.cpp takes it") }
    }
    for key in ["attention_factor", "mscale", "mscale_all_dim"] {
      guard let found = settings.json[key], !found.isNull else { continue }
      throw settings.wrong(key, found, "none: llama.cpp computes it from the factor")
    }
    addText("rope.scaling.type", "yarn")
    add("rope.scaling.factor", try settings.number("factor", default: 1))
    add(
      "rope.scaling.original_context_length",
      try settings.count("original_max_position_embeddings", default: dimensions.maxPositions))
  }

  private mutating func addLlama3(_ settings: ConfigFile, theta: Double) throws {
    let length = try settings.count("original_max_position_embeddings")
    let factors = Llama3Factors(
      base: theta, headSize: headSize, originalLength: Double(length),
      lowFrequencyFactor: try settings.number("low_freq_factor", default: 1),
      highFrequencyFactor: try settings.number("high_freq_factor", default: 4))
    rotaryFactors = factors.factors(try settings.number("factor", default: 1)).map { Float($0) }
    // What llama.cpp has no use for lets the settings be found again.
    if length != Llama3Factors.publishedLength { add("rope.scaling.original_context_length", length) }
  }
}

// MARK: - Gemma 2 and 3

extension GGUFModelSettings {
  private mutating func addGemmaSettings() throws {
    let hidden = dimensions.hiddenSize, scaleLayers = architecture.layersWithHiddenScale
    let scalar = Double(dimensions.layerCount == scaleLayers ? hidden / heads : headSize)
    let found = try config.number("query_pre_attn_scalar", default: 256)
    guard found == scalar else {
      throw config.wrong(
        "query_pre_attn_scalar", .number(found), "\(scalar), by which llama.cpp scales \(architecture.name) models")
    }
    for name in ["attn_logit_softcapping", "final_logit_softcapping"] {
      let setting = architecture.settings.first { $0.stored == name }
      let value = config.json[name]
      guard let setting, let standard = setting.fallback else {
        guard value == nil || value == .null else {
          throw config.wrong(name, value ?? .null, "null: llama.cpp has no cap in \(architecture.name) models")
        }
        continue
      }
      guard value != .null else { throw config.wrong(name, .null, "a cap: llama.cpp has one in \(architecture.name)") }
      add(name, try config.number(name, default: standard))
    }
    try addWindows()
  }

  /// Windows in all but each n-th layer.
  private mutating func addWindows() throws {
    let standard = architecture.windowPeriod ?? 1
    let named = config.json["layer_types"]?.arrayValue
    let period =
      try named.map { ($0.firstIndex(of: "full_attention") ?? $0.count) + 1 }
      ?? (architecture.name == "gemma3"
        ? config.count("sliding_window_pattern", default: config.count("_sliding_window_pattern", default: standard))
        : standard)
    let expected: [JSON] = (0..<dimensions.layerCount).map {
      ($0 + 1) % period == 0 ? "full_attention" : "sliding_attention"
    }
    guard named == nil || named == expected, architecture.name == "gemma3" || period == standard else {
      throw config.wrong(
        "layer_types", .array(named ?? []), "full attention in each n-th layer and windows in the others")
    }
    add("attention.sliding_window", try config.count("sliding_window", default: dimensions.maxPositions))
    if period != standard { add("attention.sliding_window_pattern", period) }
    guard architecture.name == "gemma3" else { return }
    let local = ConfigFile(config.json["rope_parameters"]?["sliding_attention"] ?? [:], path: config.path)
    let type = local.text("rope_type") ?? "default"
    guard type == "default" else {
      throw config.wrong("rope_parameters", .string(type), "unscaled positions in layers with a window")
    }
    add(
      "rope.freq_base_swa",
      try local.number("rope_theta", default: try config.number("rope_local_base_freq", default: 10_000)))
  }
}
