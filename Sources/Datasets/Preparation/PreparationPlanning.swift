import Basics

/// The columns of the first records of every file, in the order they appear.
///
/// - Throws: `TuneError.data` when a file cannot be read.
func sampleColumns(_ inputs: [String]) throws -> [String] {
  var columns: [String] = []
  for path in inputs {
    let reader = try RecordReader(path)
    var names = reader.header ?? []
    if reader.header == nil {
      var sampled = 0
      while sampled < 100, let outcome = try reader.next() {
        sampled += 1
        if case .record(let record) = outcome { names += record.fields.keys }
      }
    }
    for name in names where !columns.containsSame(as: name) { columns.append(name) }
  }
  return columns
}

/// Chooses templates or the shape of the records and writes the choice with its reason into the report.
func choosePlan(
  _ options: PreparationOptions, library: TemplateLibrary, report: inout PreparationReport
) throws -> RecordPlan {
  let kind: RecordPlan.Kind
  if !options.templates.isEmpty {
    let selections = try options.templates.map {
      try library.selection(named: $0).mapped(to: report.columns, chosen: options.columns)
    }
    report.reason = "chosen with --template"
    kind = .templates(selections)
  } else if let shape = RecordShape(columns: report.columns), options.columns.isEmpty {
    report.shape = shape
    report.reason = shape.explanation
    kind = .shape(shape)
  } else if report.columns.isEmpty {
    // No record was readable: reading on collects the reasons.
    kind = .shape(.promptCompletion)
  } else {
    let match = try library.bestMatch(columns: report.columns, chosen: options.columns)
    report.alternatives = match.alternatives
    report.reason = "its fields match the columns"
    kind = .templates([match.selection])
  }
  if case .templates(let selections) = kind { record(selections, in: &report) }
  try checkChosenColumns(options, kind: kind, columns: report.columns)
  return RecordPlan(kind: kind, seed: options.seed, everyTemplate: options.everyTemplate)
}

private func record(_ selections: [TemplateSelection], in report: inout PreparationReport) {
  for selection in selections {
    let wordings = selection.wordings.map { $0.name }
    report.templates.append(
      .init(
        name: selection.task.name, task: selection.task.task, metrics: selection.task.metrics,
        sha256: selection.task.sha256, mapping: selection.mapping, wordings: wordings, unusable: selection.unusable))
    report.exampleCounts += wordings.map { ("\(selection.task.name)/\($0)", 0) }
  }
}

private func checkChosenColumns(_ options: PreparationOptions, kind: RecordPlan.Kind, columns: [String]) throws {
  guard !options.columns.isEmpty, case .templates(let selections) = kind else { return }
  let fields = selections.flatMap { $0.task.fieldNames }
  for (field, column) in options.columns.sorted(by: { $0.key < $1.key }) {
    guard fields.containsSame(as: field) else {
      throw TuneError.usage("no field '\(field)' in the templates; the fields are \(fields.joined(separator: ", "))")
    }
    guard columns.containsSame(as: column) else {
      throw TuneError.usage("no column '\(column)' in the input; the columns are \(columns.joined(separator: ", "))")
    }
  }
}

extension PreparationReport {
  /// The content of `dataset.json`: what was prepared from what and how, without times, so that it is reproducible.
  func datasetJSON(_ options: PreparationOptions) -> JSON {
    let mapping = templates.flatMap { $0.mapping.pairs }
    var columns = JSONObject()
    for pair in mapping { columns[pair.field] = .string(pair.column) }
    return [
      "version": 1,
      "sources": .array(
        sources.map { ["path": .string($0.path), "format": .string($0.format), "sha256": .string($0.sha256)] }),
      "shape": shape.map { .string($0.rawValue) } ?? "template",
      "template_files": .array(
        templates.map {
          ["name": .string($0.name), "metrics": .array($0.metrics.map { .string($0) }), "sha256": .string($0.sha256)]
        }),
      "templates": .object(
        JSONObject(entries: exampleCounts.map { JSONObject.Entry(key: $0.template, value: .integer($0.count)) })),
      "columns": .object(columns),
      "seed": .integer(Int(truncatingIfNeeded: options.seed)),
      "group_column": options.groupColumn.map { .string($0) } ?? .null,
      "every_template": .bool(options.everyTemplate),
      "fractions": .object(
        JSONObject(
          entries: SplitName.allCases.map { JSONObject.Entry(key: $0.rawValue, value: .number(options.fractions[$0])) })
      ),
      "records": [
        "read": .integer(recordsRead), "accepted": .integer(recordsAccepted), "rejected": .integer(rejectedCount),
        "duplicates": .integer(duplicatesDropped),
      ],
      "characters": ["prompt": promptLengths.json, "completion": completionLengths.json],
      "files": .array(
        files.map {
          ["path": .string($0.split.fileName), "examples": .integer($0.examples), "sha256": .string($0.sha256)]
        }),
    ]
  }
}
