import Basics

/// Reads CSV and TSV as RFC 4180 defines them: a header line, fields in quotes where they hold delimiters, quotes
/// (doubled) or line breaks.
///
/// A broken quote costs one record, not the rest of the file: when a quoted field never ends properly, its first line
/// is rejected and reading goes on with the next line. In TSV such a line is first tried without quote rules, because
/// many TSV files (Amazon's review files among them) write quotes as ordinary characters. Blank lines are skipped.
final class DelimitedReader: RecordSource {
  /// A quoted field that is still open after this many bytes is taken for a broken quote.
  private static let maximumRecordLength = 1 << 24

  let path: String
  let header: [String]
  private let delimiter: UInt8
  private let lines: PhysicalLines

  init(_ path: String, delimiter: UInt8) throws {
    self.path = path
    self.delimiter = delimiter
    lines = try PhysicalLines(path)
    header = try Self.readHeader(path, lines: lines, delimiter: delimiter)
  }

  func next() throws -> RecordOutcome? {
    while let first = try lines.next() {
      if first.bytes.isEmpty { continue }
      return try read(from: first)
    }
    return nil
  }

  private func read(from first: PhysicalLine) throws -> RecordOutcome {
    var row = RowParser(delimiter: delimiter)
    var read = [first]
    var length = first.bytes.count
    var progress = row.feed(first)
    while progress == .open, length <= Self.maximumRecordLength, let line = try lines.next() {
      read.append(line)
      length += line.bytes.count
      progress = row.feed(line)
    }
    if progress == .complete, row.fields.count == header.count { return record(row.fields, line: first.number) }
    if let fields = literalFields(first) {
      lines.putBack(read.dropFirst())
      return record(fields, line: first.number)
    }
    switch progress {
    case .complete: return rejected(first, raggedReason(row.fields.count))
    case .malformed:
      lines.putBack(read.dropFirst())
      return rejected(first, "text follows a closing quote; expected the next field: write quotes inside a field twice")
    case .open:
      lines.putBack(read.dropFirst())
      return rejected(first, "a quoted field is never closed; write quotes inside a field twice")
    }
  }

  /// The fields of a TSV line whose quotes are ordinary characters; nil where that does not fit the header.
  private func literalFields(_ line: PhysicalLine) -> [[UInt8]]? {
    guard delimiter == UInt8(ascii: "\t"), line.bytes.contains(UInt8(ascii: "\"")) else { return nil }
    let fields = line.bytes.split(separator: delimiter, omittingEmptySubsequences: false).map { Array($0) }
    return fields.count == header.count ? fields : nil
  }

  private func record(_ fields: [[UInt8]], line: Int) -> RecordOutcome {
    var entries: [JSONObject.Entry] = []
    entries.reserveCapacity(fields.count)
    for (name, bytes) in zip(header, fields) {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        return .rejected(
          Rejection(file: path, line: line, field: name, reason: "not valid UTF-8; save the file as UTF-8"))
      }
      entries.append(JSONObject.Entry(key: name, value: .string(text)))
    }
    return .record(Record(fields: JSONObject(entries: entries), line: line))
  }

  private func rejected(_ line: PhysicalLine, _ reason: String) -> RecordOutcome {
    .rejected(Rejection(file: path, line: line.number, reason: reason))
  }

  private func raggedReason(_ count: Int) -> String {
    "\(count) \(count == 1 ? "field" : "fields") where the header has \(header.count); "
      + "put fields that hold the delimiter in quotes"
  }

  private static func readHeader(_ path: String, lines: PhysicalLines, delimiter: UInt8) throws -> [String] {
    var row = RowParser(delimiter: delimiter)
    var progress = RowParser.Progress.open
    var length = 0
    while progress == .open, length <= maximumRecordLength, let line = try lines.next() {
      if row.isEmpty, line.bytes.isEmpty { continue }
      length += line.bytes.count
      progress = row.feed(line)
    }
    guard progress == .complete else {
      throw TuneError.data("\(path):1: no usable header line; expected the names of the columns")
    }
    var names: [String] = []
    for (index, bytes) in row.fields.enumerated() {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TuneError.data("\(path):1: the name of column \(index + 1) is not valid UTF-8; save the file as UTF-8")
      }
      let name = text.strippedAsInPython
      names.append(name.isEmpty ? "column \(index + 1)" : name)
      if names.dropLast().contains(where: { $0.utf8.elementsEqual(names[index].utf8) }) {
        throw TuneError.data(
          "\(path):1: two columns are named '\(names[index])'; expected a header line of unique names")
      }
    }
    return names
  }
}

/// Takes the lines of one row apart; it stays open while a quoted field goes on in the next line.
struct RowParser {
  enum Progress { case open, complete, malformed }
  private enum State { case fieldStart, unquoted, quoted, quoteInQuoted }

  private(set) var fields: [[UInt8]] = []
  private let delimiter: UInt8
  private var field: [UInt8] = []
  private var state = State.fieldStart

  init(delimiter: UInt8) { self.delimiter = delimiter }

  /// Whether nothing was fed yet.
  var isEmpty: Bool { fields.isEmpty && field.isEmpty && state == .fieldStart }

  mutating func feed(_ line: PhysicalLine) -> Progress {
    for byte in line.bytes {
      switch (state, byte) {
      case (.fieldStart, UInt8(ascii: "\"")): state = .quoted
      case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
      case (.quoteInQuoted, UInt8(ascii: "\"")):
        field.append(byte)
        state = .quoted
      case (.quoted, _): field.append(byte)
      case (_, delimiter): finishField()
      case (.quoteInQuoted, _): return .malformed
      default:
        field.append(byte)
        state = .unquoted
      }
    }
    if state == .quoted {
      field += line.terminator
      return .open
    }
    finishField()
    return .complete
  }

  private mutating func finishField() {
    fields.append(field)
    field = []
    state = .fieldStart
  }
}
