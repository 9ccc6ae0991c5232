import ArgumentParser
import Basics
import Foundation
import Tensors
import Training

/// Which tuned model a command works on: `--run`, `--adapter`, or the newest run.
struct TunedOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A PEFT or MLX adapter to put on the model: a folder, or org/name on the hub; a weight may follow behind a colon "
        + "(style:0.5). May be given again: the adapters then work together.", valueName: "path"))
  var adapter: [String] = []

  @Option(help: ArgumentHelp("A run folder of tune train (default: the newest in runs/).", valueName: "folder"))
  var run: String?

  func validate() throws {
    if !adapter.isEmpty && run != nil {
      throw ValidationError("--adapter and --run exclude each other; choose one")
    }
  }

  /// The adapters as they were named.
  ///
  /// - Throws: `TuneError.usage` for a weight that is no number.
  var adapters: [AdapterChoice] { get throws { try adapter.map { try AdapterChoice($0, flag: "--adapter") } } }

  /// The adapters in one name; nil for none.
  var adapterNames: String? { adapter.isEmpty ? nil : adapter.joined(separator: " + ") }

  /// The run that was named, or the newest when neither an adapter nor a model was.
  func resolvedRun(model: String?, console: Console) throws -> Run? {
    if let run { return try usable(try Run(run)) }
    guard adapter.isEmpty, model == nil, let newest = RunFolder.newest(in: Defaults.runs) else { return nil }
    console.note("using the newest run, \(newest.path)   (--run or --model to choose another)")
    return try usable(newest)
  }

  /// A run that ended before anything was saved would stand for the base model.
  private func usable(_ run: Run) throws -> Run {
    guard run.adapter == nil, run.tunedModel == nil else { return run }
    throw TuneError.data(
      "\(run.path): holds neither adapter/ nor model/ (status: \(run.status ?? "unknown")); "
        + "train again or name another run")
  }

  /// The adapters to put on the model: the run's, or those that were named, fetched where they are on the hub.
  func resolvedAdapters(of run: Run?, console: Console) throws -> [AdapterChoice] {
    if let run { return run.tunedModel == nil ? run.adapter.map { [AdapterChoice(name: $0)] } ?? [] : [] }
    return try adapters.map { try $0.resolved(flag: "--adapter", console: console) }
  }
}

/// An adapter as `--adapter` and `/adapter` name it: a folder or a name of the hub, with a weight behind the last colon.
struct AdapterChoice {
  let name: String
  /// Multiplies the adapter's change.
  var weight = 1.0

  init(name: String, weight: Double = 1) {
    self.name = name
    self.weight = weight
  }

  /// What is behind the last colon is a weight where it is a number, unless there is a path of the whole name.
  ///
  /// - Throws: `TuneError.usage` for a weight that is not finite.
  init(_ text: String, flag: String) throws {
    guard !FileManager.default.fileExists(atPath: text), let colon = text.lastIndex(of: ":"),
      let weight = Double(text[text.index(after: colon)...])
    else {
      self.init(name: text)
      return
    }
    guard abs(weight) <= Self.largestWeight else {
      throw TuneError.usage("\(flag) \(text): the weight is out of range; use a number such as 0.5")
    }
    self.init(name: String(text[..<colon]), weight: weight)
  }

  /// Beyond it float32 could not hold the change.
  private static let largestWeight = 1e6

  /// The same with the folder in the place of the name.
  func resolved(flag: String, console: Console) throws -> AdapterChoice {
    AdapterChoice(name: try HubModels.adapter(name, flag: flag, console: console), weight: weight)
  }
}

extension AdapterChoice: CustomStringConvertible {
  var description: String { weight == 1 ? name : "\(name):\(JSON.number(weight).text())" }
}

extension LoadedModel {
  /// The model that a command works on: a run's tuned model, or a named model with or without adapters.
  static func tuned(
    run: Run?, model: String?, tuned: TunedOptions, chatTemplate: String? = nil,
    quantization: WeightQuantization? = nil, console: Console
  ) throws -> LoadedModel {
    let adapters = try tuned.resolvedAdapters(of: run, console: console)
    let named = if let run { run.tunedModel ?? model ?? run.baseModel } else { model }
    var loaded = try LoadedModel(named, adapters: adapters, quantization: quantization, console: console)
    try loaded.useChatTemplate(chatTemplate, tuned: adapters.map { $0.name })
    return loaded
  }
}
