import Basics
import Foundation

/// Where training and evaluation data are: a prepared folder with a file a split, or one file.
public struct DataLocation: Sendable, Equatable {
  public let path: String
  /// Whether the path is a folder; the one file otherwise serves as any split.
  public let isFolder: Bool

  /// - Throws: `TuneError.data` when nothing is there.
  public init(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TuneError.data(
        "\(path): no such file or folder; expected a prepared folder (tune prepare writes one) or a JSONL file")
    }
    self.path = path
    self.isFolder = isFolder.boolValue
  }

  /// The name of the folder or file without extensions.
  public var name: String { RecordFormat.bareName((path as NSString).standardizingPath) }

  /// The name of each, by which its task is called, or the path where names are equal.
  public static func taskNames(_ locations: [DataLocation]) -> [String] {
    locations.map { location in
      locations.count { $0.name.isSame(as: location.name) } == 1 ? location.name : location.path
    }
  }

  /// The file of a split; nil when the folder has none. The names that other tools use are found, too.
  public func file(for split: SplitName) -> String? {
    guard isFolder else { return path }
    let stems =
      switch split {
      case .train: ["train"]
      case .validation: ["validation", "valid", "val", "dev"]
      case .test: ["test"]
      }
    let names = stems.flatMap { ["\(path)/\($0).jsonl", "\(path)/\($0).jsonl.gz"] }
    return names.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The file of a split that must be there.
  public func requiredFile(for split: SplitName) throws -> String {
    if let file = file(for: split) { return file }
    throw TuneError.data(
      "\(path): has no \(split.fileName); expected a folder that tune prepare wrote, or one JSONL file")
  }
}

/// The first of many problems, for one message.
struct ProblemList {
  private var shown: [String] = []
  private(set) var count = 0
  private let limit: Int

  init(limit: Int = 3) { self.limit = limit }

  mutating func add(_ problem: String) {
    count += 1
    if shown.count < limit { shown.append(problem) }
  }

  /// "3 of 120 records cannot be used" and the first of them, a line each.
  func error(_ summary: String) -> TuneError {
    let more = count > shown.count ? "\n  … and \(count - shown.count) more" : ""
    return .data("\(summary):\n  \(shown.joined(separator: "\n  "))\(more)")
  }
}
