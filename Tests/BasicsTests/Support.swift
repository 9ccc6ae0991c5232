import Basics
import Foundation
import Testing

/// A file of Tests/Fixtures/json, written by its make_json.py.
func fixture(_ name: String) -> String {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return tests.appendingPathComponent("Fixtures/json/\(name)").path
}

/// The lines of a fixture, one JSON object each.
func fixtureEntries(_ name: String) throws -> [JSON] {
  let text = try String(contentsOfFile: fixture(name), encoding: .utf8)
  return try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
}

/// A folder that is removed when the value goes away.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.path + "/basics-\(UUID().uuidString)"

  init() throws { try createFolder(path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func write(_ bytes: [UInt8], _ name: String = "file") throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// The `TuneError` that `body` throws.
func failure(_ body: () throws -> Void) throws -> TuneError {
  do {
    try body()
  } catch let error as TuneError {
    return error
  }
  Issue.record("expected an error")
  return .runtime("")
}
