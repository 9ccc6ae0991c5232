import Basics
import Foundation

@testable import Text

/// Where the goldens of these tests are, and the larger reference data that may be absent.
enum TokenizerFixtures {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func path(_ name: String) -> String { root.path + "/Tests/Fixtures/tokenizers/" + name }

  /// The folder of real models' tokenizers and their reference encodings; nil when it is not on this machine.
  static let shared = sharedFolder("data/tokenizers")
  /// The folder of reference conversations; nil when it is not on this machine.
  static let golden = sharedFolder("golden")

  private static func sharedFolder(_ name: String) -> String? {
    let shared = ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? root.deletingLastPathComponent().path + "/shared"
    let folder = "\(shared)/\(name)/"
    return FileManager.default.fileExists(atPath: folder) ? folder : nil
  }

  static func json(_ path: String) throws -> JSON { try JSON(parsing: bytes(path)) }

  /// A whole file, decompressed.
  static func bytes(_ path: String) throws -> [UInt8] {
    let reader = try ByteReader(path)
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { return result }
      result += chunk[..<count]
    }
  }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  static func lines(_ path: String) throws -> [JSON] {
    let reader = try LineReader(path)
    var rows: [JSON] = []
    while let line = try reader.next() { rows.append(try JSON(parsing: line)) }
    return rows
  }

  static func small(_ name: String = "small.json", configuration: JSON? = nil) throws -> Tokenizer {
    try Tokenizer(jsonFile: json(path(name)), configuration: configuration, name: name)
  }

  /// A random text of awkward scalars.
  static func randomText(_ random: inout SeededRandom) -> String {
    let alphabet: [Unicode.Scalar] = [
      "a", "b", "E", "s", "t", "'", " ", " ", " ", "\n", "\r", "\t", "1", "9", ".", "/", "é", "e",
      "\u{301}", "ſ", "½",
      "Ж", "中", "文", "한", "🙂", "\u{200D}", "🚀", "\u{A0}", "\u{3000}", "\u{85}", "<", "|",
      ">", "\0", "ǅ", "\u{10FFFF}",
    ]
    var view = String.UnicodeScalarView()
    for _ in 0..<random.integer(below: 40) {
      if random.integer(below: 8) == 0, let any = Unicode.Scalar(UInt32(random.integer(below: 0x110000))) {
        view.append(any)
      } else {
        view.append(alphabet[random.integer(below: alphabet.count)])
      }
    }
    return String(view)
  }
}

extension JSON {
  var ids: [Int] { arrayValue?.compactMap(\.intValue) ?? [] }
}

/// Equal by bytes; `==` of strings takes canonically equivalent ones for equal.
func sameBytes(_ left: String, _ right: String?) -> Bool {
  right.map { left.utf8.elementsEqual($0.utf8) } ?? false
}
