import Basics
import Foundation
import Testing

/// Values that the reference libraries computed: one JSON object a line.
///
/// `golden` ones are made by Tests/Fixtures/metrics/make_metrics.py. `shared` ones are a larger set outside the
/// project, in the folder of the environment variable TUNE_SHARED or beside the package.
enum MetricVectors {
  static func golden(_ family: String) throws -> [JSON] { try lines(of: tests + "/Fixtures/metrics/\(family).jsonl") }
  static func shared(_ family: String) throws -> [JSON] { try lines(of: sharedFolder + "/\(family).jsonl") }

  static var hasShared: Bool { FileManager.default.fileExists(atPath: sharedFolder + "/rouge.jsonl") }
  static let reason: Comment = "the shared vectors are absent; set TUNE_SHARED to the folder of vectors/metrics/public"

  private static let tests = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
    url.deletingLastPathComponent()
  }.path

  private static var sharedFolder: String {
    let root = ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? tests + "/../../shared"
    return root + "/vectors/metrics/public"
  }

  private static func lines(of path: String) throws -> [JSON] {
    let reader = try LineReader(path)
    var values: [JSON] = []
    while let line = try reader.next() { values.append(try JSON(parsing: line)) }
    try #require(!values.isEmpty, "\(path) has no line")
    return values
  }
}

extension JSON {
  /// The member, which must be there.
  func at(_ key: String) throws -> JSON { try #require(self[key], "missing '\(key)'") }
  func flag(_ key: String) throws -> Bool { try #require(at(key).boolValue as Bool?) }
  func strings() throws -> [String] { try #require(arrayValue).map { try #require($0.stringValue) } }
  func numbers() throws -> [Double] { try #require(arrayValue).map { try #require($0.doubleValue) } }

  var hypotheses: [String] { get throws { try at("hypotheses").strings() } }
  var references: [[String]] { get throws { try #require(at("references").arrayValue).map { try $0.strings() } } }
}

/// Whether two numbers agree to 1e-9, relative for numbers above 1.
func agree(_ got: Double, _ expected: Double?) -> Bool {
  guard let expected else { return false }
  return abs(got - expected) <= 1e-9 * max(1, abs(expected))
}

/// Whether two texts have the same scalars; `==` would accept canonically equivalent ones.
func same(_ got: String, _ expected: String?) -> Bool { expected.map { got.utf8.elementsEqual($0.utf8) } ?? false }
func same(_ got: [String], _ expected: [String]) -> Bool {
  got.count == expected.count && zip(got, expected).allSatisfy { same($0, $1) }
}
