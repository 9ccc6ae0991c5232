import Foundation

@testable import Evaluation

/// The tasks that are part of the program.
enum TaskFixtures {
  static let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }.path

  static func library() throws -> TaskLibrary {
    let folder = "\(root)/Tasks"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
    return try TaskLibrary(
      texts: names.map { ($0, try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) })
  }
}
