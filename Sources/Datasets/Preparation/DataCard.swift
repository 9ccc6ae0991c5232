import Basics

/// What was prepared from what and how: `dataset.json` for machines, `dataset.md` with pictures for people. Without
/// times, so that the same preparation gives the same bytes.
struct DataCard {
  let report: PreparationReport
  let options: PreparationOptions

  var json: JSON {
    var card: JSONObject = [
      "version": 1, "sources": .array(report.sources.map { $0.json }),
      "shape": (report.tasks.first?.shape).map { .string($0.rawValue) } ?? "template",
      "template_files": .array(report.templates.map { $0.json }), "templates": counts(report.exampleCounts),
      "columns": columns, "seed": .integer(Int(truncatingIfNeeded: options.seed)),
      "group_column": options.groupColumn.map { .string($0) } ?? .null,
      "stratify_column": options.stratifyColumn.map { .string($0) } ?? .null,
      "every_template": .bool(options.everyTemplate),
      "held_out_templates": .array(options.heldOutTemplates.map { .string($0) }), "shots": .integer(options.shots),
      "fractions": .object(
        JSONObject(
          entries: SplitName.allCases.map { .init(key: $0.rawValue, value: .number(options.fractions[$0])) })),
      "records": records,
      "characters": ["prompt": report.promptLengths.json, "completion": report.completionLengths.json],
    ]
    card["tasks"] = .array(report.tasks.map { $0.json })
    card["findings"] = counts(
      FindingKind.allCases.compactMap { kind in report.cleaning.counts[kind].map { (kind.rawValue, $0) } })
    card["generation"] = generation
    if let tokens = report.tokens { card["tokens"] = tokens.json }
    card["files"] = .array(report.files.map { $0.json })
    return .object(card)
  }

  /// What a model wrote, and how it was asked; nil where it was not.
  private var generation: JSON? {
    guard var generation = report.generation?.json.objectValue, let asked = options.generation else { return nil }
    generation["shown_records"] = .integer(asked.shownRecords)
    generation["temperature"] = .number(asked.temperature)
    generation["top_p"] = .number(asked.topP)
    return .object(generation)
  }

  private var columns: JSON {
    var columns = JSONObject()
    for pair in report.templates.flatMap({ $0.mapping.pairs }) { columns[pair.field] = .string(pair.column) }
    return .object(columns)
  }

  private var records: JSON {
    [
      "read": .integer(report.recordsRead), "accepted": .integer(report.recordsAccepted),
      "rejected": .integer(report.rejectedCount), "filtered": .integer(report.recordsFiltered),
      "duplicates": .integer(report.duplicatesDropped),
      "near_duplicates": report.cleaning.looksForNearDuplicates
        ? .integer(report.cleaning.nearDuplicatesDropped) : .null,
      "contaminated": options.cleaning.decontaminationFiles.isEmpty
        ? .null : .integer(report.cleaning.contaminatedDropped),
    ]
  }

  private func counts(_ counts: [(String, Int)]) -> JSON {
    .object(JSONObject(entries: counts.map { .init(key: $0.0, value: .integer($0.1)) }))
  }
}

extension PreparationReport.Source {
  fileprivate var json: JSON { ["path": .string(path), "format": .string(format), "sha256": .string(sha256)] }
}

extension PreparationReport.TemplateUse {
  fileprivate var json: JSON {
    ["name": .string(name), "metrics": .array(metrics.map { .string($0) }), "sha256": .string(sha256)]
  }
}

extension PreparationReport.PreparedFile {
  fileprivate var json: JSON {
    [
      "path": .string(path.split(separator: "/").last.map { String($0) } ?? path), "examples": .integer(examples),
      "sha256": .string(sha256),
    ]
  }
}

extension PreparationReport.Task {
  fileprivate var json: JSON {
    var task: JSONObject = [
      "name": .string(name), "records": .integer(recordsAccepted), "available": .integer(available),
      "splits": .object(
        JSONObject(
          entries: SplitName.allCases.compactMap { split in
            splits[split].map { .init(key: split.rawValue, value: .integer($0)) }
          })),
      "held_out": .bool(isHeldOut), "license": license.map { .string($0) } ?? .null, "reason": .string(reason),
      "also_fits": .array(alternatives.map { .string($0) }),
    ]
    if let labels {
      task["labels"] = .object(JSONObject(entries: labels.map { .init(key: $0.label, value: .integer($0.count)) }))
    }
    if tokenCount > 0 {
      task["tokens"] = .integer(tokenCount)
      task["trained_tokens"] = .integer(trainedTokenCount)
    }
    task["characters"] = ["prompt": characters.prompt.json, "completion": characters.completion.json]
    return .object(task)
  }
}

extension TokenSummary {
  fileprivate var json: JSON {
    var summary: JSONObject = [
      "model": .string(model), "lengths": lengths.json, "histogram": histogram.json, "total": .integer(total),
      "trained": .integer(trained),
    ]
    if let maxLength {
      summary["max_length"] = .integer(maxLength)
      summary["over_max_length"] = .integer(overMaxLength)
      summary["packing_efficiency"] = packingEfficiency.map { .number(($0 * 1e4).rounded() / 1e4) } ?? .null
    }
    return .object(summary)
  }
}
