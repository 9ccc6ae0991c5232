import Basics
import Foundation

/// Turns data files into `train.jsonl`, `validation.jsonl`, `test.jsonl`, `dataset.json` and, when records had to be
/// rejected, `rejected.jsonl` in a folder.
///
/// The same input, templates, seed and shares give the same bytes every time. Memory does not grow with the input
/// except for a 64-bit hash a record, by which exact duplicates are found.
/// - Throws: `TuneError.usage` for unknown templates or columns, `TuneError.data` when no record can be used or a file
///   cannot be read.
public func prepare(_ options: PreparationOptions, library: TemplateLibrary) throws -> PreparationReport {
  guard !options.inputs.isEmpty else { throw TuneError.usage("no input; expected a CSV, TSV, JSON or JSON lines file") }
  if let limit = options.limit, limit < 1 { throw TuneError.usage("--limit \(limit): expected at least 1") }
  try refuseOverwriting(options)
  var run = try PreparationRun(options, library: library)
  try run.readAll()
  return try run.finish()
}

private struct PreparationRun {
  private let options: PreparationOptions
  private let plan: RecordPlan
  private var report: PreparationReport
  private let prepared: PreparedFolder
  private var rejected: LineSink?
  private var contents: Set<UInt64> = []
  private var prompts = LengthCounter()
  private var completions = LengthCounter()
  private var emptyCompletions = 0

  init(_ options: PreparationOptions, library: TemplateLibrary) throws {
    self.options = options
    report = PreparationReport()
    report.folder = options.output
    report.isCheckOnly = options.checkOnly
    report.columns = try sampleColumns(options.inputs)
    if let group = options.groupColumn, !report.columns.containsSame(as: group) {
      let hint = nearest(group, among: report.columns).map { "; did you mean '\($0)'?" } ?? ""
      throw TuneError.usage(
        "no column '\(group)' to group by\(hint); the columns are \(report.columns.joined(separator: ", "))")
    }
    plan = try choosePlan(options, library: library, report: &report)
    let splitter = Splitter(fractions: options.fractions, seed: options.seed)
    prepared = try PreparedFolder(options.output, splitter: splitter, writes: !options.checkOnly)
  }

  mutating func readAll() throws {
    for path in options.inputs {
      let reader = try RecordReader(path)
      report.sources.append(.init(path: path, format: reader.format.name, sha256: try fileSHA256(path)))
      while report.recordsAccepted < options.limit ?? .max, let outcome = try reader.next() {
        report.recordsRead += 1
        switch outcome {
        case .rejected(let rejection): try reject(rejection)
        case .record(let record): try take(record, file: path)
        }
      }
    }
  }

  private mutating func take(_ record: Record, file: String) throws {
    do throws(FieldProblem) {
      let outcome = try plan.apply(to: record.fields)
      let key = try groupKey(record.fields) ?? outcome.content
      try add(outcome, key: key)
    } catch {
      if error.isEmptyCompletion { emptyCompletions += 1 }
      try reject(Rejection(file: file, line: record.line, field: error.field, reason: error.reason))
    }
    if let failure = writeFailure { throw failure }
  }

  /// An error of the disk, kept apart from what is wrong with a record.
  private var writeFailure: (any Error)?

  private mutating func add(_ outcome: RecordPlan.Outcome, key: String) throws(FieldProblem) {
    guard contents.insert(stableHash(outcome.content)).inserted else {
      report.duplicatesDropped += 1
      return
    }
    report.recordsAccepted += 1
    report.wordingsLeftOut += outcome.wordingsLeftOut
    for (wording, example) in outcome.examples {
      prompts.add(example.promptLength)
      completions.add(example.completionLength)
      guard let wording, let index = report.exampleCounts.firstIndex(where: { $0.template.isSame(as: wording) }) else {
        continue
      }
      report.exampleCounts[index].count += 1
    }
    do {
      try prepared.add(outcome.examples.map { $0.example.json.text() }, key: key)
    } catch {
      writeFailure = error
    }
  }

  private func groupKey(_ fields: JSONObject) throws(FieldProblem) -> String? {
    guard let column = options.groupColumn else { return nil }
    guard let value = fields[column], !value.isNull, !(value.stringValue?.isBlank ?? false) else {
      throw FieldProblem(field: column, reason: "missing or empty; the records are grouped by it")
    }
    return "group " + (value.stringValue ?? value.text(.compact))
  }

  private mutating func reject(_ rejection: Rejection) throws {
    report.rejectedCount += 1
    if report.rejections.count < max(3, options.shownRejections) { report.rejections.append(rejection) }
    if rejected == nil { rejected = try LineSink("\(options.output)/rejected.jsonl", writes: !options.checkOnly) }
    try rejected?.add(rejection.json.text())
  }

  mutating func finish() throws -> PreparationReport {
    try checkSomethingIsLeft()
    report.promptLengths = prompts.summary
    report.completionLengths = completions.summary
    report.files = try prepared.finish()
    report.rejections = Array(report.rejections.prefix(options.shownRejections))
    for file in report.files where file.examples == 0 {
      report.warnings.append(
        "the \(file.split.rawValue) split is empty: \(report.recordsAccepted) records are too few for its share of "
          + "\(options.fractions[file.split])")
    }
    if options.checkOnly { return report }
    try prepared.commit()
    try rejected?.commit()
    if rejected != nil { report.rejectedPath = rejected?.path }
    try removeStaleFiles()
    try AtomicFile.write(
      report.datasetJSON(options).text(.pretty) + "\n", to: "\(options.output)/dataset.json")
    return report
  }

  private func checkSomethingIsLeft() throws {
    guard report.recordsAccepted == 0 else { return }
    let files = options.inputs.joined(separator: ", ")
    guard report.recordsRead > 0 else {
      throw TuneError.data("\(files): no records; expected a header line and rows, or JSON objects")
    }
    let first = report.rejections.prefix(3).map { $0.description }.joined(separator: "\n  ")
    if emptyCompletions == report.rejectedCount {
      throw TuneError.data(
        "\(files): every completion is empty (\(report.rejectedCount) records); expected a text to learn in each:"
          + "\n  \(first)"
      )
    }
    throw TuneError.data("\(files): none of \(report.recordsRead) records can be used; the first reasons:\n  \(first)")
  }

  /// Files of an earlier run that this one has no content for.
  private func removeStaleFiles() throws {
    guard FileManager.default.fileExists(atPath: "\(options.output)/dataset.json") else { return }
    var stale = SplitName.allCases.filter { options.fractions[$0] == 0 }.map { $0.fileName }
    if rejected == nil { stale.append("rejected.jsonl") }
    for name in stale { unlink("\(options.output)/\(name)") }
  }
}

/// Refuses an output folder whose files are the input.
private func refuseOverwriting(_ options: PreparationOptions) throws {
  func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
  let names = SplitName.allCases.map { $0.fileName } + ["rejected.jsonl", "dataset.json"]
  let outputs = names.map { resolved("\(options.output)/\($0)") }
  for input in options.inputs where outputs.contains(resolved(input)) {
    throw TuneError.usage("\(input): is a file that --output \(options.output) would replace; choose another folder")
  }
}
