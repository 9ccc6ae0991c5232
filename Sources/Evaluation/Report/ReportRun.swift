import Basics
import Foundation

/// What a run left behind: the files of its folder that a report shows. Those that are missing are shown as missing.
public struct ReportRun: Sendable {
  public let path: String
  public let name: String
  /// `run.json`: the configuration and the result.
  public let settings: JSON
  /// The lines of `metrics.jsonl`.
  public let metrics: [JSON]
  /// `eval/scores.json`.
  public let scores: JSON?
  /// `eval/predictions.jsonl`, at most `mostPredictions`.
  public let predictions: [JSON]
  public let forgetting: JSON?
  /// `eval/benchmarks/base/results.json` and the tuned one.
  public let benchmarks: (base: JSON?, tuned: JSON?)
  /// `eval/errors.json`: faults of answers and slices.
  public let errors: JSON?

  public static let mostPredictions = 20_000

  /// - Throws: `TuneError` where the folder has no `run.json`, and for files that are damaged.
  public init(_ path: String) throws {
    self.path = path
    name = (path as NSString).lastPathComponent
    guard FileManager.default.fileExists(atPath: "\(path)/run.json") else {
      throw TuneError.data("\(path): has no run.json; name the folder of a run of tune train")
    }
    settings = try JSON(contentsOf: "\(path)/run.json")
    metrics = try Self.lines("\(path)/metrics.jsonl", limit: 1_000_000)
    scores = try Self.file("\(path)/eval/scores.json")
    predictions = try Self.lines("\(path)/eval/predictions.jsonl", limit: Self.mostPredictions)
    forgetting = try Self.file("\(path)/eval/forgetting.json")
    benchmarks = (
      try Self.file("\(path)/eval/benchmarks/base/results.json"),
      try Self.file("\(path)/eval/benchmarks/tuned/results.json")
    )
    errors = try Self.file("\(path)/eval/errors.json")
  }

  private static func file(_ path: String) throws -> JSON? {
    FileManager.default.fileExists(atPath: path) ? try JSON(contentsOf: path) : nil
  }

  private static func lines(_ path: String, limit: Int) throws -> [JSON] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let reader = try LineReader(path)
    var lines: [JSON] = []
    while lines.count < limit, let line = try reader.next() {
      guard !line.isEmpty else { continue }
      guard let json = try? JSON(parsing: line) else {
        throw TuneError.data("\(path):\(reader.lineNumber): is no JSON; the file is damaged")
      }
      lines.append(json)
    }
    return lines
  }

  /// A number of every step that has it.
  func series(_ key: String) -> [(step: Double, value: Double)] {
    metrics.compactMap { line in
      guard let step = line["step"]?.doubleValue, let value = line[key]?.doubleValue else { return nil }
      return (step, value)
    }
  }

  var methodName: String { settings["method"]?["name"]?.stringValue ?? "" }
}
