import Basics

/// One line as stored, without its terminator, which is kept beside it.
struct PhysicalLine {
  var bytes: [UInt8]
  /// `\n`, `\r\n`, `\r`, or nothing at the end of the file.
  var terminator: [UInt8]
  var number: Int
}

/// The lines of a plain or gzip file with their terminators; lines that were read ahead can be put back.
///
/// A file whose first chunk has carriage returns but no line feed is taken to end its lines with carriage returns.
final class PhysicalLines {
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private let reader: ByteReader
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  private var start = 0
  private var end = 0
  private var number = 0
  private var terminatorByte = PhysicalLines.lineFeed
  /// Lines put back, the next one last.
  private var putBackLines: [PhysicalLine] = []

  init(_ path: String) throws {
    reader = try ByteReader(path)
    try fill()
    if !chunk[..<end].contains(Self.lineFeed), chunk[..<end].contains(Self.carriageReturn) {
      terminatorByte = Self.carriageReturn
    }
    if chunk[..<end].starts(with: RecordFormat.byteOrderMark) { start = 3 }
  }

  /// The next line, nil at the end of the file.
  func next() throws -> PhysicalLine? {
    if let line = putBackLines.popLast() { return line }
    var bytes: [UInt8] = []
    while true {
      if start == end {
        try fill()
        if end == 0 {
          if bytes.isEmpty { return nil }
          number += 1
          return PhysicalLine(bytes: bytes, terminator: [], number: number)
        }
      }
      let found = chunk[start..<end].firstIndex(of: terminatorByte)
      bytes += chunk[start..<(found ?? end)]
      start = found.map { $0 + 1 } ?? end
      guard bytes.count <= LineReader.maximumLineLength else {
        throw TuneError.data(
          "\(reader.path):\(number + 1): the line is longer than \(LineReader.maximumLineLength) bytes")
      }
      if found != nil { return finished(bytes) }
    }
  }

  /// Puts lines back so that `next()` returns them again, in their order.
  func putBack(_ lines: ArraySlice<PhysicalLine>) { putBackLines += lines.reversed() }

  private func finished(_ bytes: [UInt8]) -> PhysicalLine {
    number += 1
    guard terminatorByte == Self.lineFeed, bytes.last == Self.carriageReturn else {
      return PhysicalLine(bytes: bytes, terminator: [terminatorByte], number: number)
    }
    return PhysicalLine(
      bytes: Array(bytes.dropLast()), terminator: [Self.carriageReturn, Self.lineFeed], number: number)
  }

  private func fill() throws {
    start = 0
    end = try chunk.withUnsafeMutableBytes { try reader.read(into: $0) }
  }
}
