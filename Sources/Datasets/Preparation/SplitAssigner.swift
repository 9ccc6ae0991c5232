import Basics

/// Gives records their splits, in the order of the input, and hands their examples to a writer.
///
/// The first records are held back. When the input is that short, a split that the hashes left empty gets the record
/// whose place is nearest to its share; with more records chance leaves no split empty that matters.
final class SplitAssigner {
  private struct Held {
    let record: AcceptedRecord
    let lines: [UInt8]
    let task: Int
    let key: UInt64
    let position: Double
    var split: SplitName
  }

  /// From so many records on, each split that has a share gets at least one.
  static let smallestFilled = 10
  private static let maximumHeld = 1000
  private static let maximumHeldBytes = 1 << 23

  private let splitter: Splitter
  private let writer: any ExampleWriter
  private let splits: [SplitName]
  private let fillsEmptySplits: Bool
  /// Is told of every record of the training split, once that is certain.
  private let onTraining: (AcceptedRecord) -> Void
  private var held: [Held] = []
  private var heldBytes = 0
  private var isStreaming = false
  /// Records of each stratum so far.
  private var strata: [UInt64: Int] = [:]
  /// The places of groups, where records are both grouped and stratified: the first record of a group decides.
  private var groups: [UInt64: Double] = [:]

  init(
    splitter: Splitter, writer: any ExampleWriter, fillsEmptySplits: Bool = true,
    onTraining: @escaping (AcceptedRecord) -> Void = { _ in }
  ) {
    self.splitter = splitter
    self.writer = writer
    self.fillsEmptySplits = fillsEmptySplits
    self.onTraining = onTraining
    splits = SplitName.allCases.filter { splitter.fractions[$0] > 0 }
  }

  /// - Parameter heldOut: the record's task is one to test on alone.
  func add(_ record: AcceptedRecord, of chunk: ProcessedChunk, task: Int, heldOut: Bool) throws {
    let key = record.group ?? record.content
    let position = position(of: record)
    let split = heldOut ? .test : splitter.split(at: position)
    if isStreaming || heldOut {
      try write(record, chunk.lines, task, split, key)
      if split == .train { onTraining(record) }
      return
    }
    let range = record.lineRange
    held.append(
      Held(
        record: record.moved(by: range.lowerBound), lines: Array(chunk.lines[range]), task: task, key: key,
        position: position, split: split))
    heldBytes += range.count
    if held.count > Self.maximumHeld || heldBytes > Self.maximumHeldBytes { try release() }
  }

  /// Writes the examples of a record that a model wrote to the training split; nothing may be held back any more.
  func addGenerated(_ record: AcceptedRecord, of chunk: ProcessedChunk, task: Int) throws {
    precondition(held.isEmpty, "generated records follow the given ones")
    try write(record, chunk.lines, task, .train, record.content)
  }

  /// Writes what is held back.
  func finish() throws {
    if fillsEmptySplits, !isStreaming, held.count >= Self.smallestFilled { fillEmptySplits() }
    try release()
  }

  /// The place of a record: by its hash, or the next one of its stratum.
  func position(of record: AcceptedRecord) -> Double {
    guard let stratum = record.stratum else { return record.position }
    if let group = record.group, let known = groups[group] { return known }
    // Multiples of the golden ratio fill [0, 1) evenly whatever their number: every stratum has its share in every
    // split, give or take one record.
    let seen = strata[stratum.value, default: 0]
    strata[stratum.value] = seen + 1
    let position = (stratum.start + Double(seen) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
    if let group = record.group { groups[group] = position }
    return position
  }

  private func release() throws {
    isStreaming = true
    for entry in held {
      try write(entry.record, entry.lines, entry.task, entry.split, entry.key)
      if entry.split == .train { onTraining(entry.record) }
    }
    held = []
  }

  private func write(
    _ record: AcceptedRecord, _ lines: [UInt8], _ task: Int, _ split: SplitName, _ key: UInt64
  ) throws {
    let examples =
      switch split {
      case .train: record.examples + record.noisyExamples
      case .validation: record.examples
      case .test: record.testExamples ?? record.examples
      }
    for example in examples {
      try lines.withUnsafeBytes { bytes in
        try writer.write(
          UnsafeRawBufferPointer(rebasing: bytes[example.range]),
          PlacedExample(line: example, split: split, task: task, content: record.content, key: key))
      }
    }
  }

  private func fillEmptySplits() {
    for split in splits where !held.contains(where: { $0.split == split }) {
      var keys: [SplitName: Set<UInt64>] = [:]
      for record in held { keys[record.split, default: []].insert(record.key) }
      let movable = held.filter { (keys[$0.split]?.count ?? 0) > 1 }
      let nearest = movable.min {
        let (a, b) = (splitter.distance(from: $0.position, to: split), splitter.distance(from: $1.position, to: split))
        return (a, $0.position, $0.key) < (b, $1.position, $1.key)
      }
      guard let key = nearest?.key else { continue }
      for index in held.indices where held[index].key == key { held[index].split = split }
    }
  }
}

/// An example with the place that it was given.
struct PlacedExample: Sendable {
  let line: ExampleLine
  let split: SplitName
  /// The place among the sources.
  let task: Int
  let content: UInt64
  /// What decides the split: the content, or the group.
  let key: UInt64
}

/// Takes examples whose splits are known.
protocol ExampleWriter: AnyObject {
  func write(_ line: UnsafeRawBufferPointer, _ example: PlacedExample) throws
  /// The files, complete but without their final names yet.
  func finish() throws -> [PreparationReport.PreparedFile]
  /// Gives the files their names.
  func commit() throws
}

extension AcceptedRecord {
  /// Where the record's lines are in its chunk; they follow each other.
  fileprivate var lineRange: Range<Int> {
    let ranges = (examples + (testExamples ?? []) + noisyExamples).map { $0.range }
    guard let first = ranges.first, let last = ranges.last else { return 0..<0 }
    return first.lowerBound..<last.upperBound
  }

  fileprivate func moved(by offset: Int) -> AcceptedRecord {
    var record = self
    record.examples = examples.map { $0.moved(by: offset) }
    record.testExamples = testExamples.map { $0.map { $0.moved(by: offset) } }
    record.noisyExamples = noisyExamples.map { $0.moved(by: offset) }
    return record
  }
}

extension ExampleLine {
  fileprivate func moved(by offset: Int) -> ExampleLine {
    ExampleLine(
      range: range.lowerBound - offset..<range.upperBound - offset, wording: wording, promptLength: promptLength,
      completionLength: completionLength, label: label, tokens: tokens)
  }
}
