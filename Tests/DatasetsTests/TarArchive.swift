import Basics
import Foundation

@testable import Datasets

extension Fixture {
  /// The folder of shared data, nil where it is absent.
  static let sharedData = shared.map { $0 + "/data" }
}

/// The plain files of a gzip-compressed tar archive (POSIX ustar).
enum TarArchive {
  private static let blockLength = 512

  static func texts(_ path: String) throws -> [(path: String, text: String)] {
    let reader = try ByteReader(path)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = try chunk.withUnsafeMutableBytes({ try reader.read(into: $0) }), count > 0 {
      bytes += chunk[..<count]
    }
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range].prefix { $0 != 0 }, as: UTF8.self) }
    var files: [(path: String, text: String)] = []
    var start = 0
    while start + blockLength <= bytes.count, bytes[start] != 0 {
      let size = Int(text(start + 124..<start + 136).filter { $0 != " " }, radix: 8) ?? 0
      let prefix = text(start + 345..<start + 500)
      let content = start + blockLength..<start + blockLength + size
      if bytes[start + 156] == UInt8(ascii: "0") || bytes[start + 156] == 0 {
        let name = (prefix.isEmpty ? "" : prefix + "/") + text(start..<start + 100)
        files.append((name, String(decoding: bytes[content], as: UTF8.self)))
      }
      start = content.upperBound + (blockLength - size % blockLength) % blockLength
    }
    return files
  }
}
