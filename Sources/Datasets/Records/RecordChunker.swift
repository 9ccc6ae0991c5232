import Basics

/// Cuts a data file into chunks of whole records; memory holds one chunk, however long the file is.
///
/// Cutting is sequential and cheap; parsing the chunks is the larger part of the work and may be spread over threads:
///
///     let chunker = try RecordChunker("reviews.csv.zst")
///     while let chunk = try chunker.next() { for outcome in chunk.parse() { … } }
///
/// A chunk has about 256 KB, more where one record alone is longer. The records do not depend on where the cuts are.
public final class RecordChunker {
  /// A record may be this long: 256 MB.
  public static let maximumRecordLength = LineReader.maximumLineLength

  public let path: String
  public let format: RecordFormat
  /// The columns that a header line names; nil for the other formats.
  public let header: [String]?

  private let reader: ByteReader
  private let chunkSize: Int
  private var boundaries: any RecordBoundaries
  /// Bytes that were read and not yet handed out.
  private var pending: [UInt8]
  private var line = 1
  private var isAtEnd: Bool
  /// Thrown once the records before it are handed out.
  private var failure: (any Error)?

  /// Opens a file, or standard input for the path `-`, which can be read once only.
  ///
  /// - Parameters:
  ///   - format: found by the file's name and first bytes unless given.
  ///   - chunkSize: bytes in a chunk, where the records are not longer.
  /// - Throws: `TuneError.data` when the file is missing, empty, in no known format, or its header line is unusable.
  public init(_ path: String, format: RecordFormat? = nil, chunkSize: Int = 1 << 18) throws {
    self.path = path
    self.chunkSize = max(1, chunkSize)
    reader = try ByteReader(path)
    var source = PendingBytes(reader: reader)
    // The format and the kind of line ends are told by as many bytes whatever the size of the chunks.
    source.read(upTo: RecordFormat.headLength)
    if source.bytes.isEmpty, let failure = source.failure { throw failure }
    self.format = try format ?? RecordFormat.detect(head: source.bytes, path: path, name: reader.name)
    try RecordFormat.refuseForeign(source.bytes, name: reader.name)
    let hasMark = source.bytes.starts(with: RecordFormat.byteOrderMark)
    if hasMark { source.bytes.removeFirst(RecordFormat.byteOrderMark.count) }
    let opening = try self.format.opening(&source, name: reader.name)
    boundaries = opening.boundaries
    header = opening.header
    line += opening.lineCount
    pending = source.bytes
    isAtEnd = source.isAtEnd
    failure = source.failure
  }

  /// The next chunk, nil at the end of the file.
  ///
  /// - Throws: `TuneError.data` when the file cannot be read further: the packed data are damaged, or a record is longer
  ///   than 256 MB. Records before that are handed out first.
  public func next() throws -> RecordChunk? {
    var wanted = chunkSize
    while true {
      if pending.count < wanted, !isAtEnd { fill(to: wanted) }
      let window = min(wanted, pending.count)
      if let chunk = try takeChunk(window) { return chunk }
      if isAtEnd, window == pending.count {
        pending = []
        if let failure { throw failure }
        return nil
      }
      guard window <= Self.maximumRecordLength else {
        throw TuneError.data(
          "\(reader.name):\(line): a record is longer than \(Self.maximumRecordLength >> 20) MB; "
            + "is the file what --format says, and are its line ends and quotes in order?")
      }
      wanted = min(max(chunkSize, window * 2), Self.maximumRecordLength + 1)
    }
  }

  /// Takes whole records from the first bytes at hand; nil where these hold none.
  private func takeChunk(_ window: Int) throws -> RecordChunk? {
    // After damage the last bytes may be part of a record: they are no end.
    let isEnd = isAtEnd && failure == nil && window == pending.count
    let piece = try pending.withUnsafeBufferPointer { all in
      let bytes = UnsafeBufferPointer(rebasing: all[..<window])
      do {
        return try boundaries.piece(of: bytes, isEnd: isEnd)
      } catch let problem as BoundaryProblem {
        let place = line + bytes.count(of: .lineFeed, in: 0..<problem.offset)
        throw TuneError.data("\(reader.name):\(place): \(problem.reason)")
      }
    }
    guard piece.length > 0 || piece.fault != nil else { return nil }
    let rest = Array(pending[piece.length...])
    pending.removeLast(rest.count)
    let chunk = RecordChunk(
      file: reader.name, firstLine: line, bytes: pending, layout: piece.layout, fault: piece.fault)
    line += pending.withUnsafeBufferPointer { $0.count(of: boundaries.terminator, in: 0..<$0.count) }
    pending = rest
    return chunk
  }

  private func fill(to count: Int) {
    var source = PendingBytes(bytes: pending, reader: reader)
    pending = []
    source.read(upTo: count)
    (pending, isAtEnd, failure) = (source.bytes, source.isAtEnd, source.failure)
  }
}

/// What is wrong with the layout of a file, and where in the bytes at hand.
struct BoundaryProblem: Error {
  var reason: String
  var offset: Int
}

/// Bytes that were read from the front of what is left of a file.
struct PendingBytes {
  var bytes: [UInt8] = []
  private(set) var isAtEnd = false
  /// Why there is no more to read; nil at a proper end.
  private(set) var failure: (any Error)?
  let reader: ByteReader

  init(bytes: [UInt8] = [], reader: ByteReader) {
    self.bytes = bytes
    self.reader = reader
  }

  /// Reads until there are so many bytes or the file ends.
  mutating func read(upTo count: Int) {
    guard count > bytes.count else { return }
    let before = bytes
    var isAtEnd = false, failure: (any Error)?
    bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = before.count
      before.withUnsafeBufferPointer { _ = buffer.update(fromContentsOf: $0) }
      while filled < count, !isAtEnd {
        do {
          let read = try reader.read(
            into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]))
          filled += read
          isAtEnd = read == 0
        } catch let error {
          (isAtEnd, failure) = (true, error)
        }
      }
    }
    (self.isAtEnd, self.failure) = (isAtEnd, failure)
  }
}
