import CZstd
import Foundation
import Testing

@testable import Basics

@Suite struct ByteReaderTests {
  @Test func zstandardFramesOfTheCommandLineTool() throws {
    #expect(try text(fixture("lines.txt.zst")) == "first\nzweite Zeile: äöü\n\nlast")
  }

  /// Cut anywhere inside a frame is an error, never a shorter file; what precedes is delivered.
  @Test func truncatedZstandardFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("lines.txt.zst"))))
    let frames = [11, try #require((20..<whole.count).first { whole[$0...].starts(with: [0x28, 0xB5, 0x2F, 0xFD]) })]
    for length in 4..<whole.count where !frames.contains(length) {
      let path = try folder.write(Array(whole[..<length]))
      let error = try failure { _ = try text(path) }
      #expect(error.message.hasPrefix("\(path): the compressed data are damaged or incomplete"), "\(length) bytes")
    }
  }

  @Test func damagedZstandardFilesNeverCrash() throws {
    let folder = try TemporaryFolder()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("lines.txt.zst"))))
    for place in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << UInt8(bit)
        do { _ = try text(folder.write(bytes)) } catch let error as TuneError { #expect(error.kind == .data) }
      }
    }
  }

  /// Frames larger than any buffer, in pieces of every size.
  @Test func largeFramesInPieces() throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: 1)
    let plain = (0..<700_000).map { _ in UInt8(random.integer(below: 7)) }
    let path = try folder.write(zstandard(plain) + zstandard([]) + zstandard(Array(plain.prefix(5))))
    for size in [1 << 20, 4096, 977] { #expect(try bytes(path, piece: size) == plain + plain.prefix(5)) }
  }

  @Test func damageComesAfterWhatPrecedesIt() throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: 2)
    let plain = (0..<600_000).map { _ in UInt8(random.integer(below: 7)) }
    let packed = zstandard(plain)
    let reader = try ByteReader(folder.write(Array(packed.prefix(packed.count - 100))))
    var read: [UInt8] = []
    let error = try failure { while let piece = try next(reader, 1 << 16) { read += piece } }
    #expect(error.message.contains("damaged or incomplete"))
    #expect(read.count > 400_000 && plain.starts(with: read))
    #expect(try failure { _ = try next(reader, 16) } == error)
  }

  @Test func decompressionBombsAreRefused() throws {
    let folder = try TemporaryFolder()
    let frame = zstandard([UInt8](repeating: 0x0A, count: 1 << 24))
    #expect(frame.count * 1000 < 1 << 24)
    let path = try folder.write((0..<20).flatMap { _ in frame })
    let error = try failure { _ = try bytes(path, piece: 1 << 20, keeps: false) }
    #expect(error.message.contains("decompression bomb"))
    // Fewer than 256 MB may have any ratio.
    #expect(try bytes(folder.write(frame + frame), piece: 1 << 20).count == 1 << 25)
  }

  @Test func zerosBehindAGzipMemberArePassedOver() throws {
    let folder = try TemporaryFolder()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("lines.txt.gz"))))
    let expected = try text(fixture("lines.txt.gz"))
    #expect(try text(folder.write(whole + [0, 0, 0])) == expected)
    #expect(try text(folder.write(whole + [0, 0] + whole)) == expected + expected)
    #expect(try failure { _ = try text(folder.write(whole + Array("garbage".utf8))) }.message.contains("damaged"))
  }

  private func zstandard(_ plain: [UInt8]) -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: ZSTD_compressBound(plain.count))
    let count = ZSTD_compress(&packed, packed.count, plain, plain.count, 3)
    return Array(packed[..<count])
  }

  private func next(_ reader: ByteReader, _ size: Int) throws -> [UInt8]? {
    var piece = [UInt8](repeating: 0, count: size)
    let count = try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
    return count == 0 ? nil : Array(piece[..<count])
  }

  private func bytes(_ path: String, piece size: Int, keeps: Bool = true) throws -> [UInt8] {
    let reader = try ByteReader(path)
    var all: [UInt8] = []
    while let piece = try next(reader, size) { if keeps { all += piece } }
    return all
  }

  private func text(_ path: String) throws -> String { String(decoding: try bytes(path, piece: 64), as: UTF8.self) }
}
