import Basics

/// Records that a model writes in the style of those of one source: the given ones are gathered while they are
/// prepared, and the new ones go the same way afterwards, into the training split alone.
final class GeneratedRecords {
  /// Near duplicates are dropped from this similarity on where `--near-duplicates` says no other.
  static let nearDuplicateThreshold = 0.8
  static let fileName = "generated.jsonl"

  private let options: GenerationOptions
  private let generator: any TextGenerator
  private let form: RecordForm
  private let seed: UInt64
  private let progress: (GenerationReport) -> Void
  private var pool: Demonstrations

  /// nil where no records are asked for.
  init?(
    _ options: PreparationOptions, form: RecordForm, generator: (any TextGenerator)?,
    progress: @escaping (GenerationReport) -> Void
  ) {
    guard let generation = options.generation, let generator else { return nil }
    self.options = generation
    self.generator = generator
    self.form = form
    self.progress = progress
    seed = options.seed
    pool = Demonstrations(count: generation.shownRecords, seed: options.seed)
  }

  /// Takes a given record of the training split.
  func offer(_ record: AcceptedRecord) {
    guard let fields = record.fields else { return }
    pool.offer(form.part(of: fields), content: record.content, group: record.group)
  }

  /// Writes the records; the collector takes those that can be used.
  ///
  /// - Parameter processor: makes examples of them.
  func write(to collector: RecordCollector, through processor: RecordProcessor) throws -> GenerationReport {
    let generation = try RecordGeneration(
      options, generator: generator, form: form, records: pool.records, seed: seed)
    var line = 1
    return try generation.run(
      accept: { record in
        let refusal = try accept(
          processor.process(RecordChunk(record: record, file: Self.fileName, line: line)), collector)
        if refusal == nil { line += 1 }
        return refusal
      }, progress: progress)
  }

  private func accept(
    _ chunk: ProcessedChunk, _ collector: RecordCollector
  ) throws -> RecordGeneration.Refusal? {
    switch chunk.records.first {
    case .accepted(let accepted): return try collector.takeGenerated(accepted, of: chunk)
    case .rejected(let rejection, _):
      let problem = FieldProblem(field: rejection.field, reason: rejection.reason)
      return .init(fault: .malformed, reason: problem.sentence)
    case .filtered: return .init(fault: .filtered, reason: "does not meet --where")
    case nil: return .init(fault: .malformed, reason: "holds nothing")
    }
  }
}

extension RecordChunk {
  /// One record as a line of a file of JSON lines.
  fileprivate init(record: JSONObject, file: String, line: Int) {
    var bytes: [UInt8] = []
    JSON.object(record).append(to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    self.init(
      file: file, firstLine: line, bytes: bytes, layout: .jsonLines(terminator: UInt8(ascii: "\n")), fault: nil)
  }
}
