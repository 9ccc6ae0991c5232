import Foundation

/// Reads a plain, gzip or zstandard file, or standard input, in pieces; memory stays constant however long it is.
///
/// The packing is told by the first bytes, not by the name. A gzip file may have several members and a zstandard file
/// several frames. Where the packed data are damaged or cut short, what lies before is delivered first.
public final class ByteReader {
  /// The path that means standard input.
  public static let standardInput = "-"

  /// Unpacked bytes may be this many times the packed ones, once `bombThreshold` bytes were unpacked.
  static let maximumRatio = 1000
  /// Bytes that may be unpacked before their ratio to the packed ones counts: 256 MB.
  static let bombThreshold = 1 << 28

  public let path: String
  /// How messages call the file: its path, or "standard input".
  public let name: String
  private let source: PackedBytes
  private let unpacker: (any Unpacker)?
  private var unpackedCount = 0
  private var failure: (any Error)?

  /// - Throws: `TuneError` when the file is missing, unreadable or a folder.
  public init(_ path: String) throws {
    self.path = path
    name = path == Self.standardInput ? "standard input" : path
    source = try PackedBytes(path)
    try source.fill()
    unpacker =
      if source.waiting.starts(with: GzipUnpacker.signature) {
        try GzipUnpacker(name)
      } else if ZstandardUnpacker.isStart(source.waiting) {
        try ZstandardUnpacker(name)
      } else {
        nil
      }
  }

  /// Fills `buffer` from the front with unpacked bytes, as many as are at hand; returns their number, 0 at the end.
  ///
  /// - Throws: `TuneError.data` for data that are damaged, cut short or unpack to more than 1,000 times their size.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let failure { throw failure }
    do {
      return try unpacker.map { try unpack(with: $0, into: buffer) } ?? source.take(into: buffer)
    } catch {
      failure = error
      throw error
    }
  }

  private func unpack(with unpacker: any Unpacker, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var produced = 0
    while produced == 0, !buffer.isEmpty {
      if source.waiting.isEmpty { try source.fill() }
      let isAtEnd = source.waiting.isEmpty
      // Also at the end of the input: the library may hold output back.
      let step = try unpacker.unpack(source.waiting, into: buffer)
      source.drop(step.consumed)
      produced = step.produced
      if isAtEnd, produced == 0 {
        try unpacker.finish()
        return 0
      }
    }
    unpackedCount += produced
    if unpackedCount > Self.bombThreshold, unpackedCount / Self.maximumRatio > source.takenCount {
      throw TuneError.data(
        "\(name): unpacks to more than 1,000 times its size (\(unpackedCount >> 20) MB so far), as a decompression bomb "
          + "does; if the data are right, unpack the file and give that")
    }
    return produced
  }
}

/// Turns packed bytes into plain ones, piece by piece.
protocol Unpacker: AnyObject {
  /// Unpacks from the front of `input`; at least one of both numbers is not 0 unless the input is empty.
  func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
    -> (consumed: Int, produced: Int)

  /// Called at the end of the input.
  ///
  /// - Throws: `TuneError.data` where the packed data are cut short.
  func finish() throws
}

/// The bytes of a file as stored, with those that were read and not yet taken.
final class PackedBytes {
  private static let capacity = 1 << 17

  private let name: String
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PackedBytes.capacity, alignment: 16)
  private var start = 0
  private var end = 0
  /// Bytes taken from the file so far.
  private(set) var takenCount = 0

  init(_ path: String) throws {
    name = path
    guard path != ByteReader.standardInput else {
      descriptor = STDIN_FILENO
      return
    }
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TuneError.data("\(path): \(MappedFile.reason(errno))") }
    var information = stat()
    if fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
      throw TuneError.data("\(path): is a folder, not a file")
    }
  }

  deinit {
    if descriptor > STDIN_FILENO { close(descriptor) }
    buffer.deallocate()
  }

  var waiting: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

  func drop(_ count: Int) {
    start += count
    takenCount += count
  }

  /// Reads more where nothing waits; nothing waits afterwards at the end of the file.
  func fill() throws {
    guard start == end else { return }
    start = 0
    end = try read(into: UnsafeMutableRawBufferPointer(buffer))
  }

  /// Moves bytes to `output`, past the buffer where nothing waits; 0 at the end of the file.
  func take(into output: UnsafeMutableRawBufferPointer) throws -> Int {
    guard start < end else { return try read(into: output) }
    let count = min(end - start, output.count)
    output.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + count]))
    drop(count)
    return count
  }

  private func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Foundation.read(descriptor, output.baseAddress, output.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw TuneError.data("\(name): \(MappedFile.reason(errno))") }
    }
  }
}
