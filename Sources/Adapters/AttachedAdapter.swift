import Basics
import Models
import Tensors

/// An adapter on a model.
public final class AttachedAdapter {
  /// PEFT's name of the method.
  public let peftType: String
  /// What PEFT writes of the method, beside the keys that every method has.
  public let settings: JSONObject
  /// For people: "LoRA r=8 α=16 on q_proj, v_proj".
  public let summary: String
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
    self.settings = settings
    self.summary = summary
    self.traits = traits
    self.parts = parts
    self.savedModules = savedModules
    self.dropout = dropout
  }

  /// Every trained parameter.
  public var parameters: [Parameter] { parts.flatMap { $0.trained } + savedModules.part.trained }

  /// What PEFT's file holds, by its names.
  public var tensors: [(name: String, parameter: Parameter)] {
    parts.flatMap { $0.tensors } + savedModules.part.tensors
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

  /// - Throws: `TuneError.usage` when modules are trained whole beside the adapter, which a format has no place for.
  public func requireNoSavedModules(in format: String) throws {
    guard let first = savedModules.part.trained.first else { return }
    throw TuneError.usage(
      "'\(first.name)' is trained whole beside the adapter, and \(format) have no place for it; use tune merge")
  }
}
