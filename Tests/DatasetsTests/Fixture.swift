import Basics
import CZlib
import Foundation
import Testing

@testable import Datasets

/// Files that the tests read and write.
enum Fixture {
  /// Goldens made by `Tests/Fixtures/datasets/make_datasets.py`.
  static func golden(_ name: String) throws -> [JSON] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSON(contentsOf: folder.path + "/Fixtures/datasets/\(name)").arrayValue ?? []
  }

  /// The folder of shared reference data, nil where there is none.
  static var shared: String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? root.path + "/../shared"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// Runs a test in a folder of its own, which is removed afterwards.
  static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = NSTemporaryDirectory() + "tune-datasets-" + UUID().uuidString
    try createFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    // Not by Foundation and not into an existing file: both wait for the disk, which the fuzz tests cannot afford.
    unlink(path)
    let bytes = Array(bytes)
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }

  static func write(_ text: String, to path: String) throws { try write(text.utf8, to: path) }

  static func writeGzip(to path: String, _ body: ((String) -> Void) throws -> Void) rethrows {
    let file = gzopen(path, "wb1")
    defer { gzclose(file) }
    try body { text in
      var text = text
      text.withUTF8 { _ = gzwrite(file, $0.baseAddress, UInt32($0.count)) }
    }
  }

  static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// Everything a reader finds in a file with this content.
  static func read(_ bytes: some Sequence<UInt8>, name: String) throws -> (records: [Record], rejections: [Rejection]) {
    try inFolder { folder in
      let path = "\(folder)/\(name)"
      try write(bytes, to: path)
      let reader = try RecordReader(path)
      var records: [Record] = [], rejections: [Rejection] = []
      while let outcome = try reader.next() {
        switch outcome {
        case .record(let record): records.append(record)
        case .rejected(var rejection):
          rejection.file = name
          rejections.append(rejection)
        }
      }
      return (records, rejections)
    }
  }

  static func read(_ text: String, name: String) throws -> (records: [Record], rejections: [Rejection]) {
    try read(Array(text.utf8), name: name)
  }

  /// Everything in a file with this content, cut into chunks of a size; rejections name the file without its folder.
  static func outcomes(
    _ bytes: some Sequence<UInt8>, name: String, format: RecordFormat? = nil, chunkSize: Int = 1 << 18
  ) throws -> [RecordOutcome] {
    try inFolder { folder in
      let path = "\(folder)/\(name)"
      try write(bytes, to: path)
      let chunker = try RecordChunker(path, format: format, chunkSize: chunkSize)
      var outcomes: [RecordOutcome] = []
      while let chunk = try chunker.next() {
        outcomes += chunk.parse().map { outcome in
          guard case .rejected(var rejection) = outcome else { return outcome }
          rejection.file = name
          return .rejected(rejection)
        }
      }
      return outcomes
    }
  }

  /// The memory that this process takes up now.
  static func residentBytes() -> Int {
    let fields = (try? text("/proc/self/statm"))?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
  }

  /// The message of the error that the body throws.
  static func message(_ kind: TuneError.Kind, _ body: () throws -> Void) -> String {
    do {
      try body()
      return "(nothing was thrown)"
    } catch let error as TuneError {
      return error.kind == kind ? error.message : "(another kind of error) \(error.message)"
    } catch {
      return "(another type of error) \(error)"
    }
  }
}

/// Every byte is a token; 0 ends a text.
struct ByteEncoding: TextEncoding {
  func ids(of text: String) -> [Int] { text.utf8.map { Int($0) } }
  func text(of ids: [Int]) -> String { String(decoding: ids.filter { $0 > 0 }.map { UInt8($0) }, as: UTF8.self) }
  var endOfTextID: Int? { 0 }
}

/// `<role>content.` for every message; `<assistant>` asks for an answer.
struct PlainConversations: ConversationRendering {
  func text(of messages: [JSON], inputs: TemplateInputs, addGenerationPrompt: Bool) throws -> String {
    let turns = messages.map { "<\($0["role"]?.stringValue ?? "")>\($0["content"]?.stringValue ?? "")." }
    return (inputs.tools.map { "[\($0.text())]" } ?? "") + turns.joined() + (addGenerationPrompt ? "<assistant>" : "")
  }
}
