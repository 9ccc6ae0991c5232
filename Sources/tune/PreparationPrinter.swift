import Basics
import Datasets
import Foundation

/// Prints what `tune prepare` did: what was read, which template and why, what was rejected, where it went.
struct PreparationPrinter {
  let report: PreparationReport
  let console: Console

  func show() {
    showSources()
    showTemplates()
    showChecks()
    for warning in report.warnings { console.field("note", warning) }
    showSplits()
    console.json(.object(json))
  }

  private func showSources() {
    for source in report.sources {
      console.field("read", "\(source.path) (\(source.format))")
    }
    console.field(
      "", "\(grouped(report.recordsRead)) records · columns: \(report.columns.joined(separator: ", "))")
  }

  private func showTemplates() {
    if report.shape != nil { console.field("records", report.reason) }
    for template in report.templates {
      let fields = template.mapping.pairs.map { $0.field == $0.column ? $0.field : "\($0.column)→\($0.field)" }
      console.field(
        "template",
        "\(template.name) (\(template.wordings.count) wordings) — fields: \(fields.joined(separator: ", "))")
      for (wording, missing) in template.unusable {
        console.field("", "without \(wording): no column for \(missing.joined(separator: ", "))")
      }
    }
    if report.shape == nil, !report.reason.isEmpty { console.field("", report.reason) }
    if !report.alternatives.isEmpty {
      console.field("", "also fits: \(report.alternatives.joined(separator: ", "))   (--template NAME)")
    }
  }

  private func showChecks() {
    if report.duplicatesDropped > 0 {
      console.field("checks", "\(grouped(report.duplicatesDropped)) exact duplicates dropped")
    }
    guard report.rejectedCount > 0 else { return }
    console.field("rejected", "\(grouped(report.rejectedCount)) records:")
    for rejection in report.rejections { console.line("  \(rejection)") }
    let more = report.rejectedCount - report.rejections.count
    if more > 0 { console.line("  … \(grouped(more)) more\(report.rejectedPath.map { " in \($0)" } ?? "")") }
  }

  private func showSplits() {
    let counts = report.files.map { "\($0.split.rawValue) \(grouped($0.examples))" }
    console.field("split", "by hash of the record: \(counts.joined(separator: " · "))")
    let (prompt, completion) = (report.promptLengths, report.completionLengths)
    console.field(
      "lengths",
      "characters, p50/p95/max: prompt \(prompt.p50)/\(prompt.p95)/\(prompt.max) · "
        + "completion \(completion.p50)/\(completion.p95)/\(completion.max)")
    guard !report.isCheckOnly else { return console.line("checked only: nothing was written") }
    let names = report.files.map { ($0.path as NSString).lastPathComponent } + ["dataset.json"]
    console.field("wrote", "\(report.folder)/  \(names.joined(separator: "  "))")
    let isDefault = report.folder == Defaults.prepared
    console.line("next: tune train --lora --rank 8\(isDefault ? "" : " --data \(report.folder)")")
  }

  private var json: JSONObject {
    [
      "folder": .string(report.folder), "records_read": .integer(report.recordsRead),
      "records_accepted": .integer(report.recordsAccepted), "rejected": .integer(report.rejectedCount),
      "duplicates_dropped": .integer(report.duplicatesDropped),
      "templates": .array(report.templates.map { .string($0.name) }),
      "examples": .object(
        JSONObject(
          entries: report.files.map { JSONObject.Entry(key: $0.split.rawValue, value: .integer($0.examples)) })),
      "files": .array(report.files.map { .string($0.path) }),
      "rejections": .array(report.rejections.map { .string($0.description) }),
    ]
  }
}
