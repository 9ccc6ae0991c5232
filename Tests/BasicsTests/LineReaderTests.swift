import Basics
import Foundation
import Testing

@Suite struct LineReaderTests {
  @Test(arguments: [
    ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]),
    ("a\n\n\nb\n", ["a", "", "", "b"]), ("a\rb\n", ["a\rb"]), ("\u{FEFF}a\n\u{FEFF}b", ["a", "\u{FEFF}b"]),
    ("\r\n\r\n", ["", ""]), ("äöü🙂\r\n漢字", ["äöü🙂", "漢字"]), ("nul\0byte\nx", ["nul\0byte", "x"]),
  ]) func plainFiles(text: String, expected: [String]) throws {
    let folder = try TemporaryFolder()
    let reader = try LineReader(folder.write(Array(text.utf8)))
    for (index, line) in expected.enumerated() {
      #expect(try reader.next() == Array(line.utf8))
      #expect(reader.lineNumber == index + 1)
    }
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
  }

  /// Lines longer than a chunk, and line ends on either side of a chunk's border.
  @Test func linesCrossChunks() throws {
    let folder = try TemporaryFolder()
    for length in [65_534, 65_535, 65_536, 65_537, 200_000] {
      let line = [UInt8](repeating: 0x61, count: length)
      let reader = try LineReader(folder.write(line + Array("\r\nnext\n".utf8) + line))
      #expect(try reader.next() == line)
      #expect(try reader.next() == Array("next".utf8))
      #expect(try reader.next() == line)
      #expect(try reader.next() == nil)
    }
  }

  @Test func gzipFilesOfPython() throws {
    #expect(try lines(fixture("lines.txt.gz")) == ["first", "zweite Zeile: äöü", "", "last"])
  }

  /// A compressed file cut anywhere inside a member is an error, never a shorter file.
  @Test func truncatedGzipFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("lines.txt.gz"))))
    let boundary = try #require((10..<whole.count).first { Array(whole[$0..<$0 + 3]) == [0x1F, 0x8B, 0x08] })
    for length in 2..<whole.count where length != boundary && length != boundary + 1 {
      let path = try folder.write(Array(whole[..<length]))
      let error = try failure { _ = try lines(path) }
      #expect(error.kind == .data, "\(length) bytes")
      #expect(error.message.hasPrefix("\(path): the compressed data are damaged or incomplete"), "\(length) bytes")
    }
  }

  @Test func damagedGzipFilesNeverCrash() throws {
    let folder = try TemporaryFolder()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("lines.txt.gz"))))
    for place in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << UInt8(bit)
        let path = try folder.write(bytes)
        do {
          _ = try lines(path)
        } catch let error as TuneError {
          #expect(error.kind == .data)
        }
      }
    }
  }

  @Test func wrongPathsAreNamed() throws {
    let folder = try TemporaryFolder()
    let missing = try failure { _ = try LineReader("\(folder.path)/none") }
    #expect(missing.message == "\(folder.path)/none: no such file; check the name and the folder")
    #expect(try failure { _ = try LineReader(folder.path) }.message == "\(folder.path): is a folder, not a file")
    #expect(try failure { _ = try LineReader("") }.kind == .data)
  }

  private func lines(_ path: String) throws -> [String] {
    let reader = try LineReader(path)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }
}
