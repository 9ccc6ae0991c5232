import Basics

/// Reads one JSON object a line; blank lines are skipped.
final class JSONLinesReader: RecordSource {
  private let lines: LineReader

  init(_ path: String) throws { lines = try LineReader(path) }

  func next() throws -> RecordOutcome? {
    while let line = try lines.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      return recordOutcome(parsing: line, file: lines.path, line: lines.lineNumber)
    }
    return nil
  }
}

/// The record that the JSON text of one object holds, or why it is none.
func recordOutcome(parsing bytes: [UInt8], file: String, line: Int) -> RecordOutcome {
  do {
    let value = try JSON(parsing: bytes)
    if case .object(let fields) = value { return .record(Record(fields: fields, line: line)) }
    return .rejected(
      Rejection(file: file, line: line, reason: "\(value.kindName); expected an object with the record's fields"))
  } catch {
    let lineOfError = line + bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
    let place = lineOfError == line ? "" : " (line \(lineOfError))"
    return .rejected(
      Rejection(file: file, line: line, reason: "not valid JSON at byte \(error.offset)\(place): \(error.reason)"))
  }
}
