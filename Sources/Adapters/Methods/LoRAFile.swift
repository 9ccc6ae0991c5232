import Basics
import Models

// What PEFT's file says of LoRA.

extension LoRA {
  /// Options of PEFT that change the result and are not supported; a file that uses one is refused.
  private static let unsupported = [
    "use_qalora", "layer_replication", "target_parameters", "alora_invocation_tokens", "use_bdlora",
    "arrow_config", "kasa_config", "velora_config", "monteclora_config",
  ]
  /// Values of `init_lora_weights` that change no weight of the base, so that a file's tensors are all there is.
  private static let plainInitialisations: [JSON] = [.null, true, false, "eva", "orthogonal", "mica"]

  public init(_ configuration: AdapterConfiguration) throws {
    let json = configuration.json, path = configuration.path
    try configuration.refuse(Self.unsupported)
    self.init(
      rank: try configuration.rank("r"), loraAlpha: try configuration.number("lora_alpha", default: 8),
      loraDropout: try configuration.number("lora_dropout", default: 0),
      targetModules: try configuration.targetModules())
    initialWeights = try Self.initialWeights(configuration)
    usesRankStabilizedScaling = json["use_rslora"]?.boolValue ?? false
    rankPattern = try configuration.pattern("rank_pattern")
    for entry in rankPattern.entries where Int(exactly: entry.value) == nil {
      throw TuneError.data("\(path): 'rank_pattern' of '\(entry.key)' is \(entry.value); expected a positive rank")
    }
    alphaPattern = try configuration.pattern("alpha_pattern")
    modulesToSave = try configuration.modulesToSave()
    usesDoRA = json["use_dora"]?.boolValue ?? false
    usesLoRABias = json["lora_bias"]?.boolValue ?? false
    guard let biases = TrainedBiases(rawValue: json["bias"]?.stringValue ?? "none") else {
      throw configuration.wrong("bias", "none, all or lora_only")
    }
    self.biases = biases
    trainableTokens = try configuration.tokenIndices("trainable_token_indices") ?? []
    selection = try LayerSelection(configuration)
  }

  private static func initialWeights(_ configuration: AdapterConfiguration) throws -> InitialWeights {
    guard let value = configuration.json["init_lora_weights"], !plainInitialisations.contains(value) else {
      return .uniform
    }
    let name = value.stringValue ?? ""
    // "pissa_niter_16" is pissa by a decomposition that is less exact.
    if let known = InitialWeights(rawValue: name.hasPrefix("pissa_niter_") ? "pissa" : name), known != .uniform {
      return known
    }
    throw TuneError.data(
      "\(configuration.path): 'init_lora_weights' is \(value.text()), which changes the base's weights and is not "
        + "supported; convert the adapter to plain LoRA (PEFT's path_initial_model_for_weight_conversion)")
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    [
      "r": .integer(rank), "lora_alpha": numberJSON(loraAlpha), "lora_dropout": .number(loraDropout),
      "target_modules": try targets(of: model).json(on: model), "exclude_modules": selection.excludedJSON,
      "bias": .string(biases.rawValue),
      "fan_in_fan_out": .bool(model.traits.storesTransposed), "use_rslora": .bool(usesRankStabilizedScaling),
      "use_dora": .bool(usesDoRA), "lora_bias": .bool(usesLoRABias), "rank_pattern": rankPattern.json,
      "alpha_pattern": alphaPattern.json,
      "layers_to_transform": selection.layersJSON, "layers_pattern": selection.patternJSON,
      "init_lora_weights": initialWeights == .uniform ? true : .string(initialWeights.rawValue),
      "trainable_token_indices":
        trainableTokens.isEmpty ? .null : .array(trainableTokens.map { .integer($0) }),
    ]
  }

  /// Plain LoRA of twice the rank with the same scale, which holds what was taken out of the base too.
  var converted: LoRA {
    let factor = usesRankStabilizedScaling ? 2.0.squareRoot() : 2
    var converted = self
    // A rank of this size is no layer's own.
    converted.rank = rank > Int.max / 2 ? rank : 2 * rank
    converted.loraAlpha *= factor
    converted.rankPattern = LayerPattern(entries: rankPattern.entries.map { ($0.key, $0.value * 2) })
    converted.alphaPattern = LayerPattern(entries: alphaPattern.entries.map { ($0.key, $0.value * factor) })
    converted.initialWeights = .uniform
    return converted
  }
}
