import Basics
import Models
import Tensors

/// Low-rank adaptation: y = x Wᵀ + scale * dropout(x) Aᵀ Bᵀ, with only A and B trained.
///
/// Source: Hu et al., "LoRA", 2021; names, defaults and initialisation are PEFT's.
public struct LoRA: Sendable, Equatable {
  /// The inner size r.
  public var rank = 8
  public var loraAlpha = 16.0
  /// The probability with which an input element of A is dropped in training.
  public var loraDropout = 0.0
  /// The layers that adapters sit on; nil for those of the model's family.
  public var targetModules: TargetModules?
  /// Scales by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023).
  public var usesRankStabilizedScaling = false
  /// Modules that are trained whole and saved with the adapter; nil for a classifier's head, else none.
  public var modulesToSave: [String]?
  var rankPattern = LayerPattern(entries: [])
  var alphaPattern = LayerPattern(entries: [])

  public init(rank: Int = 8, loraAlpha: Double = 16, loraDropout: Double = 0, targetModules: TargetModules? = nil) {
    self.rank = rank
    self.loraAlpha = loraAlpha
    self.loraDropout = loraDropout
    self.targetModules = targetModules
  }

  /// Puts new adapters on the model's matching layers: A uniform in ±1/sqrt(in), B zero, so that nothing changes yet.
  ///
  /// - Throws: `TuneError.usage` when no layer matches or the rank is larger than a layer.
  public func attach(to model: any LanguageModel, seed: UInt64) throws -> AttachedLoRA {
    try attach(to: model) { name, shape -> Tensor in
      let tensor = Tensor.zeros(shape)
      guard name.hasSuffix("lora_A.weight") else { return tensor }
      var random = SeededRandom(seed: seed, stream: "lora/\(name)")
      let bound = 1 / Double(shape[1]).squareRoot()
      for index in 0..<tensor.count { tensor.pointer[index] = Float((random.uniform() * 2 - 1) * bound) }
      return tensor
    }
  }

  /// Puts adapters on the matching layers, taking each tensor from `weight(name, shape)`.
  ///
  /// - Parameter saved: gives the tensors of modules that are trained whole; nil keeps the model's.
  func attach(
    to model: any LanguageModel, weight: (String, [Int]) throws -> Tensor,
    saved: (String, [Int]) throws -> Tensor? = { _, _ in nil }
  ) throws -> AttachedLoRA {
    guard (0..<1).contains(loraDropout) else {
      throw TuneError.usage("--lora-dropout: \(loraDropout) is not a probability below 1")
    }
    let dropout = DropoutSource()
    let layers = try targets(of: model).select(from: model.linears).map { linear in
      let rank = try checkedRank(for: linear)
      let alpha = try alphaPattern.value(for: linear.name) ?? loraAlpha
      let prefix = Self.prefix + linear.name
      func parameter(_ name: String, _ shape: [Int]) throws -> Parameter {
        Parameter(name, try weight(name, shape), isTrainable: true)
      }
      return LoRALayer(
        linear: linear,
        a: try parameter("\(prefix).lora_A.weight", [rank, linear.inputSize]),
        b: try parameter("\(prefix).lora_B.weight", [linear.outputSize, rank]),
        scale: Float(alpha / (usesRankStabilizedScaling ? Double(rank).squareRoot() : Double(rank))),
        dropoutProbability: Float(loraDropout), dropout: dropout)
    }
    let savedModules = try SavedModules(modulesToSave ?? model.traits.classifierModules, of: model, weight: saved)
    for layer in layers { layer.linear.adapter = layer }
    return AttachedLoRA(
      configuration: self, targetModules: targets(of: model), traits: model.traits, layers: layers,
      savedModules: savedModules, dropout: dropout)
  }

  /// The layers that `attach` would put adapters on, and how many parameters each would get.
  ///
  /// - Throws: `TuneError.usage` as `attach` does.
  public func plan(on model: any LanguageModel) throws -> [(linear: Linear, parameters: Int)] {
    try targets(of: model).select(from: model.linears).map { linear in
      (linear, try checkedRank(for: linear) * (linear.inputSize + linear.outputSize))
    }
  }

  private func targets(of model: any LanguageModel) -> TargetModules {
    targetModules ?? .suffixes(model.traits.loraTargets)
  }

  static let prefix = "base_model.model."

  /// The layer that a tensor of PEFT's name belongs to, and whether it is A and not B.
  static func layer(ofTensor name: String) -> (layer: String, isA: Bool) {
    let suffixes = [".lora_A.weight", ".lora_B.weight"]
    let suffix = suffixes.first { name.hasSuffix($0) } ?? ""
    return (String(name.dropFirst(prefix.count).dropLast(suffix.count)), suffix == suffixes[0])
  }

  private func checkedRank(for linear: Linear) throws -> Int {
    let rank = try rankPattern.value(for: linear.name).map { Int($0) } ?? self.rank
    let largest = min(linear.inputSize, linear.outputSize)
    guard rank >= 1 else { throw TuneError.usage("--rank: \(rank) is too small; use 1 or more") }
    guard rank <= largest else {
      throw TuneError.usage(
        "--rank: \(rank) is larger than layer '\(linear.name)' (\(linear.outputSize) × \(linear.inputSize)); "
          + "use at most \(largest)")
    }
    return rank
  }
}

/// The adapters of one LoRA on a model.
public final class AttachedLoRA {
  public let configuration: LoRA
  public let targetModules: TargetModules
  /// Of the model, for the files that PEFT reads.
  let traits: ModelTraits
  let layers: [LoRALayer]
  let savedModules: SavedModules
  private let dropout: DropoutSource

  init(
    configuration: LoRA, targetModules: TargetModules, traits: ModelTraits, layers: [LoRALayer],
    savedModules: SavedModules, dropout: DropoutSource
  ) {
    self.configuration = configuration
    self.targetModules = targetModules
    self.traits = traits
    self.layers = layers
    self.savedModules = savedModules
    self.dropout = dropout
  }

  public var parameters: [Parameter] { tensors.map { $0.parameter } }

  /// Every trained parameter with its name in PEFT's file.
  public var tensors: [(name: String, parameter: Parameter)] {
    layers.flatMap { $0.parameters }.map { ($0.name, $0) } + savedModules.tensors
  }

  /// - Throws: `TuneError.usage` when modules are trained whole beside the adapter, which a format has no place for.
  public func requireNoSavedModules(in format: String) throws {
    guard let first = savedModules.parameters.first else { return }
    throw TuneError.usage(
      "'\(first.name)' is trained whole beside the adapter, and \(format) have no place for it; use tune merge")
  }

  /// Turns dropout on with this seed for the next forward pass, or off with nil (evaluation, generation).
  public func setDropout(seed: UInt64?) { dropout.seed = seed }

  /// Takes the adapters off or puts them back, so that base and tuned can be compared on one loaded model.
  public var isEnabled = true {
    didSet {
      for layer in layers { layer.linear.adapter = isEnabled ? layer : nil }
      savedModules.isEnabled = isEnabled
    }
  }
}

/// The seed that all layers of an adapter share in one forward pass; nil outside training.
final class DropoutSource {
  var seed: UInt64?
}

/// LoRA on one linear layer.
final class LoRALayer: LinearAdapter {
  unowned let linear: Linear
  /// [rank, in]
  let a: Parameter
  /// [out, rank]
  let b: Parameter
  private let scale: Float
  private let dropoutProbability: Float
  private let dropout: DropoutSource
  private let nameHash: UInt64

  init(
    linear: Linear, a: Parameter, b: Parameter, scale: Float, dropoutProbability: Float, dropout: DropoutSource
  ) {
    self.linear = linear
    self.a = a
    self.b = b
    self.scale = scale
    self.dropoutProbability = dropoutProbability
    self.dropout = dropout
    nameHash = stableHash(linear.name)
  }

  var parameters: [Parameter] { [a, b] }

  var update: LowRankUpdate {
    let seed = dropoutProbability > 0 ? dropout.seed : nil
    return LowRankUpdate(
      a: a, b: b, scale: scale,
      dropout: seed.map { LowRankUpdate.Dropout(probability: dropoutProbability, seed: $0 ^ nameHash) })
  }
}
