import Basics
import Foundation
import Models
import Tensors

/// Reads and writes PEFT adapter folders: `adapter_config.json` and `adapter_model.safetensors`.
public enum AdapterFolder {
  static let configName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"
  /// The PEFT release whose files these are.
  static let peftVersion = "0.21.2"

  /// Whether a folder holds an adapter.
  public static func isAdapter(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(configName)")
  }

  /// The base model that the adapter was trained on, as its configuration names it.
  public static func baseModel(of folder: String) throws -> String? {
    try JSON(contentsOf: "\(folder)/\(configName)")["base_model_name_or_path"]?.stringValue
  }

  /// Writes the adapter so that PEFT loads it unchanged. Weights come last: a folder with weights is complete.
  public static func save(_ adapter: AttachedLoRA, to folder: String, baseModel: String) throws {
    try createFolder(folder)
    let config = configuration(adapter, baseModel: baseModel)
    try AtomicFile.write(config.text(JSON.Style(indent: 2, sortsKeys: true)) + "\n", to: "\(folder)/\(configName)")
    try write(adapter.parameters.sorted { $0.name < $1.name }, format: .f32, to: "\(folder)/\(weightsName)")
  }

  /// Puts the adapter of a folder on a model.
  ///
  /// - Throws: `TuneError.data` for a missing file, an unsupported method or option, and any missing, unexpected or
  ///   wrongly shaped tensor: an adapter that would do nothing is an error.
  public static func load(_ folder: String, onto model: any LanguageModel) throws -> AttachedLoRA {
    let path = "\(folder)/\(configName)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw TuneError.data("\(folder): has no \(configName); expected a PEFT adapter folder")
    }
    let lora = try parse(JSON(contentsOf: path), path: path)
    let store = try Safetensors("\(folder)/\(weightsName)")
    var taken: Set<String> = []
    let adapter: AttachedLoRA
    do {
      adapter = try lora.attach(to: model) { name, shape in
        taken.insert(name)
        return try read(name, shape, from: store)
      }
    } catch let error as TuneError where error.kind == .usage {
      throw TuneError.data("\(path): does not fit the model: \(error.message)")
    }
    if let extra = store.tensorNames.first(where: { !taken.contains($0) }) {
      adapter.isEnabled = false
      throw TuneError.data(
        "\(store.path): the tensor '\(extra)' belongs to no targeted layer of the model; "
          + "the adapter was made for another model or by a method that is not supported")
    }
    return adapter
  }

  private static func read(_ name: String, _ shape: [Int], from store: Safetensors) throws -> Tensor {
    guard let stored = store.tensor(name) else {
      throw TuneError.data("\(store.path): the tensor '\(name)' is missing; the adapter was made for another model")
    }
    guard stored.shape == shape else {
      throw TuneError.data(
        "\(store.path): tensor '\(name)' has shape \(stored.shape), but the model needs \(shape); "
          + "the adapter was made for another model")
    }
    let tensor = Tensor(shape: shape)
    try store.read(stored, into: tensor.pointer)
    try store.requireFinite(stored, tensor.pointer)
    return tensor
  }

  /// Options that change the result and are not supported; a file that uses one is refused.
  private static let unsupported = [
    "use_dora", "lora_bias", "use_qalora", "modules_to_save", "trainable_token_indices", "layer_replication",
    "target_parameters", "exclude_modules", "layers_to_transform", "alora_invocation_tokens", "use_bdlora",
  ]

  private static func parse(_ json: JSON, path: String) throws -> LoRA {
    let type = json["peft_type"]?.stringValue ?? "missing"
    guard type == "LORA" else { throw TuneError.data("\(path): peft_type is \(type); only LORA is supported") }
    for key in unsupported {
      guard let value = json[key], value != .null, value != .bool(false), value != [] else { continue }
      throw TuneError.data("\(path): '\(key)' is \(value.text(.compact)), which is not supported yet")
    }
    if let bias = json["bias"]?.stringValue, bias != "none" {
      throw TuneError.data("\(path): 'bias' is '\(bias)'; only 'none' is supported")
    }
    guard let rank = json["r"]?.intValue, rank > 0 else {
      throw TuneError.data("\(path): 'r' is \(json["r"]?.text() ?? "missing"); expected a positive rank")
    }
    var lora = LoRA(
      rank: rank, loraAlpha: try number(json, "lora_alpha", default: 8, path: path),
      loraDropout: try number(json, "lora_dropout", default: 0, path: path),
      targetModules: try targets(json["target_modules"], path: path))
    lora.usesRankStabilizedScaling = json["use_rslora"]?.boolValue ?? false
    lora.rankPattern = try pattern(json["rank_pattern"], path: path, key: "rank_pattern")
    for entry in lora.rankPattern.entries where Int(exactly: entry.value) == nil {
      throw TuneError.data("\(path): 'rank_pattern' of '\(entry.key)' is \(entry.value); expected a positive rank")
    }
    lora.alphaPattern = try pattern(json["alpha_pattern"], path: path, key: "alpha_pattern")
    return lora
  }

  /// A finite number with a default for a missing or null key.
  private static func number(_ json: JSON, _ key: String, default fallback: Double, path: String) throws -> Double {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let number = value.doubleValue, number.isFinite else {
      throw TuneError.data("\(path): '\(key)' is \(value.text()); expected a number")
    }
    return number
  }

  private static func targets(_ json: JSON?, path: String) throws -> TargetModules {
    switch json {
    case .array(let entries)?:
      let names = entries.compactMap { $0.stringValue }
      if names.count == entries.count, !names.isEmpty { return .suffixes(names) }
    case .string("all-linear")?: return .allLinear
    case .string(let pattern)?: return .expression(pattern)
    default: break
    }
    throw TuneError.data(
      "\(path): 'target_modules' is \(json?.text() ?? "missing"); expected a list of layer names or an expression")
  }

  private static func pattern(_ json: JSON?, path: String, key: String) throws -> LayerPattern {
    guard let json, !json.isNull else { return LayerPattern(entries: []) }
    guard let object = json.objectValue else { throw TuneError.data("\(path): '\(key)' is not an object") }
    return LayerPattern(
      entries: try object.map { entry in
        guard let value = entry.value.doubleValue, value > 0, value.isFinite else {
          throw TuneError.data(
            "\(path): '\(key)' of '\(entry.key)' is \(entry.value.text()); expected a positive number")
        }
        return (entry.key, value)
      })
  }

  /// What PEFT writes for the same adapter; `all-linear` is expanded to the layers' full names, as PEFT does.
  private static func configuration(_ adapter: AttachedLoRA, baseModel: String) -> JSON {
    let lora = adapter.configuration
    let targets: JSON =
      switch adapter.targetModules {
      case .suffixes(let names): .array(names.map { .string($0) })
      case .expression(let pattern): .string(pattern)
      case .allLinear: .array(adapter.layers.map { .string($0.linear.name) })
      }
    return [
      "peft_type": "LORA", "task_type": adapter.traits.decoderStartID == nil ? "CAUSAL_LM" : "SEQ_2_SEQ_LM",
      "peft_version": .string(peftVersion),
      "base_model_name_or_path": .string(baseModel), "revision": .null, "inference_mode": true,
      "r": .integer(lora.rank), "lora_alpha": numberJSON(lora.loraAlpha), "lora_dropout": .number(lora.loraDropout),
      "target_modules": targets, "modules_to_save": .null, "exclude_modules": .null, "bias": "none",
      "fan_in_fan_out": .bool(adapter.traits.storesTransposed), "use_rslora": .bool(lora.usesRankStabilizedScaling),
      "use_dora": false,
      "lora_bias": false, "rank_pattern": lora.rankPattern.json, "alpha_pattern": lora.alphaPattern.json,
      "layers_to_transform": .null, "layers_pattern": .null, "init_lora_weights": true,
    ]
  }
}
