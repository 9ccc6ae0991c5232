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
  /// `eval/views.json`: for base and tuned how far probabilities can be trusted, and more.
  public let views: JSON?
  /// The lines of `eval/flips.jsonl`: items whose answer became right or wrong; at most `mostFlips`.
  public let flips: [JSON]

  public static let mostPredictions = 20_000
  public static let mostFlips = 1000

  /// - Parameter name: what the report calls it (default: the folder's).
  /// - Throws: `TuneError` where the folder has no `run.json`, and for files that are damaged.
  public init(_ path: String, name: String? = nil) throws {
    self.path = path
    self.name = name ?? URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
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
    views = try Self.file("\(path)/eval/views.json")
    flips = try Self.lines("\(path)/eval/flips.jsonl", limit: Self.mostFlips)
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

  /// When `metrics.jsonl` was written last, in seconds since 1970.
  public func lastChange() throws -> Double {
    let path = "\(path)/metrics.jsonl"
    guard let date = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date else {
      throw TuneError.data("\(path): is not there, so that there are no curves; name the folder of a finished run")
    }
    return date.timeIntervalSince1970
  }

  /// A number of every step that has it.
  func series(_ key: String) -> [(step: Double, value: Double)] {
    metrics.compactMap { line in
      guard let step = line["step"]?.doubleValue, let value = line[key]?.doubleValue else { return nil }
      return (step, value)
    }
  }

  /// The metric that stands for all: the one that its task is usually judged by, else the first.
  var leadingMetric: String? {
    let names = scores?["scores"]?.objectValue?.keys ?? []
    return ["rougeL", "bleu", "macro_f1", "accuracy"].first { names.contains($0) } ?? names.first
  }

  /// The files whose content decides what the run gave: data, model, and what was trained.
  ///
  /// - Returns: for each its place and what it is; files that are no longer there are left out.
  var contentFiles: [(kind: String, path: String)] {
    var files: [(String, String)] = []
    func add(_ kind: String, _ path: String?) {
      guard let path, !path.isEmpty else { return }
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
      guard isFolder.boolValue else { return files.append((kind, path)) }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      for name in names.sorted() where name.hasSuffix(".safetensors") || name == "tokenizer.json" {
        files.append((kind, "\(path)/\(name)"))
      }
    }
    for part in ["train", "validation"] { add("\(part) data", settings["data"]?[part]?["path"]?.stringValue) }
    let tested = scores?["data"]
    for path in tested?.arrayValue ?? [tested ?? .null] { add("test data", path.stringValue) }
    add("model", settings["model"]?["path"]?.stringValue)
    add("adapter", "\(path)/adapter")
    add("tuned model", "\(path)/model")
    return files
  }
}
