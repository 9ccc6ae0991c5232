import Basics

/// One record of a data file: its fields by column name, and where it begins.
public struct Record: Sendable, Equatable {
  /// The values as the file has them; those of CSV and TSV are always strings.
  public var fields: JSONObject
  /// The line on which the record begins, from 1.
  public var line: Int

  public init(fields: JSONObject, line: Int) {
    self.fields = fields
    self.line = line
  }
}

/// A record that could not be used, and why: never dropped in silence.
public struct Rejection: Sendable, Equatable, CustomStringConvertible {
  public var file: String
  public var line: Int
  /// The column or field at fault; nil when the whole record is.
  public var field: String?
  public var reason: String

  public init(file: String, line: Int, field: String? = nil, reason: String) {
    self.file = file
    self.line = line
    self.field = field
    self.reason = reason
  }

  /// `file:line: field: reason`
  public var description: String {
    field.map { "\(file):\(line): \($0): \(reason)" } ?? "\(file):\(line): \(reason)"
  }

  /// The rejection as a line of `rejected.jsonl`.
  public var json: JSON {
    [
      "file": .string(file), "line": .integer(line), "field": field.map { .string($0) } ?? .null,
      "reason": .string(reason),
    ]
  }
}

/// What a reader finds next in a file.
public enum RecordOutcome: Sendable, Equatable {
  case record(Record)
  case rejected(Rejection)
}
