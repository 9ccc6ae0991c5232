import Adapters
import Basics
import Foundation
import Models
import Training

/// `tune merge`: writes base and adapter as one model, reads it back, and holds its logits against the two.
struct AdapterMerge {
  private let command: Tune.Merge
  private let console: Console
  private let loaded: LoadedModel
  private let adapter: AttachedAdapter
  private let adapterPath: String
  /// The output without slashes at its end.
  private let output: String

  init(command: Tune.Merge, run: Run?, console: Console) throws {
    self.command = command
    self.console = console
    if let run, let model = run.tunedModel {
      throw TuneError.usage("\(run.path): every weight was trained, so there is no adapter to merge; use \(model)")
    }
    guard let path = run?.adapter ?? command.tuned.adapter else {
      throw TuneError.usage(
        "there is no adapter to merge; name one with --adapter, or a run of tune train --lora with --run")
    }
    let name = command.output.reversed().drop { $0 == "/" }
    output = String(name.reversed())
    guard !output.isEmpty, !FileManager.default.fileExists(atPath: output) else {
      throw TuneError.usage("--output: \(command.output) exists already; remove it or name another folder")
    }
    loaded = try LoadedModel.tuned(
      run: run, model: command.modelOptions.model, adapter: command.tuned.adapter,
      chatTemplate: command.modelOptions.chatTemplate, console: console)
    guard let adapter = loaded.adapter else {
      throw TuneError.data("\(path): holds no adapter; name another with --adapter")
    }
    self.adapter = adapter
    adapterPath = path
  }

  /// - Throws: `TuneError` of kind gate when the merged model differs by more than the tolerance; nothing is then left
  ///   under the name of the output.
  func execute() throws {
    let saving = try self.saving()
    let comparison = try LogitComparison(loaded, data: command.data)
    console.field("model", loaded.summary)
    console.field("adapter", "\(adapterPath) · changes \(adapter.changedWeightCount) weights")
    let tuned = comparison.logits(of: loaded.model)
    adapter.isEnabled = false
    let base = comparison.logits(of: loaded.model)
    adapter.isEnabled = true

    let temporary = "\(output).tmp-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let files = try loaded.save(to: temporary, saving)
    let merged = try LoadedModel(temporary, console: console)
    let effect = LogitComparison.largestDifference(tuned, base)
    let result = Result(
      difference: LogitComparison.largestDifference(comparison.logits(of: merged.model), tuned), effect: effect,
      tolerance: tolerance(saving, largestLogit: LogitComparison.largestMagnitude(tuned), effect: effect))
    show(result, comparison)
    guard Double(result.difference) <= result.tolerance else {
      throw TuneError(
        .gate,
        "the merged model's logits differ from base and adapter by \(short(result.difference)), more than the tolerance "
          + "of \(short(result.tolerance)); nothing was written: use --save-dtype float32, or a higher --tolerance")
    }
    try publish(temporary)
    console.field("saved", "\(output)/  \(files.joined(separator: "  "))")
    console.json(json(result, comparison, files: files))
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
    saving.value = try adapter.mergedValues()
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

  private func publish(_ temporary: String) throws {
    guard rename(temporary, output) == 0 else {
      throw TuneError.runtime("\(output): cannot be written; is there something of this name?")
    }
  }

  // MARK: What is printed

  private func show(_ result: Result, _ comparison: LogitComparison) {
    console.field(
      "check",
      "\(grouped(comparison.tokenCount)) tokens of \(comparison.source) · largest difference of a logit "
        + "\(short(result.difference)) (tolerance \(short(result.tolerance)))")
    console.field("", "the adapter itself changes a logit by up to \(short(result.effect))")
  }

  private func json(_ result: Result, _ comparison: LogitComparison, files: [String]) -> JSON {
    [
      "output": .string(output), "model": .string(loaded.name), "adapter": .string(adapterPath),
      "merged_weights": .integer(adapter.changedWeightCount), "files": .array(files.map { .string($0) }),
      "compared_on": .string(comparison.source), "tokens": .integer(comparison.tokenCount),
      "largest_logit_difference": .number(Double(result.difference)),
      "largest_adapter_effect": .number(Double(result.effect)), "tolerance": .number(result.tolerance),
    ]
  }

  private func short(_ value: Float) -> String { short(Double(value)) }
  private func short(_ value: Double) -> String { String(format: "%.2g", value) }
}
