import CZlib

/// Unpacks gzip members one after the other. Zeros after the last one, as on tapes, are passed over.
final class GzipUnpacker: Unpacker {
  static let signature: [UInt8] = [0x1F, 0x8B]

  private let name: String
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var isBetweenMembers = false

  init(_ name: String) throws {
    self.name = name
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for the gzip format.
    let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw TuneError.runtime("\(name): zlib cannot start (code \(code))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
    -> (consumed: Int, produced: Int)
  {
    if isBetweenMembers {
      let zeros = input.prefix { $0 == 0 }.count
      if zeros > 0 || input.isEmpty { return (zeros, 0) }
      inflateReset(stream)
      isBetweenMembers = false
    }
    let space = min(output.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(input.count)
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(space)
    let code = inflate(stream, Z_NO_FLUSH)
    let step = (consumed: input.count - Int(stream.pointee.avail_in), produced: space - Int(stream.pointee.avail_out))
    if code == Z_STREAM_END {
      isBetweenMembers = true
    } else if code != Z_OK, code != Z_BUF_ERROR, step.produced == 0 {
      throw damaged(stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)")
    }
    return step
  }

  func finish() throws {
    if !isBetweenMembers { throw damaged("unexpected end of file") }
  }

  private func damaged(_ reason: String) -> TuneError {
    .data("\(name): the compressed data are damaged or incomplete (\(reason)); fetch the file again")
  }
}
