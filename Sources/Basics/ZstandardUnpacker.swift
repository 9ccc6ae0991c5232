import CZstd

/// Unpacks zstandard frames one after the other.
///
/// A frame may ask for a window of up to 128 MB, the default limit of the library.
final class ZstandardUnpacker: Unpacker {
  private let name: String
  private let stream: OpaquePointer
  private var isBetweenFrames = true
  /// How much input the library asks for next: with no more than a block at a time, an error costs that block alone.
  private var wantedInput = ZstandardUnpacker.shortestHeader
  private static let shortestHeader = 5

  /// Whether a file begins as a zstandard frame or a skippable one does (RFC 8878, 3.1).
  static func isStart(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      || (bytes.count >= 4 && bytes[0] & 0xF0 == 0x50 && bytes.dropFirst().starts(with: [0x2A, 0x4D, 0x18]))
  }

  init(_ name: String) throws {
    self.name = name
    guard let stream = ZSTD_createDStream() else { throw TuneError.runtime("\(name): no memory for zstandard") }
    self.stream = stream
  }

  deinit { ZSTD_freeDStream(stream) }

  func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
    -> (consumed: Int, produced: Int)
  {
    if isBetweenFrames, input.isEmpty { return (0, 0) }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: min(input.count, wantedInput), pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = ZSTD_decompressStream(stream, &target, &source)
    if ZSTD_isError(result) != 0 {
      if ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge {
        throw TuneError.data(
          "\(name): was compressed with a window of more than 128 MB; compress it again without --long or --ultra")
      }
      throw damaged(String(cString: ZSTD_getErrorName(result)))
    }
    isBetweenFrames = result == 0
    wantedInput = max(result, Self.shortestHeader)
    return (source.pos, target.pos)
  }

  func finish() throws {
    if !isBetweenFrames { throw damaged("unexpected end of file") }
  }

  private func damaged(_ reason: String) -> TuneError {
    .data("\(name): the compressed data are damaged or incomplete (\(reason)); fetch the file again")
  }
}
