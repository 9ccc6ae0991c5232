import Foundation

/// The lines of a plain, gzip or zstandard file with their numbers, in constant memory.
public final class LineReader {
  /// A line is refused above this many bytes, so that a damaged file cannot fill the memory.
  public static let maximumLineLength = 1 << 28

  public let path: String
  /// The number of the line that `next()` returned last, from 1.
  public private(set) var lineNumber = 0
  private let reader: ByteReader
  private let keepsByteOrderMark: Bool
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  private var start = 0
  private var end = 0

  /// - Parameter keepsByteOrderMark: a mark at the file's beginning stays a part of the first line.
  public init(_ path: String, keepsByteOrderMark: Bool = false) throws {
    self.path = path
    self.keepsByteOrderMark = keepsByteOrderMark
    reader = try ByteReader(path)
  }

  /// The next line without its line feed (and carriage return), or nil at the end. A byte-order mark is dropped unless
  /// it is to be kept.
  public func next() throws -> [UInt8]? {
    var line: [UInt8] = []
    var sawAnything = false
    while true {
      if start == end {
        end = try chunk.withUnsafeMutableBytes { try reader.read(into: $0) }
        start = 0
        if end == 0 { return sawAnything ? finished(line) : nil }
      }
      sawAnything = true
      let newline = newlineIndex
      line += chunk[start..<(newline ?? end)]
      start = newline.map { $0 + 1 } ?? end
      guard line.count <= Self.maximumLineLength else {
        throw TuneError.data(
          "\(reader.name):\(lineNumber + 1): the line is longer than \(Self.maximumLineLength) bytes")
      }
      if newline != nil { return finished(line) }
    }
  }

  /// Where the next line feed of the chunk is.
  private var newlineIndex: Int? {
    chunk.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, end - start) else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private func finished(_ line: [UInt8]) -> [UInt8] {
    lineNumber += 1
    let hasMark = lineNumber == 1 && !keepsByteOrderMark && line.starts(with: [0xEF, 0xBB, 0xBF])
    let hasReturn = line.last == UInt8(ascii: "\r")
    return hasMark || hasReturn ? Array(line.dropFirst(hasMark ? 3 : 0).dropLast(hasReturn ? 1 : 0)) : line
  }
}
