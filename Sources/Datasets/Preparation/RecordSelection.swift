import Basics

/// Which records of a source are used; asked on many threads.
struct RecordSelection: Sendable {
  private let condition: RecordCondition?
  private var sample: RecordSample?
  /// The records of a sample of so many; known once all have been looked at.
  private var smallest: SmallestHashes?

  /// - Throws: `TuneError.usage` when the condition asks for a column that is not there.
  init(_ source: PreparationOptions.Source, columns: [String]) throws {
    condition = source.condition
    sample = source.sample
    for name in condition?.fieldNames ?? [] where !columns.isEmpty && !columns.containsSame(as: name) {
      let hint = nearest(name, among: columns).map { "; did you mean '\($0)'?" } ?? ""
      throw TuneError.usage(
        "--where: no column '\(name)'\(hint); the columns are \(columns.listed)")
    }
  }

  /// The same condition for records that are not drawn from.
  var withoutSample: RecordSelection {
    var selection = self
    selection.sample = nil
    return selection
  }

  /// How many records are wanted, where that takes a look at all of them first.
  var wantedCount: Int? { if case .count(let count) = sample?.size { count } else { nil } }

  /// The places in the draw of the chunk's records that meet the condition.
  func hashes(of chunk: RecordChunk) -> [UInt64] {
    chunk.parse().compactMap { outcome in
      guard let sample, case .record(let record) = outcome, condition?.holds(for: record.fields) ?? true else {
        return nil
      }
      return sample.hash(of: record.fields)
    }
  }

  mutating func draw(from smallest: SmallestHashes) { self.smallest = smallest }

  func includes(_ record: JSONObject) -> Bool {
    guard condition?.holds(for: record) ?? true else { return false }
    guard let sample else { return true }
    return smallest?.contains(sample.hash(of: record)) ?? sample.includes(record)
  }
}
