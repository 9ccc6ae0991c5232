import Adapters
import Basics
import Foundation
import Models
import Training

/// `tune merge`: writes base and adapters as one model, reads it back, and holds its logits against the two.
struct AdapterMerge {
  private let command: Tune.Merge
  private let console: Console
  private let loaded: LoadedModel
  private let source: MergedAdapters
  private let output: NewFolder

  init(command: Tune.Merge, run: Run?, console: Console) throws {
    self.command = command
    self.console = console
    source = try MergedAdapters(command, run: run, console: console)
    output = try NewFolder(command.output, flag: "--output")
    var loaded = try LoadedModel.tuned(
      run: run, model: command.modelOptions.model, tuned: command.tuned,
      chatTemplate: command.modelOptions.chatTemplate, console: console)
    if command.combination.combinationType != nil { try source.combine(&loaded) }
    self.loaded = loaded
  }

  /// - Throws: `TuneError` of kind gate when the merged model differs by more than the tolerance; nothing is then left
  ///   under the name of the output.
  func execute() throws {
    let saving = try self.saving()
    let comparison = try LogitComparison(loaded, data: command.data)
    console.field("model", loaded.summary)
    console.field("adapter", "\(source) · changes \(loaded.adapters.changedWeightCount) weights")
    let tuned = comparison.logits(of: loaded.model)
    let base = loaded.withoutAdapters { comparison.logits(of: loaded.model) }
    let (result, files) = try output.fill { temporary in
      let files = try loaded.save(to: temporary, saving)
      let merged = try LoadedModel(temporary, console: console)
      let effect = LogitComparison.largestDifference(tuned, base)
      let result = Result(
        difference: LogitComparison.largestDifference(comparison.logits(of: merged.model), tuned), effect: effect,
        tolerance: tolerance(saving, largestLogit: LogitComparison.largestMagnitude(tuned), effect: effect))
      show(result, comparison)
      try check(result)
      return (result, files)
    }
    console.field("saved", "\(output.path)/  \(files.joined(separator: "  "))")
    console.json(json(result, comparison, files: files))
  }

  private func check(_ result: Result) throws {
    guard Double(result.difference) > result.tolerance || result.difference.isNaN else { return }
    throw TuneError(
      .gate,
      "the merged model's logits differ from base and adapter by \(significant(result.difference)), more than the tolerance "
        + "of \(significant(result.tolerance)); nothing was written: use --save-dtype float32, or a higher --tolerance")
  }

  /// What the comparison found, in logits.
  private struct Result {
    /// Between the merged model and base with adapter.
    let difference: Float
    /// Between base with and without adapter.
    let effect: Float
    let tolerance: Double
  }

  private func saving() throws -> ModelSaving {
    var saving: ModelSaving
    if let format = command.saveDtype.flatMap({ SavedFormat(rawValue: $0) })?.storage {
      saving = ModelSaving(format)
    } else {
      let formats = try BaseFormats(loaded)
      try formats.check()
      saving = ModelSaving { formats.format(of: $0.name) }
    }
    saving.maximumShardBytes = ByteSize.parse(command.maxShardSize) ?? ModelSaving.defaultShardBytes
    saving.value = try loaded.adapters.mergedValues()
    return saving
  }

  /// The default is a share of the largest logit that leaves rounding to the coarsest format of the files some room,
  /// but no more than half of what the adapter does: beyond that, rounding has lost the adapter.
  private func tolerance(_ saving: ModelSaving, largestLogit: Float, effect: Float) -> Double {
    if let tolerance = command.tolerance { return tolerance }
    let formats = Set(loaded.model.parameters.map { saving.format($0) })
    let share = formats.contains(.bf16) ? 0.02 : formats.contains(.f16) ? 0.01 : 1e-4
    let rounding = share * Double(largestLogit)
    return effect > 0 ? min(rounding, Double(effect) / 2) : rounding
  }

  // MARK: What is printed

  private func show(_ result: Result, _ comparison: LogitComparison) {
    console.field(
      "check",
      "\(grouped(comparison.tokenCount)) tokens of \(comparison.source) · largest difference of a logit "
        + "\(significant(result.difference)) (tolerance \(significant(result.tolerance)))")
    console.field("", "the adapter itself changes a logit by up to \(significant(result.effect))")
  }

  private func json(_ result: Result, _ comparison: LogitComparison, files: [String]) -> JSON {
    [
      "output": .string(output.path), "model": .string(loaded.name), "adapter": .string(source.description),
      "merged_weights": .integer(loaded.adapters.changedWeightCount), "files": .array(files.map { .string($0) }),
      "compared_on": .string(comparison.source), "tokens": .integer(comparison.tokenCount),
      "largest_logit_difference": .number(Double(result.difference)),
      "largest_adapter_effect": .number(Double(result.effect)), "tolerance": .number(result.tolerance),
    ]
  }

}

/// The adapters that `tune merge` works on.
struct MergedAdapters: CustomStringConvertible {
  /// Folders with their weights.
  let choices: [AdapterChoice]
  let combination: AdapterCombination
  /// As they were named.
  let description: String

  /// - Throws: `TuneError.usage` where there is none.
  init(_ command: Tune.Merge, run: Run?, console: Console) throws {
    if let run, let model = run.tunedModel {
      throw TuneError.usage("\(run.path): every weight was trained, so there is no adapter to merge; use \(model)")
    }
    choices = try command.tuned.resolvedAdapters(of: run, console: console)
    guard !choices.isEmpty else {
      throw TuneError.usage(
        "there is no adapter to merge; name one with --adapter, or a run of tune train --lora with --run")
    }
    combination = command.combination.combination(rank: command.rank)
    let named = try command.tuned.adapters
    description = (named.isEmpty ? choices : named).map { $0.description }.joined(separator: " + ")
  }

  /// Puts one LoRA in the place of the adapters that are on the model.
  func combine(_ loaded: inout LoadedModel) throws {
    try loaded.replaceAdapters(by: choices.map { AdapterChoice(name: $0.name) })
    try loaded.combineAdapters(combination, weights: choices.map { $0.weight })
  }
}
