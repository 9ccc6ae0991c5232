import Adapters
import Basics
import Datasets
import Foundation
import Models
import Training

/// `tune merge --as-adapter`: writes the combination of several adapters as one, and tells how far it is from their sum.
struct CombinedAdapter {
  private let command: Tune.Merge
  private let run: Run?
  private let console: Console
  private let source: MergedAdapters
  private let output: NewFolder

  init(command: Tune.Merge, run: Run?, console: Console) throws {
    self.command = command
    self.run = run
    self.console = console
    source = try MergedAdapters(command, run: run, console: console)
    output = try NewFolder(command.output, flag: "--output")
  }

  func execute() throws {
    var loaded = try LoadedModel.tuned(
      run: run, model: command.modelOptions.model, tuned: command.tuned,
      chatTemplate: command.modelOptions.chatTemplate, console: console)
    let comparison = try LogitComparison(loaded, data: command.data)
    console.field("model", loaded.summary)
    let sum = comparison.logits(of: loaded.model)
    let base = loaded.withoutAdapters { comparison.logits(of: loaded.model) }
    try source.combine(&loaded)
    let combined = comparison.logits(of: loaded.model)
    guard let adapter = loaded.adapter else { return }
    try output.fill { try save(adapter, of: loaded, to: $0) }
    report(
      adapter, loaded, comparison, effect: LogitComparison.largestDifference(combined, base),
      difference: LogitComparison.largestDifference(combined, sum))
  }

  private func save(_ adapter: AttachedAdapter, of loaded: LoadedModel, to folder: String) throws {
    try loaded.writeAdapter(adapter, to: folder)
    for template in source.choices.lazy.compactMap({ ChatTemplateChoice.file(in: $0.name) }).prefix(1) {
      try FileManager.default.copyItem(atPath: template, toPath: "\(folder)/chat_template.jinja")
    }
  }

  private func report(
    _ adapter: AttachedAdapter, _ loaded: LoadedModel, _ comparison: LogitComparison, effect: Float, difference: Float
  ) {
    let rank = adapter.settings["r"]?.intValue ?? 0
    console.field("adapters", "\(source)")
    console.field(
      "combined",
      "\(source.combination.kind.rawValue) · rank \(rank) on \(adapter.changedWeightCount) layers")
    console.field(
      "check",
      "\(grouped(comparison.tokenCount)) tokens of \(comparison.source) · changes a logit by up to "
        + "\(significant(effect)), differs from the sum of the adapters by up to \(significant(difference))")
    console.field("saved", "\(output.path)/")
    console.json([
      "output": .string(output.path), "model": .string(loaded.name),
      "adapters": .array(source.choices.map { ["path": .string($0.name), "weight": .number($0.weight)] }),
      "combination_type": .string(source.combination.kind.rawValue), "rank": .integer(rank),
      "layers": .integer(adapter.changedWeightCount), "compared_on": .string(comparison.source),
      "tokens": .integer(comparison.tokenCount), "largest_adapter_effect": .number(Double(effect)),
      "largest_difference_from_sum": .number(Double(difference)),
    ])
  }
}

extension LoadedModel {
  /// Writes an adapter that is on the model as PEFT has it, with what a classifier needs beside it.
  func writeAdapter(_ adapter: AttachedAdapter, to folder: String) throws {
    try ClassLabels.write(of: model, to: folder)
    let base = HubModels.baseName(name)
    try AdapterFolder.save(adapter, to: folder, baseModel: base.name, revision: base.revision)
  }
}

/// Two digits, for differences of logits.
func significant(_ value: some BinaryFloatingPoint) -> String { String(format: "%.2g", Double(value)) }
