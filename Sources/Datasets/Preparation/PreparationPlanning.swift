import Basics
import Foundation

extension RecordPlan {
  /// Chooses templates or the shape of a source's records and writes the choice with its reason into the report.
  init(
    _ source: PreparationOptions.Source, _ options: PreparationOptions, samples: [JSONObject], library: TemplateLibrary,
    report: inout PreparationReport.Task
  ) throws {
    let kind: Kind
    if !source.templates.isEmpty {
      let selections = try source.templates.map {
        try library.selection(named: $0).mapped(to: report.columns, chosen: source.columns)
      }
      report.reason = "chosen with --template"
      kind = .templates(selections)
    } else if let shape = RecordShape(columns: source.renamed(report.columns), samples: samples) {
      report.shape = shape
      report.reason = shape.explanation
      kind = .shape(shape)
    } else if report.columns.isEmpty {
      // No record was readable: reading on collects the reasons.
      kind = .shape(.promptCompletion)
    } else {
      let match = try library.bestMatch(
        columns: report.columns, chosen: source.columns, records: samples, paths: source.inputs)
      report.alternatives = match.alternatives
      report.reason = match.reason
      kind = .templates([match.selection])
    }
    if case .templates(let selections) = kind { report.note(selections) }
    try checkChosenColumns(source, kind: kind, columns: report.columns)
    let renaming = try ColumnRenaming(source.columns.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    try self.init(
      kind: kind, renaming: renaming, target: options.shape, seed: options.seed, everyTemplate: options.everyTemplate,
      eachTemplate: options.eachTemplate, heldOut: options.heldOutTemplates)
    report.exampleCounts = wordingNames.map { ($0, 0) }
  }
}

extension PreparationOptions.Source {
  /// The columns with those that were chosen under their new names.
  fileprivate func renamed(_ names: [String]) -> [String] {
    names.map { name in columns.first { $0.value.isSame(as: name) }?.key ?? name }
  }
}

extension PreparationReport.Task {
  fileprivate mutating func note(_ selections: [TemplateSelection]) {
    templates = selections.map { selection in
      .init(
        name: selection.task.name, task: selection.task.task, metrics: selection.task.metrics,
        sha256: selection.task.sha256, mapping: selection.mapping, wordings: selection.wordings.map { $0.name },
        learnsBareLabels: selection.task.category == .classification
          && selection.wordings.allSatisfy { $0.answerChoices == nil },
        unusable: selection.unusable)
    }
  }
}

extension PreparationReport.Task {
  /// A remark where the answers are the numbers that the data have for their classes.
  var numberedLabels: String? {
    guard let labels, labels.count > 1, let template = templates.first(where: { $0.learnsBareLabels }) else {
      return nil
    }
    let numbers = labels.compactMap { Int($0.label) }
    guard numbers.count == labels.count else { return nil }
    return
      "the answers are the numbers \(numbers.sorted().map { "\($0)" }.listed), for which \(template.name) has no words; "
      + "choose a template that has, or map a column of names with --map label=COLUMN"
  }
}

private func checkChosenColumns(
  _ source: PreparationOptions.Source, kind: RecordPlan.Kind, columns: [String]
) throws {
  for (field, column) in source.columns.sorted(by: { $0.key < $1.key }) {
    if case .templates(let selections) = kind {
      let fields = selections.flatMap { $0.task.fieldNames }
      guard fields.containsSame(as: field) else {
        throw TuneError.usage(
          "--map: no field '\(field)' in the templates; the fields are \(fields.joined(separator: ", "))")
      }
    }
    guard columns.containsSame(as: column) else {
      throw TuneError.usage(
        "--map: no column '\(column)' in the input; the columns are \(columns.listed)")
    }
  }
}

extension PreparationOptions {
  /// Checks what can be checked before anything is read.
  func validate() throws {
    guard sources.contains(where: { !$0.inputs.isEmpty }) else {
      throw TuneError.usage("no input; expected a CSV, TSV, JSON or JSON lines file")
    }
    for source in sources {
      if let limit = source.limit, limit < 1 { throw TuneError.usage("--limit \(limit): expected at least 1") }
    }
    if let share = subsets.first(where: { !($0 > 0 && $0 <= 1) }) {
      throw TuneError.usage("--fractions: \(share) is no share; expected numbers above 0 and at most 1")
    }
    if !heldOutTemplates.isEmpty, fractions[.test] == 0 {
      throw TuneError.usage("--hold-out-template needs a test split; give it a share with --split")
    }
    guard (0...64).contains(shots) else { throw TuneError.usage("--shots \(shots): expected 0 to 64") }
    if generation != nil { try validateGeneration() }
  }

  private func validateGeneration() throws {
    guard mixture == nil else {
      throw TuneError.usage(
        "--generate writes records in the style of one source, and a mixture has several; prepare the source alone "
          + "with --generate, then add its generated.jsonl to the mixture")
    }
    guard fractions[.train] > 0 else {
      throw TuneError.usage("--generate needs a training split to add records to; give it a share with --split")
    }
  }

  /// Refuses an output folder whose files are the input.
  func refuseOverwriting() throws {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    let names =
      SplitName.allCases.map { $0.fileName } + subsets.map { subsetFileName($0) }
      + ["rejected.jsonl", "findings.jsonl", GeneratedRecords.fileName, "dataset.json", "dataset.md"]
    let outputs = names.map { resolved("\(output)/\($0)") }
    for input in sources.flatMap({ $0.inputs }) where outputs.contains(resolved(input)) {
      throw TuneError.usage("\(input): is a file that --output \(output) would replace; choose another folder")
    }
  }

  /// Refuses held-out templates that no plan has or that leave nothing to train with, and tasks that are not there.
  func checkHeldOut(_ plans: [RecordPlan], tasks: [String]) throws {
    for name in heldOutTasks where !tasks.containsSame(as: name) {
      let hint =
        nearest(name, among: tasks).map { "did you mean '\($0)'?" } ?? "known: \(tasks.joined(separator: ", "))"
      throw TuneError.usage("--hold-out-task '\(name)': no such task; \(hint)")
    }
    guard sources.contains(where: { !$0.isHeldOut }) else {
      throw TuneError.usage("every task is held out; expected one to train with")
    }
    for name in heldOutTemplates where !plans.contains(where: { $0.hasWording(name) }) {
      let known = plans.flatMap { $0.wordingNames }
      let hint =
        nearest(name, among: known).map { "did you mean '\($0)'?" } ?? "known: \(known.joined(separator: ", "))"
      throw TuneError.usage("--hold-out-template '\(name)': no such wording is in use; \(hint)")
    }
    for plan in plans where plan.holdsOut && !plan.keepsForTraining {
      throw TuneError.usage("--hold-out-template leaves no wording to train with; hold out fewer")
    }
  }

  /// Refuses columns to group or stratify by that no record has.
  func checkColumns(_ columns: [String]) throws {
    for (name, flag) in [(groupColumn, "group"), (stratifyColumn, "stratify")] {
      guard let name, !columns.containsSame(as: name) else { continue }
      let hint = nearest(name, among: columns).map { "; did you mean '\($0)'?" } ?? ""
      throw TuneError.usage(
        "no column '\(name)' to \(flag) by\(hint); the columns are \(columns.listed)")
    }
  }
}
