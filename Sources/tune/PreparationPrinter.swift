import Basics
import Datasets
import Foundation

/// Prints what `tune prepare` did: what was read, which template and why, what was rejected or found, where it went.
struct PreparationPrinter {
  let report: PreparationReport
  let console: Console

  func show() {
    if report.isMixture { showMixture() } else { for task in report.tasks { showTask(task) } }
    showChecks()
    showRejections()
    showGeneration()
    for warning in report.warnings { console.field("note", warning) }
    showSplits()
    showLengths()
    showFiles()
    console.json(.object(json))
  }

  private func showTask(_ task: PreparationReport.Task) {
    for source in task.sources { console.field("read", "\(source.path) (\(source.format))") }
    var records = "\(grouped(task.recordsRead)) records · columns: \(columns(task))"
    if task.recordsFiltered > 0 { records += " · \(grouped(task.recordsFiltered)) filtered out" }
    console.field("", records)
    if task.shape != nil { console.field("records", task.reason) }
    for template in task.templates {
      let fields = template.mapping.pairs.map { $0.field == $0.column ? $0.field : "\($0.column)→\($0.field)" }
      console.field(
        "template",
        "\(template.name) (\(template.wordings.count) wordings) — fields: \(fields.joined(separator: ", "))")
      for (wording, missing) in template.unusable {
        console.field("", "without \(wording): no column for \(missing.joined(separator: ", "))")
      }
    }
    if task.shape == nil, !task.reason.isEmpty { console.field("", task.reason) }
    if !task.alternatives.isEmpty {
      console.field("", "also fits: \(task.alternatives.joined(separator: ", ")); choose with --template NAME")
    }
    showLabels(task)
  }

  /// The first columns; data with hundreds of them are not listed whole.
  private func columns(_ task: PreparationReport.Task) -> String {
    let shown = task.columns.prefix(12).joined(separator: ", ")
    return task.columns.count > 12 ? "\(shown), … (\(grouped(task.columns.count)))" : shown
  }

  private func showLabels(_ task: PreparationReport.Task) {
    guard let labels = task.labels, labels.count > 1 else { return }
    let total = labels.reduce(0) { $0 + $1.count }
    let shown = labels.prefix(8).map { "\($0.label) \(percent($0.count, of: total))" }.joined(separator: " · ")
    console.field("labels", labels.count > 8 ? "\(shown) · … (\(labels.count))" : shown)
  }

  private func showMixture() {
    let width = report.tasks.map { $0.name.count }.max() ?? 0
    console.field("mixture", "\(report.tasks.count) tasks · \(grouped(report.recordsRead)) records read")
    for task in report.tasks {
      let used = task.splits[.train] ?? 0
      var text = task.name.padding(toLength: width, withPad: " ", startingAt: 0)
      text +=
        task.isHeldOut
        ? "  held out for the test split" : "  \(grouped(used)) of \(grouped(task.available)) in training"
      if task.tokenCount > 0 { text += " · \(grouped(task.tokenCount)) tokens" }
      let from = task.shape.map { $0.rawValue } ?? task.templates.map { $0.name }.joined(separator: ", ")
      console.field("", "\(text) · \(from)")
    }
  }

  private func showChecks() {
    var dropped = ["\(grouped(report.duplicatesDropped)) exact duplicates dropped"]
    let cleaning = report.cleaning
    if cleaning.looksForNearDuplicates {
      dropped.append("\(grouped(cleaning.nearDuplicatesDropped)) near duplicates dropped")
    }
    if cleaning.contaminatedDropped > 0 {
      dropped.append("\(grouped(cleaning.contaminatedDropped)) dropped for text shared with a benchmark")
    }
    console.field("checks", dropped.joined(separator: " · "))
    for (place, match) in cleaning.contaminated {
      console.line("  \(place): \"\(match.words)\" stands in \(match.source.file):\(match.source.line)")
    }
    guard cleaning.total > 0 else { return }
    let kinds = FindingKind.allCases.compactMap { kind in
      cleaning.counts[kind].map { "\(kind.rawValue) \(grouped($0))" }
    }
    console.field("findings", kinds.joined(separator: " · "))
    for finding in cleaning.first.prefix(3) { console.line("  \(finding)") }
    let more = cleaning.total - min(3, cleaning.first.count)
    if more > 0 { console.line("  … \(grouped(more)) more\(cleaning.path.map { " in \($0)" } ?? "")") }
  }

  private func showRejections() {
    guard report.rejectedCount > 0 else { return }
    console.field("rejected", "\(grouped(report.rejectedCount)) records:")
    for rejection in report.rejections { console.line("  \(rejection)") }
    let more = report.rejectedCount - report.rejections.count
    if more > 0 { console.line("  … \(grouped(more)) more\(report.rejectedPath.map { " in \($0)" } ?? "")") }
  }

  private func showGeneration() {
    guard let generation = report.generation else { return }
    console.field(
      "generated",
      "\(grouped(generation.written)) of \(grouped(generation.asked)) records by \(generation.model) · "
        + "\(grouped(generation.attempts)) texts"
        + (generation.reasons.isEmpty ? "" : " · not used: \(generation.reasons)"))
    for rejection in generation.firstRejections { console.line("  \(rejection)") }
  }

  private func showSplits() {
    let counts = SplitName.allCases.compactMap { split -> String? in
      let files = report.files.filter { $0.split == split }
      return files.isEmpty ? nil : "\(split.rawValue) \(grouped(report.examples(in: split)))"
    }
    console.field("split", "by hash of the record: \(counts.joined(separator: " · "))")
  }

  private func showLengths() {
    let (prompt, completion) = (report.promptLengths, report.completionLengths)
    console.field(
      "lengths",
      "characters, p50/p95/max: prompt \(joined(prompt)) · completion \(joined(completion))")
    guard let tokens = report.tokens else { return }
    let lengths = tokens.lengths
    var text = "p50/p95/max: \(joined(lengths)) (\(tokens.model))"
    if let maxLength = tokens.maxLength {
      text += " · over \(grouped(maxLength)): \(grouped(tokens.overMaxLength))"
      text += " · packed windows \(percent(tokens.packingEfficiency ?? 0)) full"
    }
    console.field("tokens", text)
    console.field("", "\(grouped(tokens.total)) in all, \(grouped(tokens.trained)) trained")
    let histogram = tokens.histogram
    console.line("  \(histogram.bars)  0…\(grouped(histogram.binWidth * histogram.counts.count)) tokens")
  }

  private func joined(_ lengths: LengthSummary) -> String {
    [lengths.p50, lengths.p95, lengths.max].map { grouped($0) }.joined(separator: "/")
  }

  private func showFiles() {
    guard !report.isCheckOnly else { return console.line("checked only: nothing was written") }
    let names =
      report.files.map { ($0.path as NSString).lastPathComponent } + ["dataset.json", "dataset.md"]
      + (report.generation?.path.map { [($0 as NSString).lastPathComponent] } ?? [])
    console.field("wrote", "\(report.folder)/  \(names.joined(separator: "  "))")
    let isDefault = report.folder == Defaults.prepared
    console.line("next: tune train --lora --rank 8\(isDefault ? "" : " --data \(report.folder)")")
  }

  private func percent(_ part: Int, of whole: Int) -> String { percent(Double(part) / Double(max(1, whole))) }
  private func percent(_ share: Double) -> String { "\(fixed(share * 100, 1)) %" }

  private var json: JSONObject {
    var json: JSONObject = [
      "folder": .string(report.folder), "records_read": .integer(report.recordsRead),
      "records_accepted": .integer(report.recordsAccepted), "filtered": .integer(report.recordsFiltered),
      "rejected": .integer(report.rejectedCount), "duplicates_dropped": .integer(report.duplicatesDropped),
      "near_duplicates_dropped": .integer(report.cleaning.nearDuplicatesDropped),
      "contaminated_dropped": .integer(report.cleaning.contaminatedDropped),
      "templates": .array(report.templates.map { .string($0.name) }),
      "also_fits": .array(report.tasks.flatMap { $0.alternatives }.map { .string($0) }),
      "examples": counts(
        SplitName.allCases.filter { split in report.files.contains { $0.split == split } }.map {
          ($0.rawValue, report.examples(in: $0))
        }),
      "files": .array(report.files.map { .string($0.path) }),
      "rejections": .array(report.rejections.map { .string($0.description) }),
      "findings": counts(
        FindingKind.allCases.compactMap { kind in report.cleaning.counts[kind].map { (kind.rawValue, $0) } }),
    ]
    json["generated"] = report.generation?.json
    if let tokens = report.tokens {
      json["tokens"] = ["total": .integer(tokens.total), "trained": .integer(tokens.trained)]
    }
    if report.isMixture {
      json["tasks"] = .array(
        report.tasks.map {
          [
            "name": .string($0.name), "available": .integer($0.available),
            "train": .integer($0.splits[.train] ?? 0), "tokens": .integer($0.tokenCount),
          ]
        })
    }
    return json
  }

  private func counts(_ counts: [(String, Int)]) -> JSON {
    .object(JSONObject(entries: counts.map { JSONObject.Entry(key: $0.0, value: .integer($0.1)) }))
  }
}
