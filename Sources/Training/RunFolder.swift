import Basics
import Foundation

/// One training run on disk: `run.json`, `metrics.jsonl`, and `adapter/` or `model/`.
public final class RunFolder {
  public let path: String
  private let metrics: UnsafeMutablePointer<FILE>

  public var metricsPath: String { "\(path)/metrics.jsonl" }
  public var adapterPath: String { "\(path)/adapter" }
  public var modelPath: String { "\(path)/model" }

  /// Creates a new folder; where the name is taken a number is added. An empty parent is the current folder.
  public init(parent: String, name: String) throws {
    let first = parent.isEmpty ? name : "\(parent)/\(name)"
    var path = first
    var number = 2
    while FileManager.default.fileExists(atPath: path) {
      path = "\(first)-\(number)"
      number += 1
    }
    try createFolder(path)
    self.path = path
    guard let file = fopen("\(path)/metrics.jsonl", "w") else {
      throw TuneError.runtime("\(path)/metrics.jsonl: cannot be written")
    }
    metrics = file
  }

  deinit { fclose(metrics) }

  /// Appends a line to `metrics.jsonl`, visible at once to whoever follows the file.
  public func append(_ line: JSON) throws {
    guard fputs(line.text() + "\n", metrics) >= 0, fflush(metrics) == 0 else {
      throw TuneError.runtime("\(metricsPath): writing failed; is the disk full?")
    }
  }

  /// Writes `run.json`: the resolved configuration, and with `status` whether the run is complete.
  public func write(_ description: JSONObject, status: String) throws {
    var description = description
    description["status"] = .string(status)
    try AtomicFile.write(JSON.object(description).text(.pretty) + "\n", to: "\(path)/run.json")
  }

  /// The complete run that was written last, nil when there is none.
  public static func newest(in parent: String) -> Run? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    let runs = names.compactMap { name -> (run: Run, date: Date)? in
      let path = "\(parent)/\(name)"
      guard let run = try? Run(path), run.isComplete,
        let date = try? FileManager.default.attributesOfItem(atPath: "\(path)/run.json")[.modificationDate] as? Date
      else { return nil }
      return (run, date)
    }
    return runs.max { ($0.date, $0.run.path) < ($1.date, $1.run.path) }?.run
  }
}

/// A finished run as `run.json` describes it.
public struct Run: Sendable {
  public let path: String
  public let description: JSON

  /// - Throws: `TuneError.data` when the folder is not a run.
  public init(_ path: String) throws {
    self.path = path
    guard FileManager.default.fileExists(atPath: "\(path)/run.json") else {
      throw TuneError.data("\(path): is not a training run: it has no run.json; name a folder made by tune train")
    }
    do {
      description = try JSON(contentsOf: "\(path)/run.json")
    } catch let error as TuneError {
      throw TuneError(error.kind, "\(error.message); the run is damaged: train again or name another run")
    }
    guard description.objectValue != nil else {
      throw TuneError.data(
        "\(path)/run.json: is \(description.kindName), not an object; the run is damaged: "
          + "train again or name another run")
    }
  }

  /// "running", "complete", "interrupted" or "failed".
  public var status: String? { description["status"]?.stringValue }
  public var isComplete: Bool { status == "complete" }
  /// The model that was tuned: what `--model` takes.
  public var baseModel: String? { description["model"]?["path"]?.stringValue }
  /// The data that it was trained on: what `--data` takes.
  public var data: String? { description["data"]?["path"]?.stringValue }
  /// Tasks of the data that were measured but not trained.
  public var heldOutTasks: Set<String> {
    let tasks = description["data"]?["tasks"]?.arrayValue ?? []
    return Set(tasks.filter { $0["held_out"] == true }.compactMap { $0["name"]?.stringValue })
  }
  /// All of several data; nil where `run.json` does not tell.
  public var dataPaths: [String]? {
    let paths = description["data"]?["paths"]?.arrayValue?.compactMap { $0.stringValue } ?? []
    return paths.isEmpty ? data.map { [$0] } : paths
  }
  /// The adapter's folder, nil for full fine-tuning.
  public var adapter: String? { existing("adapter") }
  /// The tuned model's folder, nil for an adapter.
  public var tunedModel: String? { existing("model") }

  private func existing(_ name: String) -> String? {
    FileManager.default.fileExists(atPath: "\(path)/\(name)") ? "\(path)/\(name)" : nil
  }
}
