import Basics
import Models
import Tensors

/// An adapter on a model.
public final class AttachedAdapter {
  /// PEFT's name of the method.
  public let peftType: String
  private let methodSettings: JSONObject
  private let methodSummary: String
  /// Of the model, for the files that PEFT reads.
  let traits: ModelTraits
  let parts: [any AdapterPart]
  let savedModules: (names: [String], part: WholeParameters)
  private let dropout: DropoutSource

  init(
    peftType: String, settings: JSONObject, summary: String, traits: ModelTraits, parts: [any AdapterPart],
    savedModules: (names: [String], part: WholeParameters), dropout: DropoutSource
  ) {
    self.peftType = peftType
    methodSettings = settings
    methodSummary = summary
    self.traits = traits
    self.parts = parts
    self.savedModules = savedModules
    self.dropout = dropout
  }

  /// What PEFT writes of the method, beside the keys that every method has; some of it is known only once the adapter
  /// follows a training.
  public var settings: JSONObject { Self.merged(methodSettings, followers.map { $0.settings }) }

  /// For people: "LoRA r=8 α=16 on q_proj, v_proj".
  public var summary: String { ([methodSummary] + followers.compactMap { $0.plan }).joined(separator: " · ") }

  /// Every trained parameter.
  public var parameters: [Parameter] { parts.flatMap { $0.trained } + savedModules.part.trained }

  /// What PEFT's file holds, by its names.
  public var tensors: [(name: String, parameter: Parameter)] {
    parts.flatMap { $0.tensors } + savedModules.part.tensors
  }

  /// What is written into PEFT's file, which for some methods is something else than what is trained.
  var savedTensors: [(name: String, parameter: Parameter)] {
    parts.flatMap { ($0 as? any ConvertedPart)?.savedTensors ?? $0.tensors } + savedModules.part.tensors
  }

  /// The settings that go with `savedTensors`.
  var savedSettings: JSONObject {
    Self.merged(settings, parts.compactMap { ($0 as? any ConvertedPart)?.savedSettings })
  }

  private static func merged(_ settings: JSONObject, _ others: [JSONObject]) -> JSONObject {
    var settings = settings
    for entry in others.joined() { settings[entry.key] = entry.value }
    return settings
  }

  // MARK: Training

  private var followers: [any TrainingFollower] { parts.compactMap { $0 as? any TrainingFollower } }

  /// Tells the adapter how long a training will be, before its first step. Once more with the same number does nothing.
  ///
  /// - Throws: `TuneError.usage` when the method's schedule does not fit into so many steps.
  public func begin(totalSteps: Int) throws { for follower in followers { try follower.begin(totalSteps: totalSteps) } }

  /// What the method adds to the loss of each optimiser step, [1], recorded; nil for nothing.
  public func penalty() -> Tensor? { followers.lazy.compactMap { $0.penalty() }.first }

  /// Tells the adapter that the optimiser has made a step, while the step's gradients are still there.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - gradientScale: what the optimiser multiplied the gradients by, to clip them.
  public func didUpdate(step: Int, gradientScale: Double = 1) {
    for follower in followers { follower.didUpdate(step: step, gradientScale: gradientScale) }
  }

  /// Turns dropout on with this seed for the next forward pass, or off with nil (evaluation, generation).
  public func setDropout(seed: UInt64?) { dropout.seed = seed }

  /// Takes the adapter off or puts it back, so that base and tuned can be compared on one loaded model.
  public var isEnabled = true {
    didSet {
      guard isEnabled != oldValue else { return }
      for part in parts + [savedModules.part] { isEnabled ? part.putOn() : part.takeOff() }
    }
  }

  /// - Throws: `TuneError.usage` when the adapter is more than A and B on linear layers, which a format has no place for.
  public func requirePlainLoRA(in format: String) throws { _ = try plainLoRA(in: format) }

  func plainLoRA(in format: String) throws -> [LoRALayer] {
    if let first = savedModules.part.trained.first {
      throw TuneError.usage(
        "'\(first.name)' is trained whole beside the adapter, and \(format) have no place for it; use tune merge")
    }
    return try parts.map { part in
      guard let layer = part as? LoRALayer, layer.isPlain else {
        throw TuneError.usage("\(format) are of plain LoRA alone, and this adapter is another; use tune merge")
      }
      return layer
    }
  }
}
