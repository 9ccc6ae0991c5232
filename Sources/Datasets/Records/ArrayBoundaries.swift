import Basics

/// Finds the elements of one JSON array, which is the file or, in a task file, the member `Instances` of it.
///
/// The end of an element is found by its brackets alone, so that one that is not valid JSON is rejected and reading
/// goes on with the next. After a line break inside a string, which JSON forbids, the element is broken and the next
/// one is looked for by indentation: an unclosed quote does not swallow the file. Commas between elements are not
/// checked.
struct ArrayBoundaries: RecordBoundaries {
  private enum State { case beforeArray, inArray, inElement, afterArray, finished }

  let terminator = UInt8.lineFeed
  /// The task file's own name where the array is the member of one.
  private let taskName: String?
  private var task: InstructionTask?
  private var state = State.beforeArray
  /// All bytes before this place were looked at.
  private var position = 0
  /// Where the current line begins, for the indentation of elements; may be before the bytes at hand.
  private var lineStart = 0
  private var elementStart = 0
  private var extent = ElementExtent(column: 0)
  private var places: [Range<Int>] = []
  private var fault: RecordChunk.Fault?

  /// - Parameter taskName: for a task of Natural Instructions, what its records are called by.
  init(taskName: String? = nil) { self.taskName = taskName }

  mutating func piece(of bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) throws -> RecordPiece {
    if state == .beforeArray { try enterArray(bytes, isEnd: isEnd) }
    advance(in: bytes)
    if isEnd { finish(bytes) }
    let length = isEnd ? bytes.count : settledLength
    defer {
      (position, lineStart, elementStart) = (position - length, lineStart - length, elementStart - length)
      (places, fault) = ([], nil)
    }
    return RecordPiece(length: length, layout: .elements(places, task: task), fault: fault)
  }

  /// Bytes that no later piece needs.
  private var settledLength: Int {
    switch state {
    case .beforeArray: 0
    case .inElement: elementStart
    default: position
    }
  }

  private mutating func enterArray(_ bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) throws {
    if let taskName {
      guard let start = try InstructionTask.findInstances(bytes, isEnd: isEnd) else { return }
      task = try InstructionTask(start.members, name: taskName)
      position = start.arrayStart
    } else {
      guard let start = bytes.firstIndex(where: { !$0.isJSONSpace }) else { return }
      guard bytes[start] == UInt8(ascii: "[") else {
        throw BoundaryProblem(reason: "expected a JSON array of objects, which begins with '['", offset: start)
      }
      position = start
    }
    lineStart = bytes.lastIndex(of: .lineFeed, in: 0..<position).map { $0 + 1 } ?? 0
    position += 1
    state = .inArray
  }

  private mutating func advance(in bytes: UnsafeBufferPointer<UInt8>) {
    while position < bytes.count {
      switch state {
      case .inArray: beginElement(bytes)
      case .inElement: endElement(bytes)
      case .afterArray: leaveArray(bytes)
      case .finished: position = bytes.count
      case .beforeArray: return
      }
    }
  }

  /// Passes over what is between elements.
  private mutating func beginElement(_ bytes: UnsafeBufferPointer<UInt8>) {
    while position < bytes.count {
      switch bytes[position] {
      case .lineFeed: lineStart = position + 1
      case UInt8(ascii: " "), .tab, .carriageReturn, UInt8(ascii: ","): break
      case UInt8(ascii: "]"):
        state = .afterArray
        position += 1
        return
      default:
        elementStart = position
        extent = ElementExtent(column: position - lineStart)
        state = .inElement
        return
      }
      position += 1
    }
  }

  private mutating func endElement(_ bytes: UnsafeBufferPointer<UInt8>) {
    var extent = extent
    while position < bytes.count {
      position = extent.skipText(bytes, from: position)
      guard position < bytes.count else { break }
      let byte = bytes[position]
      var isEnd = extent.endsBefore(byte, column: position - lineStart)
      if !isEnd {
        position += 1
        if byte == .lineFeed { lineStart = position }
        isEnd = extent.endsWith(byte)
      }
      if isEnd {
        places.append(elementStart..<position)
        state = .inArray
        return
      }
    }
    self.extent = extent
  }

  /// Looks at what follows the array: nothing, or the rest of the task that it is a member of.
  private mutating func leaveArray(_ bytes: UnsafeBufferPointer<UInt8>) {
    if task != nil {
      // The members behind the instances say nothing about them.
      position = bytes.count
      return
    }
    guard let text = bytes[position...].firstIndex(where: { !$0.isJSONSpace }) else {
      position = bytes.count
      return
    }
    position = bytes.count
    fault = RecordChunk.Fault(reason: "text follows the end of the array; expected the end of the file", offset: text)
    state = .finished
  }

  private mutating func finish(_ bytes: UnsafeBufferPointer<UInt8>) {
    switch state {
    case .beforeArray, .inArray:
      let reason = "the file ends before the array's closing ']'; it may be cut off"
      fault = RecordChunk.Fault(reason: reason, offset: bytes.count)
    case .inElement:
      let reason = "the file ends inside this record; it may be cut off"
      fault = RecordChunk.Fault(reason: reason, offset: elementStart)
    case .afterArray, .finished: break
    }
    (state, position) = (.finished, bytes.count)
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

  /// The next place that matters: inside a string, none of plain text.
  func skipText(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard isInString, !isBroken, !isEscaped else { return start }
    var position = start
    while position < bytes.count, bytes[position] != .quote, bytes[position] != UInt8(ascii: "\\"),
      bytes[position] != .lineFeed
    {
      position += 1
    }
    return position
  }

  /// Whether the element ended before this byte: a bare word or number at a separator, a broken element before a line
  /// that begins another or ends the array, no deeper indented than this one.
  func endsBefore(_ byte: UInt8, column: Int) -> Bool {
    if isBroken {
      return isAtLineStart && column <= startColumn && (byte == UInt8(ascii: "{") || byte == UInt8(ascii: "]"))
    }
    guard depth == 0, !isInString else { return false }
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: " "), .tab, .lineFeed, .carriageReturn: return true
    default: return false
    }
  }

  /// Takes in a byte of the element and says whether it was the last.
  mutating func endsWith(_ byte: UInt8) -> Bool {
    if isBroken {
      isAtLineStart = byte == .lineFeed || (isAtLineStart && (byte == UInt8(ascii: " ") || byte == .tab))
      return false
    }
    if isInString { return endsInString(byte) }
    switch byte {
    case .quote: isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth <= 0
    default: break
    }
    return false
  }

  private mutating func endsInString(_ byte: UInt8) -> Bool {
    switch byte {
    case .lineFeed: (isBroken, isAtLineStart) = (true, true)
    case _ where isEscaped: isEscaped = false
    case UInt8(ascii: "\\"): isEscaped = true
    case .quote:
      isInString = false
      return depth == 0
    default: break
    }
    return false
  }
}

/// The records of an array's elements, or of a task's instances.
func elements(
  _ places: [Range<Int>], of bytes: UnsafeBufferPointer<UInt8>, task: InstructionTask?, file: String, firstLine: Int
) -> [RecordOutcome] {
  var line = firstLine, position = 0
  return places.map { place in
    line += bytes.count(of: .lineFeed, in: position..<place.lowerBound)
    position = place.lowerBound
    let outcome = recordOutcome(parsing: UnsafeBufferPointer(rebasing: bytes[place]), file: file, line: line)
    guard let task, case .record(let instance) = outcome else { return outcome }
    do throws(FieldProblem) {
      return .record(Record(fields: try task.record(of: instance.fields), line: line))
    } catch {
      return .rejected(Rejection(file: file, line: line, field: error.field, reason: error.reason))
    }
  }
}
