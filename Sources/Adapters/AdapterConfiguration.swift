import Basics

/// The values of an adapter's `adapter_config.json`, checked one by one with errors that name the file and the key.
struct AdapterConfiguration {
  let json: JSON
  let path: String

  /// A finite number with a default for a missing or null key.
  func number(_ key: String, default fallback: Double) throws -> Double {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let number = value.doubleValue, number.isFinite else { throw wrong(key, "a number") }
    return number
  }

  func rank(_ key: String) throws -> Int {
    guard let rank = json[key]?.intValue, rank > 0 else { throw wrong(key, "a positive rank") }
    return rank
  }

  func wrong(_ key: String, _ expected: String) -> TuneError {
    .data("\(path): '\(key)' is \(json[key]?.text() ?? "missing"); expected \(expected)")
  }

  // MARK: PEFT

  /// Options of PEFT that change the result and are not supported; a file that uses one is refused.
  private static let unsupported = [
    "use_dora", "lora_bias", "use_qalora", "trainable_token_indices", "layer_replication",
    "target_parameters", "exclude_modules", "layers_to_transform", "alora_invocation_tokens", "use_bdlora",
    "arrow_config", "kasa_config", "velora_config", "monteclora_config",
  ]
  /// Values of `init_lora_weights` that change no weight of the base. PEFT takes a part of the base out of it for the
  /// others, when it trains and again when it loads.
  private static let initialisations: [JSON] = [.null, true, false, "gaussian", "eva", "orthogonal", "mica"]

  /// LoRA as PEFT's file describes it.
  ///
  /// - Throws: `TuneError.data` for another method, an option that is not supported, and values out of range.
  func lora() throws -> LoRA {
    let type = json["peft_type"]?.stringValue ?? "missing"
    guard type == "LORA" else { throw TuneError.data("\(path): peft_type is \(type); only LORA is supported") }
    for key in Self.unsupported {
      guard let value = json[key], value != .null, value != .bool(false), value != [], value != [:] else { continue }
      throw TuneError.data("\(path): '\(key)' is \(value.text(.compact)), which is not supported yet")
    }
    if let bias = json["bias"]?.stringValue, bias != "none" {
      throw TuneError.data("\(path): 'bias' is '\(bias)'; only 'none' is supported")
    }
    if let initialisation = json["init_lora_weights"], !Self.initialisations.contains(initialisation) {
      throw TuneError.data(
        "\(path): 'init_lora_weights' is \(initialisation.text()), which changes the base's weights and is not "
          + "supported; convert the adapter to plain LoRA (PEFT's path_initial_model_for_weight_conversion)")
    }
    var lora = LoRA(
      rank: try rank("r"), loraAlpha: try number("lora_alpha", default: 8),
      loraDropout: try number("lora_dropout", default: 0), targetModules: try targets())
    lora.usesRankStabilizedScaling = json["use_rslora"]?.boolValue ?? false
    lora.rankPattern = try pattern("rank_pattern")
    for entry in lora.rankPattern.entries where Int(exactly: entry.value) == nil {
      throw TuneError.data("\(path): 'rank_pattern' of '\(entry.key)' is \(entry.value); expected a positive rank")
    }
    lora.alphaPattern = try pattern("alpha_pattern")
    lora.modulesToSave = try modulesToSave()
    return lora
  }

  /// As PEFT reads it, which trains a classifier's head whatever the file says.
  private func modulesToSave() throws -> [String] {
    var names: [String] = []
    if let value = json["modules_to_save"], !value.isNull {
      names = value.arrayValue?.compactMap { $0.stringValue } ?? []
      guard names.count == value.arrayValue?.count else { throw wrong("modules_to_save", "a list of module names") }
    }
    guard json["task_type"]?.stringValue == "SEQ_CLS" else { return names }
    return names + ["classifier", "score"].filter { !names.contains($0) }
  }

  private func targets() throws -> TargetModules {
    switch json["target_modules"] {
    case .array(let entries)?:
      let names = entries.compactMap { $0.stringValue }
      if names.count == entries.count, !names.isEmpty { return .suffixes(names) }
    case .string("all-linear")?: return .allLinear
    case .string(let pattern)?: return .expression(pattern)
    default: break
    }
    throw wrong("target_modules", "a list of layer names or an expression")
  }

  private func pattern(_ key: String) throws -> LayerPattern {
    guard let value = json[key], !value.isNull else { return LayerPattern(entries: []) }
    guard let object = value.objectValue else { throw TuneError.data("\(path): '\(key)' is not an object") }
    return LayerPattern(
      entries: try object.map { entry in
        guard let value = entry.value.doubleValue, value > 0, value.isFinite else {
          throw TuneError.data(
            "\(path): '\(key)' of '\(entry.key)' is \(entry.value.text()); expected a positive number")
        }
        return (entry.key, value)
      })
  }
}
