import Basics
import Models
import Tensors

/// AdaLoRA: W + scale * B diag(E) A, whose ranks are cut in training where they matter least, so that layers that need
/// more keep more.
///
/// Source: Zhang et al., "AdaLoRA", 2023; names, defaults and arithmetic are PEFT's.
public struct AdaLoRA: PEFTMethod, Equatable {
  public static let peftType = "ADALORA"

  /// The rank of each layer at first.
  public var initRank = 12
  /// The mean rank of all layers in the end.
  public var targetRank = 8
  public var loraAlpha = 24.0
  /// The probability with which an input element of A is dropped in training.
  public var loraDropout = 0.0
  /// Steps before ranks are cut; nil for a tenth of the training.
  public var initialSteps: Int?
  /// Steps after they have been cut; nil for three tenths.
  public var finalSteps: Int?
  /// Steps from one cut to the next; nil for a hundredth.
  public var stepInterval: Int?
  /// The steps of the training that a file's schedule belongs to.
  private var totalSteps: Int?
  /// Multiplies the distance of A and B from orthogonality in the loss.
  public var orthogonalityWeight = 0.5
  /// How slowly the means of a weight's importance and of its uncertainty follow.
  public var importanceDecay = 0.85
  public var uncertaintyDecay = 0.85
  /// The layers that adapters sit on; nil for those of LoRA.
  public var targetModules: TargetModules?
  public var modulesToSave: [String]?
  public var selection = LayerSelection()
  /// The ranks that a file has kept, by the name of a layer's E; empty where all.
  private var rankPattern: [String: [Bool]] = [:]

  public init(initRank: Int = 12, targetRank: Int = 8, targetModules: TargetModules? = nil) {
    self.initRank = initRank
    self.targetRank = targetRank
    self.targetModules = targetModules
    loraAlpha = 2 * Double(initRank)
  }

  public init(_ configuration: AdapterConfiguration) throws {
    try configuration.refuse([
      "use_dora", "use_rslora", "lora_bias", "alpha_pattern", "trainable_token_indices", "layer_replication",
    ])
    initRank = try configuration.rank("init_r")
    targetRank = try configuration.rank("target_r")
    loraAlpha = try configuration.number("lora_alpha", default: 8)
    loraDropout = try configuration.number("lora_dropout", default: 0)
    initialSteps = try configuration.count("tinit", atLeast: 0)
    finalSteps = try configuration.count("tfinal", atLeast: 0)
    stepInterval = try configuration.count("deltaT", atLeast: 1)
    totalSteps = try configuration.count("total_step", atLeast: 1)
    orthogonalityWeight = try configuration.number("orth_reg_weight", default: 0.5)
    importanceDecay = try configuration.number("beta1", default: 0.85)
    uncertaintyDecay = try configuration.number("beta2", default: 0.85)
    targetModules = try configuration.targetModules()
    modulesToSave = try configuration.modulesToSave()
    selection = try LayerSelection(configuration)
    rankPattern = try configuration.keptRanks("rank_pattern", of: initRank)
    if let bias = configuration.json["bias"]?.stringValue, bias != "none" {
      throw configuration.wrong("bias", "'none', the only value that is supported")
    }
  }

  private func targets(of model: any LanguageModel) -> TargetModules {
    targetModules ?? .suffixes(model.traits.loraTargets)
  }

  /// E starts as zero, so that nothing changes yet, A and B normal with a deviation of 0.02.
  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    try checkOptions()
    let linears = try selection.select(from: targets(of: model).select(from: model.linears))
    // The divisor stays the first rank when ranks are cut.
    let scale = Float(loraAlpha / (Double(initRank) + 1e-5))
    let layers = try linears.map { linear in
      guard initRank <= min(linear.inputSize, linear.outputSize) else {
        throw TuneError.usage(
          "--init-r: \(initRank) is larger than layer '\(linear.name)' (\(linear.outputSize) × \(linear.inputSize)); "
            + "use at most \(min(linear.inputSize, linear.outputSize))")
      }
      let kept = rankPattern["\(linear.name).lora_E"]
      guard rankPattern.isEmpty || kept != nil else {
        throw TuneError.usage("'rank_pattern' has no ranks of layer '\(linear.name)'")
      }
      let rank = kept?.count { $0 } ?? initRank
      func parameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
        let name = "\(peftPrefix)\(linear.name).\(name)"
        return Parameter(name, try source.tensor(name, shape, initial), isTrainable: true)
      }
      return AdaLoRALayer(
        linear: linear, a: try parameter("lora_A", [rank, linear.inputSize], .normal(deviation: 0.02)),
        b: try parameter("lora_B", [linear.outputSize, rank], .normal(deviation: 0.02)),
        e: try parameter("lora_E", [rank, 1], .zeros), scale: scale, dropout: (Float(loraDropout), dropout))
    }
    return [RankBudget(self, layers: layers, kept: rankPattern)] + layers
  }

  private func checkOptions() throws {
    guard (0..<1).contains(loraDropout) else {
      throw TuneError.usage("--lora-dropout: \(loraDropout) is not a probability below 1")
    }
    guard initRank >= 1, (1...initRank).contains(targetRank) else {
      throw TuneError.usage(
        "--target-r: \(targetRank) is out of range; ranks are cut from --init-r \(initRank) to 1 or more of them")
    }
    for (flag, decay) in [("--beta1", importanceDecay), ("--beta2", uncertaintyDecay)] where !(0..<1).contains(decay) {
      throw TuneError.usage("\(flag): \(decay) is out of range; use 0 or more and less than 1")
    }
    guard orthogonalityWeight >= 0 else {
      throw TuneError.usage("--orth-reg-weight: \(orthogonalityWeight) is out of range; use 0 or more")
    }
  }

  /// When ranks are cut in a training of so many steps. The schedule of a file whose training was of another length gives
  /// way to the defaults.
  ///
  /// - Throws: `TuneError.usage` where no step is left for cutting.
  func schedule(totalSteps: Int) throws -> RankSchedule {
    let isOwn = self.totalSteps.map { $0 == totalSteps } ?? true
    let initial = (isOwn ? initialSteps : nil) ?? totalSteps / 10
    let final = (isOwn ? finalSteps : nil) ?? totalSteps * 3 / 10
    guard initial < totalSteps, final < totalSteps - initial else {
      throw TuneError.usage(
        "--tinit \(initial) and --tfinal \(final) leave none of the training's \(totalSteps) steps to cut ranks in; lower "
          + "them, or train for more steps")
    }
    return RankSchedule(
      initialSteps: initial, lastCut: totalSteps - final, totalSteps: totalSteps,
      interval: (isOwn ? stepInterval : nil) ?? max(1, totalSteps / 100))
  }

  public var proportionalTensors: [String] { ["lora_E"] }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    [
      "init_r": .integer(initRank), "target_r": .integer(targetRank), "lora_alpha": numberJSON(loraAlpha),
      "lora_dropout": .number(loraDropout), "orth_reg_weight": .number(orthogonalityWeight),
      "beta1": .number(importanceDecay), "beta2": .number(uncertaintyDecay),
      // PEFT demands a number of steps, and one that has room for the rest.
      "tinit": .integer(0), "tfinal": .integer(0), "deltaT": .integer(1), "total_step": .integer(1),
      "target_modules": try targets(of: model).json(on: model), "exclude_modules": selection.excludedJSON,
      "layers_to_transform": selection.layersJSON, "layers_pattern": selection.patternJSON, "bias": "none",
      "fan_in_fan_out": .bool(model.traits.storesTransposed), "init_lora_weights": true,
    ]
  }

  public func summary(on model: any LanguageModel) -> String {
    "AdaLoRA r=\(initRank) → \(targetRank) α=\(numberJSON(loraAlpha).text()) on \(targets(of: model))"
  }
}

/// When AdaLoRA cuts ranks. Steps count from 1.
struct RankSchedule: Equatable {
  let initialSteps: Int
  /// The step after which ranks stay as they are.
  let lastCut: Int
  let totalSteps: Int
  let interval: Int

  func cuts(at step: Int) -> Bool {
    step == lastCut || (initialSteps < step && step < lastCut && step % interval == 0)
  }

  /// How many ranks of all layers are kept at a step, falling from `first` to `last` as a cube.
  func budget(at step: Int, first: Int, last: Int) -> Int {
    if step <= initialSteps { return first }
    if step > lastCut { return last }
    let left = 1 - Double(step - initialSteps) / Double(lastCut - initialSteps)
    return Int(Double(first - last) * left * left * left + Double(last))
  }
}

extension AdapterConfiguration {
  /// A whole number from a smallest one on; nil for a missing or null key.
  fileprivate func count(_ key: String, atLeast smallest: Int) throws -> Int? {
    guard let value = json[key], !value.isNull else { return nil }
    guard let count = value.intValue, (smallest...Int(Int32.max)).contains(count) else {
      throw wrong(key, "a whole number of at least \(smallest)")
    }
    return count
  }

  /// For each layer, which of its ranks are kept.
  fileprivate func keptRanks(_ key: String, of rank: Int) throws -> [String: [Bool]] {
    guard let value = json[key], !value.isNull else { return [:] }
    guard let object = value.objectValue else { throw wrong(key, "an object") }
    var kept: [String: [Bool]] = [:]
    for entry in object {
      let flags = entry.value.arrayValue?.compactMap { $0.boolValue } ?? []
      guard flags.count == rank, flags.count == entry.value.arrayValue?.count else {
        throw TuneError.data(
          "\(path): '\(key)' of '\(entry.key)' is \(entry.value.text(.compact)); expected \(rank) times true or false")
      }
      kept[entry.key] = flags
    }
    return kept
  }
}
