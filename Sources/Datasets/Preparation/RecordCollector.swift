import Basics
import Foundation

/// Takes processed records in the order of the input: drops what came before, counts, and passes on the rest.
final class RecordCollector {
  private(set) var report: PreparationReport
  private let options: PreparationOptions
  private let assigner: SplitAssigner
  private var sieve: RecordSieve
  private var rejected: LineSink?
  private var findings: LineSink?
  private var generated: LineSink?
  private var lengths: LengthExtremes?
  /// The task that is being read.
  private var task = 0
  private(set) var emptyCompletions = 0

  init(_ options: PreparationOptions, report: PreparationReport, assigner: SplitAssigner) throws {
    self.options = options
    self.report = report
    self.assigner = assigner
    sieve = try RecordSieve(options.cleaning, generates: options.generation != nil)
    if options.cleaning.checks.contains(.lengthOutlier) { lengths = LengthExtremes() }
    self.report.cleaning.looksForNearDuplicates = options.cleaning.nearDuplicateThreshold != nil
  }

  func begin(task: Int) { self.task = task }

  /// - Returns: whether more records are wanted.
  func take(_ chunk: ProcessedChunk) throws -> Bool {
    for record in chunk.records {
      guard report.tasks[task].recordsAccepted < options.sources[task].limit ?? .max else { return false }
      report.tasks[task].recordsRead += 1
      switch record {
      case .filtered: report.tasks[task].recordsFiltered += 1
      case .rejected(let rejection, let isEmptyCompletion):
        if isEmptyCompletion { emptyCompletions += 1 }
        try reject(rejection)
      case .accepted(let record): try accept(record, of: chunk)
      }
    }
    return report.tasks[task].recordsAccepted < options.sources[task].limit ?? .max
  }

  private func accept(_ record: AcceptedRecord, of chunk: ProcessedChunk) throws {
    switch sieve.judge(record) {
    case .kept: break
    case .duplicate:
      report.duplicatesDropped += 1
      return
    case .nearDuplicate:
      report.cleaning.nearDuplicatesDropped += 1
      return
    case .contaminated(let match):
      report.cleaning.contaminatedDropped += 1
      if report.cleaning.contaminated.count < options.shownRejections {
        report.cleaning.contaminated.append(("\(chunk.file):\(record.line)", match))
      }
      return
    }
    report.tasks[task].recordsAccepted += 1
    report.wordingsLeftOut += record.wordingsLeftOut
    for finding in record.cleaning.findings {
      try add(PlacedFinding(file: chunk.file, line: record.line, finding: finding))
    }
    if let example = record.examples.first {
      lengths?.offer(example.completionLength, file: chunk.file, line: record.line) { chunk.target(of: example) }
    }
    try assigner.add(record, of: chunk, task: task, heldOut: options.sources[task].isHeldOut)
  }

  /// Takes a record that a model wrote, or says why it is not used.
  func takeGenerated(_ record: AcceptedRecord, of chunk: ProcessedChunk) throws -> RecordGeneration.Refusal? {
    if let finding = record.cleaning.findings.first(where: { Self.degenerateKinds.contains($0.kind) }) {
      return .init(fault: .degenerate, reason: "\(finding.field): \(finding.kind.rawValue): \(finding.excerpt)")
    }
    switch sieve.judgeGenerated(record) {
    case .kept: break
    case .duplicate: return .init(fault: .duplicate, reason: "equals a record that is there")
    case .nearDuplicate: return .init(fault: .nearDuplicate, reason: "is much like a record that is there")
    case .contaminated(let match):
      return .init(fault: .contaminated, reason: "shares '\(match.words)' with a benchmark")
    }
    for finding in record.cleaning.findings {
      try add(PlacedFinding(file: chunk.file, line: record.line, finding: finding))
    }
    if generated == nil {
      generated = try LineSink("\(options.output)/\(GeneratedRecords.fileName)", writes: !options.checkOnly)
    }
    try generated?.add(JSON.object(record.fields ?? [:]).text())
    try assigner.addGenerated(record, of: chunk, task: task)
    return nil
  }

  /// Findings by which a text of a model is no good; a given record is kept for its owner to judge.
  private static let degenerateKinds: [FindingKind] = [.repetition, .encodingDamage, .emptyTarget]

  private func reject(_ rejection: Rejection) throws {
    report.tasks[task].rejectedCount += 1
    if report.rejections.count < max(3, options.shownRejections) { report.rejections.append(rejection) }
    if rejected == nil { rejected = try LineSink("\(options.output)/rejected.jsonl", writes: !options.checkOnly) }
    try rejected?.add(rejection.json.text())
  }

  func add(_ finding: PlacedFinding) throws {
    report.cleaning.counts[finding.finding.kind, default: 0] += 1
    if report.cleaning.first.count < max(3, options.shownRejections) { report.cleaning.first.append(finding) }
    if findings == nil { findings = try LineSink("\(options.output)/findings.jsonl", writes: !options.checkOnly) }
    try findings?.add(finding.json.text())
  }

  /// Adds findings for the targets that are far longer or shorter than the others.
  func addLengthOutliers() throws { for finding in lengths?.findings() ?? [] { try add(finding) } }

  /// Gives the files of rejections, findings and generated records their names; returns the names of those that there are.
  func commit() throws -> [String] {
    try rejected?.commit()
    try findings?.commit()
    try generated?.commit()
    report.rejectedPath = rejected?.path
    report.cleaning.path = findings?.path
    report.generation?.path = generated?.path
    return [rejected, findings, generated].compactMap { $0.map { ($0.path as NSString).lastPathComponent } }
  }

  func edit(_ change: (inout PreparationReport) throws -> Void) rethrows { try change(&report) }
}
