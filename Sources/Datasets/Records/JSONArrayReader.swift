import Basics

/// Reads one JSON array of objects element by element; memory holds one element at a time.
///
/// The end of an element is found by its brackets alone, so that one that is not valid JSON is rejected and reading
/// goes on with the next. After a line break inside a string, which JSON forbids, the element is broken and the next
/// one is looked for by indentation: an unclosed quote does not swallow the file. Commas between elements are not
/// checked.
final class JSONArrayReader: RecordSource {
  private enum State { case beforeArray, inArray, afterArray, finished }

  private let path: String
  private let reader: ByteReader
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  private var position = 0
  private var end = 0
  private var line = 1
  /// Bytes since the last line break.
  private var column = 0
  private var state = State.beforeArray

  init(_ path: String) throws {
    self.path = path
    reader = try ByteReader(path)
    try fill()
    if chunk[..<end].starts(with: RecordFormat.byteOrderMark) { position = 3 }
  }

  func next() throws -> RecordOutcome? {
    if state == .beforeArray { try enterArray() }
    if state == .inArray, let outcome = try nextElement() { return outcome }
    if state == .afterArray {
      state = .finished
      try skip(commas: false)
      if try peek() != nil { return rejected("text follows the end of the array; expected the end of the file") }
    }
    return nil
  }

  private func enterArray() throws {
    try skip(commas: false)
    guard try peek() == UInt8(ascii: "[") else {
      throw TuneError.data("\(path):\(line): expected a JSON array of objects, which begins with '['")
    }
    advance(UInt8(ascii: "["))
    state = .inArray
  }

  private func nextElement() throws -> RecordOutcome? {
    try skip(commas: true)
    guard let byte = try peek() else {
      state = .finished
      return rejected("the file ends before the array's closing ']'; it may be cut off")
    }
    if byte == UInt8(ascii: "]") {
      position += 1
      state = .afterArray
      return nil
    }
    let startLine = line
    guard let element = try readElement() else {
      state = .finished
      return .rejected(
        Rejection(file: path, line: startLine, reason: "the file ends inside this record; it may be cut off"))
    }
    return recordOutcome(parsing: element, file: path, line: startLine)
  }

  /// The bytes up to the element's end; nil when the file ends first.
  private func readElement() throws -> [UInt8]? {
    var element: [UInt8] = []
    var extent = ElementExtent(column: column)
    while let byte = try peek() {
      if extent.endsBefore(byte, column: column) { return element }
      advance(byte)
      element.append(byte)
      guard element.count <= LineReader.maximumLineLength else {
        throw TuneError.data("\(path):\(line): a record is longer than \(LineReader.maximumLineLength) bytes")
      }
      if extent.endsWith(byte) { return element }
    }
    return nil
  }

  private func skip(commas: Bool) throws {
    while let byte = try peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
      case UInt8(ascii: ",") where commas: break
      default: return
      }
      advance(byte)
    }
  }

  private func advance(_ byte: UInt8) {
    position += 1
    column += 1
    if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 0) }
  }

  private func peek() throws -> UInt8? {
    if position == end { try fill() }
    return end == 0 ? nil : chunk[position]
  }

  private func fill() throws {
    position = 0
    end = try chunk.withUnsafeMutableBytes { try reader.read(into: $0) }
  }

  private func rejected(_ reason: String) -> RecordOutcome {
    .rejected(Rejection(file: path, line: line, reason: reason))
  }
}

/// Follows brackets and strings to find where one element of an array ends.
private struct ElementExtent {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var isBroken = false
  private var isAtLineStart = false
  private let startColumn: Int

  /// - Parameter column: where the element begins in its line.
  init(column: Int) { startColumn = column }

  /// Whether the element ended before this byte: a bare word or number at a separator, a broken element before a line
  /// that begins another or ends the array, no deeper indented than this one.
  func endsBefore(_ byte: UInt8, column: Int) -> Bool {
    if isBroken {
      return isAtLineStart && column <= startColumn && (byte == UInt8(ascii: "{") || byte == UInt8(ascii: "]"))
    }
    guard depth == 0, !isInString else { return false }
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: " "), 0x09, 0x0A, 0x0D: return true
    default: return false
    }
  }

  /// Takes in a byte of the element and says whether it was the last.
  mutating func endsWith(_ byte: UInt8) -> Bool {
    if isBroken {
      isAtLineStart = byte == UInt8(ascii: "\n") || (isAtLineStart && (byte == UInt8(ascii: " ") || byte == 0x09))
      return false
    }
    if isInString {
      if isEscaped, byte != UInt8(ascii: "\n") {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\n") {
        (isBroken, isAtLineStart) = (true, true)
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
        return depth == 0
      }
      return false
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth <= 0
    default: break
    }
    return false
  }
}
