import Adapters
import Basics
import Datasets
import Models
import Training

/// The models that `tune eval` holds side by side: a base and what was tuned from it, of which one is loaded at a time.
struct ComparedModels {
  private(set) var loaded: LoadedModel
  private let tunedModel: String?
  private let adapter: String?
  private let command: Tune.Eval

  /// Loads the base.
  ///
  /// - Throws: `TuneError.usage` where neither a run nor a model is there.
  init(_ command: Tune.Eval, run: Run?, console: Console) throws {
    try Self.check(command, run)
    self.command = command
    tunedModel = run?.tunedModel
    adapter = try run?.adapter ?? command.tuned.adapter.map { try HubModels.adapter($0, console: console) }
    let base = command.modelOptions.model ?? run?.baseModel
    let name = try base ?? adapter.flatMap { try AdapterFolder.baseModel(of: $0) }
    let tuned = tunedModel ?? adapter
    loaded = try LoadedModel(
      name, labels: tuned.flatMap { try ClassLabels.known(name, tuned: $0, console: console) },
      quantization: command.quantization.value, console: console)
    try loaded.useChatTemplate(command.modelOptions.chatTemplate, tuned: tuned)
  }

  /// - Throws: `TuneError.usage` where neither a run nor a model is there.
  static func check(_ command: Tune.Eval, _ run: Run?) throws {
    guard run != nil || command.modelOptions.model != nil || command.tuned.adapter != nil else {
      throw TuneError.usage("there is no finished run in \(Defaults.runs)/; run tune train first, or name --model")
    }
  }

  var isClassifier: Bool { loaded.model.traits.labels != nil }

  /// Loads what was tuned, after which the base is gone.
  ///
  /// - Returns: whether there is something tuned.
  mutating func loadTuned() throws -> Bool {
    if let tunedModel {
      loaded = try LoadedModel(tunedModel, quantization: command.quantization.value)
    } else if let adapter {
      try loaded.attach(adapter)
    } else {
      return false
    }
    return true
  }
}
