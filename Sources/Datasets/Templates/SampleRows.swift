import Basics

/// The first records of a data file with their columns, for looking at templates.
public struct SampleRows: Sendable {
  public let path: String
  /// In the order in which they appear.
  public let columns: [String]
  public let records: [Record]

  /// - Parameter limit: how many records are read at most.
  /// - Throws: `TuneError.data` when the file cannot be read or has no usable record.
  public init(_ path: String, limit: Int) throws {
    let reader = try RecordReader(path)
    var records: [Record] = []
    var firstRejection: Rejection?
    while records.count < limit, let outcome = try reader.next() {
      switch outcome {
      case .record(let record): records.append(record)
      case .rejected(let rejection): firstRejection = firstRejection ?? rejection
      }
    }
    guard !records.isEmpty else {
      let reason = firstRejection.map { "; the first reason: \($0)" } ?? ""
      throw TuneError.data("\(path): no record can be read\(reason)")
    }
    var columns: [String] = []
    for name in records.flatMap({ $0.fields.keys }) where !columns.containsSame(as: name) { columns.append(name) }
    self.path = path
    self.columns = columns
    self.records = records
  }
}
