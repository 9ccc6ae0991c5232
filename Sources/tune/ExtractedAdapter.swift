import Adapters
import Basics
import Datasets
import Foundation
import Models

/// `tune merge --extract-lora`: writes the LoRA that turns a base into a tuned model, and tells what it has of the
/// difference.
struct ExtractedAdapter {
  private let command: Tune.Merge
  /// A folder, a GGUF file or a name of the hub.
  private let tunedName: String
  private let console: Console
  private let output: NewFolder

  init(command: Tune.Merge, tuned: String, console: Console) throws {
    self.command = command
    self.console = console
    tunedName = tuned
    output = try NewFolder(command.output, flag: "--output")
  }

  func execute() throws {
    let tunedPath = try HubModels.resolve(tunedName, flag: "--extract-lora", content: .model, console: console)
    let tuned = try LoadedModel(tunedPath, console: console)
    var base = try LoadedModel(
      command.modelOptions.model, labels: tuned.model.traits.labels, console: console)
    try base.useChatTemplate(command.modelOptions.chatTemplate)
    console.field("base", base.summary)
    console.field("tuned", "\(tunedName) · \(fixed(Double(tuned.model.parameterCount) / 1e6, 1)) M parameters")
    let comparison = try LogitComparison(base, data: command.data)
    let size = command.extraction.threshold.map { LoRAExtraction.Size.energy($0) } ?? .rank(command.rank ?? 1)
    let untuned = comparison.logits(of: base.model)
    let extracted = try LoRAExtraction(size, includesModules: command.extraction.includeModules)
      .extract(tuned.model, onto: base.model)
    let expected = comparison.logits(of: tuned.model)
    let before = LogitComparison.largestDifference(untuned, expected)
    let after = LogitComparison.largestDifference(comparison.logits(of: base.model), expected)
    try output.fill { folder in
      try base.writeAdapter(extracted.adapter, to: folder)
      if let template = tuned.tokenizer.chatTemplate,
        base.tokenizer.chatTemplate.map({ !$0.isSame(as: template) }) ?? true
      {
        try AtomicFile.write(template, to: "\(folder)/chat_template.jinja")
      }
    }
    show(extracted, comparison, before: before, after: after)
    console.json(json(extracted, base, comparison, before: before, after: after))
  }

  // MARK: What is printed

  private func show(_ extracted: ExtractedLoRA, _ comparison: LogitComparison, before: Float, after: Float) {
    for (index, kind) in extracted.kinds.enumerated() {
      let ranks =
        kind.smallestRank == kind.largestRank ? "\(kind.largestRank)" : "\(kind.smallestRank)–\(kind.largestRank)"
      console.field(
        index == 0 ? "kept" : "",
        "\(fixed(100 * kind.keptShare, 2)) % of the difference of \(kind.layerCount) × \(kind.name) · rank \(ranks)")
    }
    if !extracted.wholeModules.isEmpty {
      console.field("whole", shortList(extracted.wholeModules))
    }
    if !extracted.losses.isEmpty {
      let largest = extracted.losses.map { $0.share }.max() ?? 0
      console.field(
        "lost",
        "\(shortList(extracted.losses.map { $0.name })): they differ by up to \(fixed(100 * largest, 2)) % of their size"
      )
      if !command.extraction.includeModules { console.field("", "--include-modules saves them whole") }
    }
    console.field(
      "check",
      "\(grouped(comparison.tokenCount)) tokens of \(comparison.source) · largest difference of a logit from the tuned "
        + "model \(significant(after)); without the LoRA \(significant(before))")
    console.field("saved", "\(output.path)/")
  }

  private func shortList(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }

  private func json(
    _ extracted: ExtractedLoRA, _ base: LoadedModel, _ comparison: LogitComparison, before: Float, after: Float
  ) -> JSON {
    let kinds: [JSON] = extracted.kinds.map {
      [
        "kind": .string($0.name), "layers": .integer($0.layerCount), "kept": .number($0.keptShare),
        "smallest_rank": .integer($0.smallestRank), "largest_rank": .integer($0.largestRank),
      ]
    }
    return [
      "output": .string(output.path), "model": .string(base.name), "tuned": .string(tunedName), "kinds": .array(kinds),
      "whole_modules": .array(extracted.wholeModules.map { .string($0) }),
      "lost": .array(extracted.losses.map { ["name": .string($0.name), "relative_difference": .number($0.share)] }),
      "compared_on": .string(comparison.source), "tokens": .integer(comparison.tokenCount),
      "largest_logit_difference": .number(Double(after)), "largest_difference_without": .number(Double(before)),
    ]
  }
}
