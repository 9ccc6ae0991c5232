import Basics

/// The columns of a CSV or TSV file and how its rows are written.
struct RowLayout: Sendable {
  /// The names of the columns, as the header line has them.
  var header: [String]
  var delimiter: UInt8
  var terminator: UInt8

  /// The records of rows; blank lines are none.
  func records(in bytes: UnsafeBufferPointer<UInt8>, file: String, firstLine: Int) -> [RecordOutcome] {
    var scanner = RowScanner(delimiter: delimiter, terminator: terminator, columnCount: header.count)
    var outcomes: [RecordOutcome] = []
    var position = 0, line = firstLine
    while position < bytes.count {
      if let next = blankLineEnd(bytes, at: position) {
        position = next
        line += 1
        continue
      }
      let end: Int
      switch scanner.scan(bytes, from: position, isEnd: true) {
      case .row(let rowEnd):
        outcomes.append(record(scanner.fields, of: bytes, file: file, line: line))
        end = rowEnd
      case .rejected(let reason, let rowEnd):
        outcomes.append(.rejected(Rejection(file: file, line: line, reason: reason)))
        end = rowEnd
      case .incomplete: preconditionFailure("a row is always complete at the end of the bytes")
      }
      line += bytes.count(of: terminator, in: position..<end)
      position = end
    }
    return outcomes
  }

  /// Where the next line begins, when nothing is on this one.
  private func blankLineEnd(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
    if bytes[position] == terminator { return position + 1 }
    guard terminator == .lineFeed, bytes[position] == .carriageReturn else { return nil }
    if position + 1 == bytes.count { return position + 1 }
    return bytes[position + 1] == .lineFeed ? position + 2 : nil
  }

  private func record(
    _ fields: [RowScanner.Field], of bytes: UnsafeBufferPointer<UInt8>, file: String, line: Int
  ) -> RecordOutcome {
    var entries: [JSONObject.Entry] = []
    entries.reserveCapacity(fields.count)
    for (name, field) in zip(header, fields) {
      guard let text = field.text(of: bytes) else {
        return .rejected(
          Rejection(file: file, line: line, field: name, reason: "not valid UTF-8; save the file as UTF-8"))
      }
      entries.append(JSONObject.Entry(key: name, value: .string(text)))
    }
    return .record(Record(fields: JSONObject(entries: entries), line: line))
  }
}

extension RowScanner.Field {
  /// The content with doubled quotes made single; nil where it is not valid UTF-8.
  func text(of bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard hasDoubledQuotes else { return bytes.text(range) }
    var content: [UInt8] = []
    content.reserveCapacity(range.count)
    var position = range.lowerBound
    while let quote = bytes.firstIndex(of: .quote, in: position..<range.upperBound) {
      content.append(contentsOf: bytes[position...quote])
      position = quote + 2
    }
    content.append(contentsOf: bytes[position..<range.upperBound])
    return content.withUnsafeBufferPointer { String(validUTF8: $0) }
  }
}

/// Finds the ends of rows: only lines with a quote are looked at closely.
struct RowBoundaries: RecordBoundaries {
  let layout: RowLayout
  private var scanner: RowScanner
  /// All bytes before this place are whole rows.
  private var position = 0

  init(_ layout: RowLayout) {
    self.layout = layout
    scanner = RowScanner(
      delimiter: layout.delimiter, terminator: layout.terminator, columnCount: layout.header.count)
  }

  var terminator: UInt8 { layout.terminator }

  mutating func piece(of bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) -> RecordPiece {
    advance(in: bytes, isEnd: isEnd)
    let length = isEnd ? bytes.count : position
    position = 0
    scanner.rebase(by: length)
    return RecordPiece(length: length, layout: .rows(layout))
  }

  private mutating func advance(in bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) {
    while position < bytes.count {
      let quote = bytes.firstIndex(of: .quote, in: position..<bytes.count)
      if let lineFeed = bytes.lastIndex(of: terminator, in: position..<(quote ?? bytes.count)) {
        position = lineFeed + 1
      }
      guard quote != nil else { return }
      switch scanner.scan(bytes, from: position, isEnd: isEnd) {
      case .row(let end), .rejected(_, let end): position = end
      case .incomplete: return
      }
    }
  }
}

extension RowLayout {
  /// Reads the header line from the front of a file and takes it away; says how many lines it had.
  ///
  /// - Throws: `TuneError.data` where there is none, its names are not UTF-8, or two are equal.
  static func read(
    from source: inout PendingBytes, delimiter: UInt8, terminator: UInt8, name: String
  ) throws -> (layout: RowLayout, lineCount: Int) {
    var scanner = RowScanner(delimiter: delimiter, terminator: terminator, columnCount: nil)
    while true {
      let isEnd = source.isAtEnd
      let header: (end: Int, names: [String])? = try source.bytes.withUnsafeBufferPointer { bytes in
        let start = bytes.firstIndex { $0 != .lineFeed && $0 != .carriageReturn } ?? bytes.count
        guard start < bytes.count, case .row(let end) = scanner.scan(bytes, from: start, isEnd: isEnd) else {
          return nil
        }
        return (end, try names(scanner.fields, of: bytes, file: name))
      }
      if let header {
        let lineCount = source.bytes[..<header.end].count { $0 == terminator }
        source.bytes.removeFirst(header.end)
        return (RowLayout(header: header.names, delimiter: delimiter, terminator: terminator), lineCount)
      }
      if isEnd || source.bytes.count > RowScanner.maximumLength {
        if let failure = source.failure { throw failure }
        throw TuneError.data("\(name):1: no usable header line; expected the names of the columns")
      }
      source.read(upTo: source.bytes.count * 2)
    }
  }

  private static func names(
    _ fields: [RowScanner.Field], of bytes: UnsafeBufferPointer<UInt8>, file: String
  ) throws -> [String] {
    var names: [String] = []
    var seen: Set<[UInt8]> = []
    for (index, field) in fields.enumerated() {
      guard let text = field.text(of: bytes) else {
        throw TuneError.data("\(file):1: the name of column \(index + 1) is not valid UTF-8; save the file as UTF-8")
      }
      let stripped = text.strippedAsInPython
      let name = stripped.isEmpty ? "column \(index + 1)" : stripped
      guard seen.insert(Array(name.utf8)).inserted else {
        throw TuneError.data("\(file):1: two columns are named '\(name)'; expected a header line of unique names")
      }
      names.append(name)
    }
    return names
  }
}
