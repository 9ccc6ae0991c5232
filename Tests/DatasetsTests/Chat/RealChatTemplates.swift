import Basics
import Foundation
import Testing
import Text

@testable import Datasets

/// The chat templates of real models in ../shared/data/chat-templates.
enum RealChatTemplates {
  static var folder: String? {
    let path = Fixture.shared.map { "\($0)/data/chat-templates" }
    return path.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
  }

  /// The names that the goldens give them: a `.jinja` file, or `file#key` of a (packed) JSON file.
  static func names() throws -> [String] {
    let reader = try LineReader(try #require(folder) + "/goldens.jsonl.gz")
    var names: Set<String> = []
    while let line = try reader.next() {
      if let name = try JSON(parsing: line)["template"]?.stringValue { names.insert(name) }
    }
    return names.sorted()
  }

  static func source(_ name: String) throws -> String {
    let parts = name.split(separator: "#", maxSplits: 1)
    let path = try #require(folder) + "/" + parts[0]
    let text = path.hasSuffix(".gz") ? try unpacked(path) : try Fixture.text(path)
    return parts.count > 1 ? try #require(try JSON(parsing: text)["chat_template"]?.stringValue) : text
  }

  static func template(_ name: String) throws -> ChatTemplate {
    try ChatTemplate(
      try source(name), name: name, specialTokens: ["bos_token": "<|bos|>", "eos_token": "<|eos|>"])
  }

  /// The text of a packed file.
  static func unpacked(_ path: String) throws -> String {
    let reader = try LineReader(path)
    var bytes: [UInt8] = []
    while let line = try reader.next() { bytes += line + [0x0A] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
