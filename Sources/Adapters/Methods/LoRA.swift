import Basics
import Models
import Tensors

/// Low-rank adaptation: y = x Wᵀ + scale * dropout(x) Aᵀ Bᵀ, with only A and B trained.
///
/// Source: Hu et al., "LoRA", 2021; names, defaults and initialisation are PEFT's.
public struct LoRA: PEFTMethod, Equatable {
  public static let peftType = "LORA"

  /// The inner size r.
  public var rank = 8
  public var loraAlpha = 16.0
  /// The probability with which an input element of A is dropped in training.
  public var loraDropout = 0.0
  /// The layers that adapters sit on; nil for those of the model's family.
  public var targetModules: TargetModules?
  /// Scales by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023).
  public var usesRankStabilizedScaling = false
  public var modulesToSave: [String]?
  /// Trains a magnitude for each output beside the low-rank direction: DoRA (Liu et al., 2024).
  public var usesDoRA = false
  /// The layers of the model that get adapters, by their number, and names that get none.
  public var selection = LayerSelection()
  var rankPattern = LayerPattern(entries: [])
  var alphaPattern = LayerPattern(entries: [])

  public init(rank: Int = 8, loraAlpha: Double = 16, loraDropout: Double = 0, targetModules: TargetModules? = nil) {
    self.rank = rank
    self.loraAlpha = loraAlpha
    self.loraDropout = loraDropout
    self.targetModules = targetModules
  }

  /// A starts uniform in ±1/sqrt(in), B as zero, so that nothing changes yet.
  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    guard (0..<1).contains(loraDropout) else {
      throw TuneError.usage("--lora-dropout: \(loraDropout) is not a probability below 1")
    }
    return try selected(from: model).map { linear in
      let rank = try checkedRank(for: linear, isNew: !source.isFile)
      let alpha = try alphaPattern.value(for: linear.name) ?? loraAlpha
      let prefix = peftPrefix + linear.name
      func parameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
        let name = "\(prefix).\(name)"
        return Parameter(name, try source.tensor(name, shape, initial), isTrainable: true)
      }
      let layer = LoRALayer(
        linear: linear,
        a: try parameter(
          "lora_A.weight", [rank, linear.inputSize], .uniform(bound: 1 / Double(linear.inputSize).squareRoot())),
        b: try parameter("lora_B.weight", [linear.outputSize, rank], .zeros),
        scale: Float(alpha / (usesRankStabilizedScaling ? Double(rank).squareRoot() : Double(rank))),
        dropoutProbability: Float(loraDropout), dropout: dropout)
      guard usesDoRA else { return layer }
      let magnitude = try parameter("lora_magnitude_vector", [linear.outputSize], .made { _ in layer.norms })
      return DoRALayer(layer, magnitude: magnitude)
    }
  }

  /// The layers that `attach` would put adapters on, and how many parameters each would get.
  ///
  /// - Throws: `TuneError.usage` as `attach` does.
  public func plan(on model: any LanguageModel) throws -> [(linear: Linear, parameters: Int)] {
    try selected(from: model).map { linear in
      let lowRank = try checkedRank(for: linear, isNew: true) * (linear.inputSize + linear.outputSize)
      return (linear, lowRank + (usesDoRA ? linear.outputSize : 0))
    }
  }

  private func selected(from model: any LanguageModel) throws -> [Linear] {
    try selection.select(from: targets(of: model).select(from: model.linears))
  }

  private func targets(of model: any LanguageModel) -> TargetModules {
    targetModules ?? .suffixes(model.traits.loraTargets)
  }

  /// The layer that a tensor of PEFT's name belongs to, and whether it is A and not B.
  static func layer(ofTensor name: String) -> (layer: String, isA: Bool) {
    let suffixes = [".lora_A.weight", ".lora_B.weight"]
    let suffix = suffixes.first { name.hasSuffix($0) } ?? ""
    return (String(name.dropFirst(peftPrefix.count).dropLast(suffix.count)), suffix == suffixes[0])
  }

  /// A file may have a rank larger than its layer: the sum of several adapters.
  private func checkedRank(for linear: Linear, isNew: Bool) throws -> Int {
    let rank = try rankPattern.value(for: linear.name).map { Int($0) } ?? self.rank
    let largest = min(linear.inputSize, linear.outputSize)
    guard rank >= 1 else { throw TuneError.usage("--rank: \(rank) is too small; use 1 or more") }
    guard rank <= largest || !isNew else {
      throw TuneError.usage(
        "--rank: \(rank) is larger than layer '\(linear.name)' (\(linear.outputSize) × \(linear.inputSize)); "
          + "use at most \(largest)")
    }
    return rank
  }

  /// A DoRA's magnitudes are no part of a sum.
  public var proportionalTensors: [String] { usesDoRA ? [] : ["lora_B.weight"] }

  public func summary(on model: any LanguageModel) -> String {
    "\(usesDoRA ? "DoRA" : "LoRA") r=\(rank) α=\(numberJSON(loraAlpha).text()) on \(targets(of: model))"
  }
}

// MARK: PEFT's file

extension LoRA {
  /// Options of PEFT that change the result and are not supported; a file that uses one is refused.
  private static let unsupported = [
    "lora_bias", "use_qalora", "trainable_token_indices", "layer_replication", "target_parameters",
    "alora_invocation_tokens", "use_bdlora",
    "arrow_config", "kasa_config", "velora_config", "monteclora_config",
  ]
  /// Values of `init_lora_weights` that change no weight of the base. PEFT takes a part of the base out of it for the
  /// others, when it trains and again when it loads.
  private static let initialisations: [JSON] = [.null, true, false, "gaussian", "eva", "orthogonal", "mica"]

  public init(_ configuration: AdapterConfiguration) throws {
    let json = configuration.json, path = configuration.path
    try configuration.refuse(Self.unsupported)
    if let bias = json["bias"]?.stringValue, bias != "none" {
      throw TuneError.data("\(path): 'bias' is '\(bias)'; only 'none' is supported")
    }
    if let initialisation = json["init_lora_weights"], !Self.initialisations.contains(initialisation) {
      throw TuneError.data(
        "\(path): 'init_lora_weights' is \(initialisation.text()), which changes the base's weights and is not "
          + "supported; convert the adapter to plain LoRA (PEFT's path_initial_model_for_weight_conversion)")
    }
    self.init(
      rank: try configuration.rank("r"), loraAlpha: try configuration.number("lora_alpha", default: 8),
      loraDropout: try configuration.number("lora_dropout", default: 0),
      targetModules: try configuration.targetModules())
    usesRankStabilizedScaling = json["use_rslora"]?.boolValue ?? false
    rankPattern = try configuration.pattern("rank_pattern")
    for entry in rankPattern.entries where Int(exactly: entry.value) == nil {
      throw TuneError.data("\(path): 'rank_pattern' of '\(entry.key)' is \(entry.value); expected a positive rank")
    }
    alphaPattern = try configuration.pattern("alpha_pattern")
    modulesToSave = try configuration.modulesToSave()
    usesDoRA = json["use_dora"]?.boolValue ?? false
    selection = try LayerSelection(configuration)
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    [
      "r": .integer(rank), "lora_alpha": numberJSON(loraAlpha), "lora_dropout": .number(loraDropout),
      "target_modules": try targets(of: model).json(on: model), "exclude_modules": selection.excludedJSON,
      "bias": "none",
      "fan_in_fan_out": .bool(model.traits.storesTransposed), "use_rslora": .bool(usesRankStabilizedScaling),
      "use_dora": .bool(usesDoRA), "lora_bias": false, "rank_pattern": rankPattern.json,
      "alpha_pattern": alphaPattern.json,
      "layers_to_transform": selection.layersJSON, "layers_pattern": selection.patternJSON, "init_lora_weights": true,
    ]
  }
}
