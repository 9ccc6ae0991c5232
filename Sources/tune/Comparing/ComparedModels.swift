import Adapters
import Basics
import Datasets
import Models
import Training

/// The models that `tune eval` holds side by side: a base and what was tuned from it, of which one is loaded at a time.
struct ComparedModels {
  private(set) var loaded: LoadedModel
  private let tunedModel: String?
  private let adapters: [AdapterChoice]
  private let command: Tune.Eval

  /// Loads the base.
  ///
  /// - Throws: `TuneError.usage` where neither a run nor a model is there.
  init(_ command: Tune.Eval, run: Run?, console: Console) throws {
    try Self.check(command, run)
    self.command = command
    tunedModel = run?.tunedModel
    adapters = try command.tuned.resolvedAdapters(of: run, console: console)
    let base = command.modelOptions.model ?? run?.baseModel
    let name = try base ?? adapters.first.flatMap { try AdapterFolder.baseModel(of: $0.name) }
    let tuned = run?.tunedModel.map { [$0] } ?? adapters.map { $0.name }
    loaded = try LoadedModel(
      name, labels: tuned.first.flatMap { try ClassLabels.known(name, tuned: $0, console: console) },
      quantization: command.quantization.value(for: run, console: console), console: console)
    try loaded.useChatTemplate(command.modelOptions.chatTemplate, tuned: tuned)
  }

  /// - Throws: `TuneError.usage` where neither a run nor a model is there.
  static func check(_ command: Tune.Eval, _ run: Run?) throws {
    guard run != nil || command.modelOptions.model != nil || !command.tuned.adapter.isEmpty else {
      throw TuneError.usage("there is no finished run in \(Defaults.runs)/; run tune train first, or name --model")
    }
  }

  /// Virtual tokens of what was tuned, by its files.
  ///
  /// - Parameter run: nil for the adapters that were named.
  func virtualTokenCount(of run: Run?) throws -> Int {
    let folders = run.map { [$0.adapter].compactMap { $0 } } ?? adapters.map { $0.name }
    return try folders.reduce(0) { $0 + (try AdapterFolder.virtualTokenCount(of: $1)) }
  }

  var isClassifier: Bool { loaded.model.traits.labels != nil }

  /// Loads what was tuned, after which the base is gone.
  ///
  /// - Returns: whether there is something tuned.
  mutating func loadTuned() throws -> Bool {
    if let tunedModel {
      loaded = try LoadedModel(tunedModel, quantization: command.quantization.value)
    } else if !adapters.isEmpty {
      try loaded.attach(adapters)
    } else {
      return false
    }
    return true
  }
}
