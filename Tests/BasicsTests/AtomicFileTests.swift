import Basics
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func committedFilesAppearWhole() throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/a/b/file.txt"
    let file = try AtomicFile(path)
    try file.write("first ")
    try file.write("second")
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.commit()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "first second")
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a/b") == ["file.txt"])
  }

  @Test func droppedFilesLeaveNothing() throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/file.txt"
    try AtomicFile.write("old", to: path)
    do {
      let file = try AtomicFile(path)
      try file.write("new")
      #expect(folder.names.count == 2)
    }
    #expect(folder.names == ["file.txt"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
  }

  @Test func committingReplaces() throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/file.txt"
    try AtomicFile.write("old and long", to: path)
    try AtomicFile.write("new", to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
    #expect(folder.names == ["file.txt"])
  }

  @Test func impossiblePathsAreNamed() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([0x61])
    for path in ["\(file)/below", "\(file)/below/deeper"] {
      let error = try failure { try AtomicFile.write("x", to: path) }
      #expect(error.kind == .runtime)
      #expect(error.message.contains(file))
    }
    try createFolder("\(folder.path)/taken")
    _ = try folder.write([0x61], "taken/content")
    let error = try failure { try AtomicFile.write("x", to: "\(folder.path)/taken") }
    #expect(error.kind == .runtime)
    #expect(folder.names == ["file", "taken"])
  }

  @Test func mappedFilesHoldTheBytes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3])
    let file = try MappedFile(path)
    withExtendedLifetime(file) { #expect(Array(file.bytes) == [1, 2, 3]) }
    #expect(try MappedFile(folder.write([], "empty")).bytes.isEmpty)
    #expect(try failure { _ = try MappedFile(folder.path) }.kind == .data)
    #expect(try failure { _ = try MappedFile("/dev/zero") }.kind == .data)
  }
}
