import Basics

/// A piece of a data file that holds whole records, to be parsed on any thread.
public struct RecordChunk: Sendable {
  /// How the bytes are laid out, as the chunker found it.
  enum Layout: Sendable {
    case rows(RowLayout)
    /// One JSON object a line.
    case jsonLines(terminator: UInt8)
    /// The places of JSON values, and what they share where they are instances of a task.
    case elements([Range<Int>], task: InstructionTask?)
    case text(RecordFormat.TextUnit, terminator: UInt8)
  }

  /// Why the file cannot be read to its end, and the place in the chunk.
  struct Fault: Sendable {
    var reason: String
    var offset: Int
  }

  /// The file, or "standard input".
  public let file: String
  /// The number of the line that the chunk begins with, from 1.
  public let firstLine: Int
  /// The size of the chunk in bytes, unpacked.
  public var byteCount: Int { bytes.count }
  let bytes: [UInt8]
  let layout: Layout
  /// Reported after the records.
  let fault: Fault?

  /// The records and rejections of the chunk in file order.
  public func parse() -> [RecordOutcome] {
    bytes.withUnsafeBufferPointer { bytes in
      var outcomes: [RecordOutcome]
      switch layout {
      case .rows(let layout): outcomes = layout.records(in: bytes, file: file, firstLine: firstLine)
      case .jsonLines(let terminator):
        outcomes = jsonLines(in: bytes, terminator: terminator, file: file, firstLine: firstLine)
      case .elements(let places, let task):
        outcomes = elements(places, of: bytes, task: task, file: file, firstLine: firstLine)
      case .text(let unit, let terminator):
        outcomes = textRecords(in: bytes, unit: unit, terminator: terminator, file: file, firstLine: firstLine)
      }
      if let fault {
        let line = firstLine + bytes.count(of: .lineFeed, in: 0..<fault.offset)
        outcomes.append(.rejected(Rejection(file: file, line: line, reason: fault.reason)))
      }
      return outcomes
    }
  }
}

/// Finds how many whole records the bytes at hand begin with.
protocol RecordBoundaries {
  /// The byte that ends a line, by which lines are numbered.
  var terminator: UInt8 { get }

  /// Looks at the bytes that were read and not yet handed out.
  ///
  /// - Parameter isEnd: whether nothing follows them; then all of them are handed out.
  /// - Throws: `TuneError.data` for a file of another layout.
  mutating func piece(of bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) throws -> RecordPiece
}

/// What is handed out of the bytes at hand: as many of them from the front, which are forgotten afterwards.
struct RecordPiece {
  var length: Int
  var layout: RecordChunk.Layout
  var fault: RecordChunk.Fault?
}
