import Basics

/// Finds the ends of lines, of paragraphs, or of the whole file.
struct LineBoundaries: RecordBoundaries {
  let unit: RecordFormat.TextUnit
  let terminator: UInt8
  let layout: RecordChunk.Layout
  /// Bytes in which no boundary was found.
  private var searched = 0

  init(_ unit: RecordFormat.TextUnit, terminator: UInt8, layout: RecordChunk.Layout) {
    (self.unit, self.terminator, self.layout) = (unit, terminator, layout)
  }

  mutating func piece(of bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) -> RecordPiece {
    var length = 0
    if isEnd {
      length = bytes.count
    } else {
      switch unit {
      case .file: break
      case .line:
        length = bytes.lastIndex(of: terminator, in: min(searched, bytes.count)..<bytes.count).map { $0 + 1 } ?? 0
      case .paragraph: length = lastParagraphEnd(in: bytes)
      }
    }
    searched = length == 0 ? bytes.count : 0
    return RecordPiece(length: length, layout: layout)
  }

  /// The end of the last blank line.
  private func lastParagraphEnd(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var end = bytes.count
    while let lineFeed = bytes.lastIndex(of: terminator, in: 0..<end) {
      let start = bytes.lastIndex(of: terminator, in: 0..<lineFeed).map { $0 + 1 } ?? 0
      if start > 0, bytes[start..<lineFeed].allSatisfy({ $0.isJSONSpace }) { return lineFeed + 1 }
      end = lineFeed
    }
    return 0
  }
}

/// Calls `body` with every line's content (without the terminator and a carriage return before it) and number.
private func forEachLine(
  of bytes: UnsafeBufferPointer<UInt8>, terminator: UInt8, firstLine: Int, _ body: (Range<Int>, Int) -> Void
) {
  var start = 0, line = firstLine
  while start < bytes.count {
    let end = bytes.firstIndex(of: terminator, in: start..<bytes.count) ?? bytes.count
    let hasReturn = terminator == .lineFeed && end > start && bytes[end - 1] == .carriageReturn
    body(start..<end - (hasReturn ? 1 : 0), line)
    start = end + 1
    line += 1
  }
}

/// The records of JSON lines; blank lines are none.
func jsonLines(
  in bytes: UnsafeBufferPointer<UInt8>, terminator: UInt8, file: String, firstLine: Int
) -> [RecordOutcome] {
  var outcomes: [RecordOutcome] = []
  forEachLine(of: bytes, terminator: terminator, firstLine: firstLine) { range, line in
    if bytes[range].allSatisfy({ $0.isJSONSpace }) { return }
    outcomes.append(recordOutcome(parsing: UnsafeBufferPointer(rebasing: bytes[range]), file: file, line: line))
  }
  return outcomes
}

/// The record that the JSON text of one object holds, or why it is none.
func recordOutcome(parsing bytes: UnsafeBufferPointer<UInt8>, file: String, line: Int) -> RecordOutcome {
  do {
    let value = try JSON(parsing: UnsafeRawBufferPointer(bytes), keepingNumbers: true)
    if case .object(let fields) = value { return .record(Record(fields: fields, line: line)) }
    return .rejected(
      Rejection(file: file, line: line, reason: "\(value.kindName); expected an object with the record's fields"))
  } catch {
    let lineOfError = line + bytes.count(of: .lineFeed, in: 0..<min(error.offset, bytes.count))
    let place = lineOfError == line ? "" : " (line \(lineOfError))"
    return .rejected(
      Rejection(file: file, line: line, reason: "not valid JSON at byte \(error.offset)\(place): \(error.reason)"))
  }
}

/// The records `{"text"}` of plain text; what is blank is none.
func textRecords(
  in bytes: UnsafeBufferPointer<UInt8>, unit: RecordFormat.TextUnit, terminator: UInt8, file: String, firstLine: Int
) -> [RecordOutcome] {
  var outcomes: [RecordOutcome] = []
  func add(_ range: Range<Int>, _ line: Int) {
    guard let text = bytes.text(range) else {
      let reason = "not valid UTF-8; save the file as UTF-8"
      outcomes.append(.rejected(Rejection(file: file, line: line, field: "text", reason: reason)))
      return
    }
    if !text.isBlank { outcomes.append(.record(Record(fields: ["text": .string(text)], line: line))) }
  }
  switch unit {
  case .line: forEachLine(of: bytes, terminator: terminator, firstLine: firstLine, add)
  case .file: add(0..<bytes.count, firstLine)
  case .paragraph:
    var paragraph: (range: Range<Int>, line: Int)?
    forEachLine(of: bytes, terminator: terminator, firstLine: firstLine) { range, line in
      if !bytes[range].allSatisfy({ $0.isJSONSpace }) {
        paragraph = ((paragraph?.range.lowerBound ?? range.lowerBound)..<range.upperBound, paragraph?.line ?? line)
      } else if let whole = paragraph {
        add(whole.range, whole.line)
        paragraph = nil
      }
    }
    if let paragraph { add(paragraph.range, paragraph.line) }
  }
  return outcomes
}
