import Basics
import Models
import Tensors

/// Low-rank adaptation: y = x Wᵀ + scale * dropout(x) Aᵀ Bᵀ, with only A and B trained.
///
/// Source: Hu et al., "LoRA", 2021; names, defaults and initialisation are PEFT's.
public struct LoRA: PEFTMethod, Equatable {
  public static let peftType = "LORA"

  /// What A and B start as: PEFT's `init_lora_weights`.
  public enum InitialWeights: String, Sendable, CaseIterable {
    /// A uniform in ±1/sqrt(in), B zero.
    case uniform = "true"
    /// A normal with deviation 1/rank, B zero.
    case gaussian
    /// The strongest singular directions of the base's weight, which are taken out of it.
    case pissa
    /// The first directions of a QR decomposition of the base's weight, which are taken out of it.
    case olora

    var takesFromBase: Bool { self == .pissa || self == .olora }
  }

  /// Biases of the base that are trained too.
  public enum TrainedBiases: String, Sendable, CaseIterable {
    case none, all
    /// Those of the adapted layers.
    case loraOnly = "lora_only"
  }

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
  /// Trains a bias behind B, inside the scale.
  public var usesLoRABias = false
  public var initialWeights = InitialWeights.uniform
  public var biases = TrainedBiases.none
  /// Tokens whose embeddings are trained too.
  public var trainableTokens: [Int] = []
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

  /// A target with its own rank and scale.
  private struct Place {
    let target: LoRATarget
    let rank: Int
    let scale: Float
    /// What it begins as, and what the base loses; nil where the base keeps all.
    var start: BaseDirections?
  }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    try checkOptions()
    let places = try self.places(on: model, isFile: source.isFile)
    let converted = initialWeights.takesFromBase ? try self.converted.settings(on: model) : [:]
    var parts = try places.map { try part($0, on: model, from: source, dropout, converted) }
    let layers = places.compactMap { $0.target.linear }
    if biases != .none { parts.append(try trainedBiases(on: model, layers: layers, from: source)) }
    if !trainableTokens.isEmpty {
      let changed = places.first { $0.target.linear == nil }
      if let changed {
        throw TuneError.usage(
          "--trainable-token-indices: '\(changed.target.name)' has an adapter, and rows of the embeddings cannot be trained "
            + "beside it; take it out of --target-modules")
      }
      let embeddings = "\(peftPrefix)\(model.inputEmbeddingModule)"
      parts.append(
        try TokenRows(
          trainableTokens, on: model, names: ["\(embeddings).token_adapter.trainable_tokens_delta"], from: source))
    }
    return parts + (try storedBase(of: model, from: source).map { [$0] } ?? [])
  }

  private func checkOptions() throws {
    guard (0..<1).contains(loraDropout) else {
      throw TuneError.usage("--lora-dropout: \(loraDropout) is not a probability below 1")
    }
    if usesDoRA, usesLoRABias || initialWeights.takesFromBase {
      throw TuneError.usage(
        "DoRA goes with neither --lora-bias nor --init-lora-weights pissa and olora; choose one of them")
    }
    if usesLoRABias, initialWeights != .uniform {
      throw TuneError.usage("--lora-bias goes with --init-lora-weights true alone; leave one of them out")
    }
  }

  private func places(on model: any LanguageModel, isFile: Bool) throws -> [Place] {
    var places = try selected(from: model).map { target in
      let rank = try checkedRank(for: target, isNew: !isFile)
      let alpha = try alphaPattern.value(for: target.name) ?? loraAlpha
      let scale = Float(alpha / (usesRankStabilizedScaling ? Double(rank).squareRoot() : Double(rank)))
      if target.linear == nil, usesDoRA || usesLoRABias || initialWeights.takesFromBase {
        throw TuneError.usage(
          "--target-modules: '\(target.name)' can have plain LoRA alone: no DoRA, no --lora-bias and no "
            + "--init-lora-weights pissa or olora")
      }
      return Place(target: target, rank: rank, scale: scale)
    }
    guard initialWeights.takesFromBase else { return places }
    guard places.allSatisfy({ $0.scale > 0 }) else {
      throw TuneError.usage("--init-lora-weights \(initialWeights.rawValue) needs a --lora-alpha above 0")
    }
    let layers = places.compactMap { place in place.target.linear.map { ($0, place.rank, place.scale) } }
    for (index, start) in try BaseDirections.of(layers, isPrincipal: initialWeights == .pissa).enumerated() {
      places[index].start = start
    }
    return places
  }

  private func part(
    _ place: Place, on model: any LanguageModel, from source: TensorSource, _ dropout: DropoutSource,
    _ converted: JSONObject
  ) throws -> any AdapterPart {
    let (target, rank) = (place.target, place.rank)
    func parameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
      let name = "\(peftPrefix)\(target.name).\(name)"
      return Parameter(name, try source.tensor(name, shape, initial), isTrainable: true)
    }
    func copied(_ tensor: Tensor) -> InitialValues { .made { _ in Tensor(tensor.values, shape: tensor.shape) } }
    if case .embedding(let table) = target.kind {
      return LoRAEmbedding(
        model, target, table: table, a: try parameter("lora_embedding_A", [rank, target.inputSize], .zeros),
        b: try parameter("lora_embedding_B", [target.outputSize, rank], .normal(deviation: 1)), scale: place.scale)
    }
    let start = place.start, initial: InitialValues
    switch initialWeights {
    case .uniform: initial = .uniform(bound: 1 / Double(target.inputSize).squareRoot())
    case .gaussian: initial = .normal(deviation: 1 / Double(rank))
    case .pissa, .olora: initial = start.map { copied($0.a) } ?? .zeros
    }
    let a = try parameter("lora_A.weight", [rank, target.inputSize], initial)
    let b = try parameter(
      "lora_B.weight", [target.outputSize, rank], start.map { copied($0.b) } ?? .zeros)
    guard case .linear(let linear) = target.kind else {
      return LoRAHead(
        model, target, a: a, b: b, scale: place.scale, dropoutProbability: Float(loraDropout), dropout: dropout)
    }
    let bias = usesLoRABias ? try parameter("lora_B.bias", [target.outputSize], .zeros) : nil
    let layer = LoRALayer(
      linear: linear, a: a, b: b, bias: bias, scale: place.scale, dropoutProbability: Float(loraDropout),
      dropout: dropout)
    if let start { return DirectedLoRALayer(layer, start: start, savedSettings: converted) }
    guard usesDoRA else { return layer }
    let magnitude = try parameter("lora_magnitude_vector", [linear.outputSize], .made { _ in layer.norms })
    return DoRALayer(layer, magnitude: magnitude)
  }

  /// Biases of the base, saved whole under the names that PEFT's wrapped layers give them.
  private func trainedBiases(
    on model: any LanguageModel, layers: [Linear], from source: TensorSource
  ) throws -> WholeParameters {
    let saved = try WholeParameters.modules(savedModules(of: model), of: model) { _, _ in nil }
    let others = Set(saved.trained.map { ObjectIdentifier($0) })
    let adapted = Set(layers.compactMap { $0.bias.map { ObjectIdentifier($0) } })
    let chosen = model.parameters.filter { parameter in
      let isAdapted = adapted.contains(ObjectIdentifier(parameter))
      return parameter.name.hasSuffix(".bias") && !others.contains(ObjectIdentifier(parameter))
        && (biases == .all || isAdapted)
    }
    // PEFT's files may ask for biases of models that have none.
    guard !chosen.isEmpty || source.isFile else {
      throw TuneError.usage(
        "--bias \(biases.rawValue): \(model.traits.architecture) has no such biases; leave it out")
    }
    return try WholeParameters(
      chosen.map { parameter in
        let module = parameter.name.dropLast(".bias".count)
        let place = adapted.contains(ObjectIdentifier(parameter)) ? ".base_layer.bias" : ".bias"
        return ("\(peftPrefix)\(module)\(place)", parameter)
      },
      values: { name, shape in source.isFile ? try source.tensor(name, shape, .zeros) : nil })
  }

  /// The base's embeddings and head, which PEFT saves with adapters on them and puts in place again; nil without.
  private func storedBase(of model: any LanguageModel, from source: TensorSource) throws -> WholeParameters? {
    let modules = [(model.inputEmbeddingModule, model.inputEmbedding), (model.headModule, model.head)]
    let stored = modules.map { ("\(peftPrefix)\($0).base_layer.weight", $1) }.filter { source.has($0.0) }
    return try stored.isEmpty ? nil : WholeParameters(stored, trains: false, values: source.saved)
  }

  /// The layers that `attach` would put adapters on, and how many parameters each would get.
  ///
  /// - Throws: `TuneError.usage` as `attach` does.
  public func plan(on model: any LanguageModel) throws -> [(name: String, parameters: Int)] {
    try selected(from: model).map { target in
      let lowRank = try checkedRank(for: target, isNew: true) * (target.inputSize + target.outputSize)
      return (target.name, lowRank + (usesDoRA ? target.outputSize : 0) + (usesLoRABias ? target.outputSize : 0))
    }
  }

  private func selected(from model: any LanguageModel) throws -> [LoRATarget] {
    let targets = targets(of: model), all = LoRATarget.all(of: model)
    let candidates = targets == .allLinear ? all.filter { $0.linear != nil } : all
    let names = try selection.select(
      from: targets.select(names: candidates.map { $0.name }, flag: "--target-modules"))
    // What is trained whole has no adapter.
    let saved = savedModules(of: model)
    let chosen = Set(names.filter { name in !saved.contains { "\(name).".hasSuffix("\($0).") } })
    return candidates.filter { chosen.contains($0.name) }
  }

  func targets(of model: any LanguageModel) -> TargetModules {
    targetModules ?? .suffixes(model.traits.loraTargets)
  }

  /// The layer that a tensor of PEFT's name belongs to, and whether it is A and not B.
  static func layer(ofTensor name: String) -> (layer: String, isA: Bool) {
    let suffixes = [".lora_A.weight", ".lora_B.weight"]
    let suffix = suffixes.first { name.hasSuffix($0) } ?? ""
    return (String(name.dropFirst(peftPrefix.count).dropLast(suffix.count)), suffix == suffixes[0])
  }

  /// A file may have a rank larger than its layer: the sum of several adapters, or of one and of what it began as.
  private func checkedRank(for target: LoRATarget, isNew: Bool) throws -> Int {
    let rank = try rankPattern.value(for: target.name).map { Int($0) } ?? self.rank
    // A decomposition has no more directions than the layer.
    let isNew = isNew || initialWeights.takesFromBase
    let largest = min(target.inputSize, target.outputSize)
    guard rank >= 1 else { throw TuneError.usage("--rank: \(rank) is too small; use 1 or more") }
    guard rank <= largest || !isNew else {
      throw TuneError.usage(
        "--rank: \(rank) is larger than layer '\(target.name)' (\(target.outputSize) × \(target.inputSize)); "
          + "use at most \(largest)")
    }
    return rank
  }

  /// A DoRA's magnitudes are no part of a sum, nor are trained values, nor what is taken out of the base.
  public var proportionalTensors: [String] {
    let isSum = !usesDoRA && biases == .none && trainableTokens.isEmpty && !initialWeights.takesFromBase
    return isSum ? ["lora_B.weight", "lora_B.bias", "lora_embedding_B"] : []
  }

  public func summary(on model: any LanguageModel) -> String {
    let start = initialWeights == .uniform ? "" : " (\(initialWeights.rawValue))"
    let bias = biases == .none ? "" : ", \(biases == .all ? "all biases" : "their biases")"
    let tokens = trainableTokens.isEmpty ? "" : ", \(trainableTokens.count) tokens"
    return "\(usesDoRA ? "DoRA" : "LoRA")\(start) r=\(rank) α=\(numberJSON(loraAlpha).text()) on "
      + "\(targets(of: model))\(bias)\(tokens)"
  }
}
