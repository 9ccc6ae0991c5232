import Basics

/// What became of one chunk of records, on its way from the threads that process to the one that collects.
struct ProcessedChunk: Sendable {
  let file: String
  var records: [ProcessedRecord] = []
  /// The JSON lines of all examples, one after the other, each with its line feed.
  var lines: [UInt8] = []
}

enum ProcessedRecord: Sendable {
  case accepted(AcceptedRecord)
  /// `isEmptyCompletion`: what is to be learnt is what is missing.
  case rejected(Rejection, isEmptyCompletion: Bool)
  /// Left out by `--where` or `--sample`.
  case filtered
}

/// A record that became examples.
struct AcceptedRecord: Sendable {
  let line: Int
  /// Equal for records of equal content.
  let content: UInt64
  /// The place among the splits in [0, 1): of the group where there is one, else of the content.
  let position: Double
  /// What keeps records together; nil where nothing was asked for.
  let group: UInt64?
  /// What records are spread by, and the place of its first record.
  let stratum: (value: UInt64, start: Double)?
  var examples: [ExampleLine] = []
  /// Those for the test split where wordings are held out for it.
  var testExamples: [ExampleLine]?
  /// The same with noise in their prompts, for the training split alone.
  var noisyExamples: [ExampleLine] = []
  var wordingsLeftOut = 0
  /// The record itself, where it is to be shown to a model.
  var fields: JSONObject?
  var cleaning = RecordCleaning()
}

/// One example as a line of the chunk.
struct ExampleLine: Sendable {
  let range: Range<Int>
  /// The place among the plan's wordings.
  let wording: Int?
  /// In Unicode scalars.
  let promptLength: Int
  let completionLength: Int
  /// The completion where it is as short as a label.
  let label: String?
  let tokens: TokenCount?
}

/// Makes examples of chunks of records; runs on many threads at once.
struct RecordProcessor: Sendable {
  let plan: RecordPlan
  let selection: RecordSelection
  let groupColumn: String?
  let stratifyColumn: String?
  let cleaner: RecordCleaner
  let splitter: Splitter
  let tokens: TokenChecks?
  let augmentations: [Augmentation]
  /// The task that examples are marked with; nil marks none.
  let task: String?
  /// Keeps the records, for demonstrations and for generation.
  var keepsFields = false
  /// Marks examples as those of records that a model wrote.
  var isGenerated = false

  /// A completion of at most so many characters is counted as a label.
  private static let longestLabel = 48

  func process(_ chunk: RecordChunk) -> ProcessedChunk {
    var processed = ProcessedChunk(file: chunk.file)
    let outcomes = chunk.parse()
    processed.records.reserveCapacity(outcomes.count)
    processed.lines.reserveCapacity(chunk.byteCount + chunk.byteCount / 2)
    for outcome in outcomes {
      switch outcome {
      case .rejected(let rejection): processed.records.append(.rejected(rejection, isEmptyCompletion: false))
      case .record(let record):
        guard selection.includes(record.fields) else {
          processed.records.append(.filtered)
          continue
        }
        let start = processed.lines.count
        do throws(FieldProblem) {
          processed.records.append(.accepted(try accept(record, chunk.file, &processed.lines)))
        } catch {
          processed.lines.removeLast(processed.lines.count - start)
          let rejection = Rejection(file: chunk.file, line: record.line, field: error.field, reason: error.reason)
          processed.records.append(.rejected(rejection, isEmptyCompletion: error.isEmptyCompletion))
        }
      }
    }
    return processed
  }

  private func accept(
    _ record: Record, _ path: String, _ lines: inout [UInt8]
  ) throws(FieldProblem) -> AcceptedRecord {
    let fields = cleaner.redacted(record.fields)
    let group = try value(of: groupColumn, in: fields, purpose: "the records are grouped by it").map { "group " + $0 }
    let stratum = try value(of: stratifyColumn, in: fields, purpose: "the splits are stratified by it")
    let groupHash = group.map { stableHash($0) }
    let outcome = try plan.apply(to: fields, group: groupHash)
    var accepted = AcceptedRecord(
      line: record.line, content: outcome.key.content,
      position: group.map { splitter.position(of: $0) } ?? outcome.key.position, group: groupHash,
      stratum: stratum.map { (stableHash($0), splitter.position(of: "stratum " + $0)) })
    accepted.wordingsLeftOut = outcome.wordingsLeftOut
    accepted.cleaning = cleaner.check(outcome.texts)
    if keepsFields { accepted.fields = fields }
    for example in outcome.examples { accepted.examples.append(try line(example, record, path, &lines)) }
    if let testExamples = outcome.testExamples {
      var written: [ExampleLine] = []
      for example in testExamples { written.append(try line(example, record, path, &lines)) }
      accepted.testExamples = written
    }
    for (example, kind) in outcome.examples.flatMap({ example in augmentations.map { (example, $0) } }) {
      guard let noisy = example.augmented(kind, content: outcome.key.content) else { continue }
      accepted.noisyExamples.append(try line(noisy, record, path, &lines))
    }
    return accepted
  }

  private func line(
    _ rendered: RecordPlan.RenderedExample, _ record: Record, _ path: String, _ lines: inout [UInt8]
  ) throws(FieldProblem) -> ExampleLine {
    let example = rendered.example
    let count = try tokens?.count(example)
    let start = lines.count
    marked(example.json, rendered, record, path).append(to: &lines)
    lines.append(UInt8(ascii: "\n"))
    let label = example.completionLength <= Self.longestLabel ? example.json["completion"]?.stringValue : nil
    return ExampleLine(
      range: start..<lines.count, wording: rendered.wording, promptLength: example.promptLength,
      completionLength: example.completionLength, label: label?.strippedAsInPython, tokens: count)
  }

  /// The example with the task and the place that it comes from, where that is wanted, and the mark of a model.
  private func marked(
    _ json: JSON, _ rendered: RecordPlan.RenderedExample, _ record: Record, _ path: String
  ) -> JSON {
    guard task != nil || isGenerated, var object = json.objectValue else { return json }
    if let task {
      object["task"] = .string(task)
      if let wording = rendered.wording { object["template"] = .string(plan.wordingNames[wording]) }
      object["source"] = .string(path)
      object["line"] = .integer(record.line)
    }
    if isGenerated { object["generated"] = true }
    return .object(object)
  }

  private func value(
    of column: String?, in fields: JSONObject, purpose: String
  ) throws(FieldProblem) -> String? {
    guard let column else { return nil }
    guard let value = fields[column], !value.isNull, !(value.stringValue?.isBlank ?? false) else {
      throw FieldProblem(field: column, reason: "missing or empty; \(purpose)")
    }
    return value.stringValue ?? value.text(.compact)
  }
}

extension RecordPlan.RenderedExample {
  /// The example with noise in its prompt; nil where nothing changed, and for conversations.
  fileprivate func augmented(_ augmentation: Augmentation, content: UInt64) -> Self? {
    guard let prompt = example.json["prompt"]?.stringValue, let completion = example.json["completion"]?.stringValue,
      let noisy = augmentation.apply(to: prompt, target: completion, recordHash: content)
    else { return nil }
    return Self(wording: wording, example: PreparedExample(prompt: noisy, completion: completion))
  }
}
