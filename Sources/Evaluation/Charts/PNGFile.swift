import CZlib

/// Pixels as a PNG file: 8 bits each of red, green and blue. Source: PNG specification, 3rd edition (W3C, 2025).
enum PNGFile {
  /// - Parameter pixels: three bytes each, row by row.
  static func bytes(width: Int, height: Int, pixels: [UInt8]) -> [UInt8] {
    precondition(pixels.count == 3 * width * height, "\(pixels.count) bytes for \(width) × \(height) pixels")
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (3 * width + 1))
    for row in 0..<height {
      // As it is: pictures of few colours get smallest without a filter.
      rows.append(0)
      rows += pixels[3 * width * row..<3 * width * (row + 1)]
    }
    let header = word(width) + word(height) + [8, 2, 0, 0, 0]
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", header)
      + chunk("IDAT", compressed(rows)) + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    return word(content.count) + body + word(Int(crc32(0, body, uInt(body.count))))
  }

  private static func word(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(length))
    // Cannot fail: the room is what zlib asks for, and nothing else is given but memory.
    let status = compress2(&result, &length, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
    precondition(status == Z_OK, "zlib failed with \(status)")
    return Array(result.prefix(Int(length)))
  }
}
