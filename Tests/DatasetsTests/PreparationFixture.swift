import Basics
import Foundation

@testable import Datasets

/// What the tests of `prepare` share.
extension Fixture {
  /// Prepares one input in a folder of its own; the body sees the report and the output folder.
  static func preparing(
    _ text: String, name: String = "in.jsonl", configure: (inout PreparationOptions) throws -> Void = { _ in },
    body: (PreparationReport, String) throws -> Void
  ) throws {
    try inFolder { folder in
      try write(text, to: "\(folder)/\(name)")
      var options = PreparationOptions(sources: [.init(inputs: ["\(folder)/\(name)"])], output: "\(folder)/out")
      try configure(&options)
      try body(try prepare(options, library: TemplateTests.library()), "\(folder)/out")
    }
  }

  /// One JSON value a line.
  static func jsonLines(_ path: String) throws -> [JSON] {
    try text(path).split(separator: "\n").map { try JSON(parsing: String($0)) }
  }
}
