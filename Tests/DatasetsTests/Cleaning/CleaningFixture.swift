import Basics
import Foundation

@testable import Datasets

/// Goldens made by `Tests/Fixtures/cleaning/make_cleaning.py`, and real sets where they are at hand.
enum CleaningFixture {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func golden(_ name: String) throws -> JSON {
    try JSON(contentsOf: tests.appendingPathComponent("Fixtures/cleaning/\(name)").path)
  }

  /// The folder of real data sets, nil where there is none.
  static let data: String? = {
    let shared = ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? tests.path + "/../../shared"
    return FileManager.default.fileExists(atPath: shared + "/data") ? shared + "/data" : nil
  }()

  static func lines(_ name: String) throws -> [String] {
    let reader = try LineReader((data ?? "") + "/" + name)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }

  /// Random bytes with what scanners wait for among them, as the text that they decode to.
  static func noise(_ count: Int, _ random: inout SeededRandom) -> String {
    let bytes = (0..<count).map { _ -> UInt8 in
      if random.integer(below: 8) == 0 { return UInt8(random.integer(below: 256)) }
      return interesting[random.integer(below: interesting.count)]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let interesting = Array("0123456789 +-.()/@:<>&;wwhttpsk_eyJABCDE\n\"'é–".utf8)
}
