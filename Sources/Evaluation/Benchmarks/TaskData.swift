import Basics
import Datasets
import Foundation

/// The records of benchmarks in a folder of the user's, in the form in which each benchmark is published.
///
/// For a task `arc_easy` the folder is looked through for `arc_easy/` or the last part of its data set's name and
/// configuration, and in it for a file of each split: its name in the task (`validation`), or what publishers call it
/// (`val`, `dev`, `valid`), with any ending that tune reads. BIG-bench's are found as `bigbench/NAME.json`, BIG-Bench
/// Hard's as `bbh/NAME.json`.
public struct TaskData: Sendable {
  public let folder: String

  public init(_ folder: String) { self.folder = folder }

  /// The records of all splits of a task that are there.
  ///
  /// - Throws: `TuneError.data` where the split that is asked is missing, and with file and line for bad records.
  public func splits(of task: BenchmarkTask) throws -> [String: TaskDocuments] {
    var splits: [String: TaskDocuments] = [:]
    let names = [task.trainingSplit, task.validationSplit, task.testSplit, task.fewshot.split].compactMap { $0 }
    for name in names where splits[name] == nil {
      guard let path = try path(of: name, task) else { continue }
      splits[name] = try Self.read(path, for: task)
    }
    guard let asked = task.evaluationSplit, splits[asked] == nil else { return splits }
    let places = candidates(task).map { "\($0)/\(asked).jsonl" }
    let hub =
      task.datasetPath.map { " (\($0)\(task.datasetName.map { ", \($0)" } ?? "") on the Hugging Face hub)" } ?? ""
    throw TuneError.data("\(task.name): found no records\(hub); put them into \(places.joined(separator: " or "))")
  }

  private func candidates(_ task: BenchmarkTask) -> [String] {
    var names = [task.name, task.datasetName, task.datasetPath.map { ($0 as NSString).lastPathComponent }].compactMap {
      $0
    }
    if let set = task.datasetPath, let name = task.datasetName {
      let last = (set as NSString).lastPathComponent
      names += ["\(last)/\(name)", "\(last)-\(name)"]
    }
    if task.datasetPath == "truthfulqa/truthful_qa" { names.append("truthfulqa") }
    var seen: [String] = []
    for name in names where !seen.contains(name) && !name.contains("..") { seen.append(name) }
    return seen.map { "\(folder)/\($0)" }
  }

  private static let synonyms: [String: [String]] = [
    "validation": ["validation", "val", "valid", "dev"], "test": ["test", "tests"], "train": ["train", "training"],
    "dev": ["dev", "validation", "val"], "validation_matched": ["validation_matched", "dev_matched"],
    "validation_mismatched": ["validation_mismatched", "dev_mismatched"],
  ]

  private func path(of split: String, _ task: BenchmarkTask) throws -> String? {
    // As Hugging Face's `json` data set: files by split in the task itself.
    if let file = task.datasetFiles?[split]?.stringValue {
      guard !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
        throw TuneError.data(
          "\(task.name): data_files: '\(file)' leads out of \(folder); expected a path within it")
      }
      return "\(folder)/\(file)"
    }
    if let path = bigBenchPath(task) { return path }
    return candidates(task).lazy.compactMap { file(of: split, in: $0, task) }.first
  }

  /// The file of a split in a folder, or in the split's own folder, where it is named by the data set's part: MMLU has
  /// `test/anatomy_test.csv`. TruthfulQA has one file.
  private func file(of split: String, in place: String, _ task: BenchmarkTask) -> String? {
    guard let found = try? FileManager.default.contentsOfDirectory(atPath: place).sorted() else { return nil }
    func stem(_ file: String) -> String { file.prefix { $0 != "." }.lowercased() }
    for name in Self.synonyms[split] ?? [split] {
      let matches = found.filter { file in
        stem(file) == name || stem(file).hasSuffix("_\(name)") || stem(file).hasPrefix("\(name)_")
      }
      for path in matches.map({ "\(place)/\($0)" }) {
        guard let inner = try? FileManager.default.contentsOfDirectory(atPath: path).sorted() else { return path }
        let own = task.datasetName.map { [$0.lowercased(), "\($0.lowercased())_\(name)"] } ?? []
        if let file = inner.first(where: { own.contains(stem($0)) }) { return "\(path)/\(file)" }
      }
    }
    return found.first { stem($0) == "truthfulqa" }.map { "\(place)/\($0)" }
  }

  /// BIG-bench's and BIG-Bench Hard's files are named by the task and have one split: `bbh/snarks.json`, or
  /// `bigbench/snarks/task.json`.
  private func bigBenchPath(_ task: BenchmarkTask) -> String? {
    let folders = ["hails/bigbench": ["bigbench", "bigbench-json"], "SaylorTwift/bbh": ["bbh"]]
    guard let places = task.datasetPath.flatMap({ folders[$0] }), let name = task.datasetName else { return nil }
    let short = name.hasSuffix("_zero_shot") ? String(name.dropLast("_zero_shot".count)) : name
    // One task is spelt in two ways.
    let names = short == "causal_judgment" ? [short, "causal_judgement"] : [short]
    return places.flatMap { place in names.flatMap { ["\(place)/\($0)", "\(place)/\($0)/task"] } }
      .flatMap { ["\(folder)/\($0).json", "\(folder)/\($0).json.gz"] }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  static func read(_ path: String, for task: BenchmarkTask) throws -> TaskDocuments {
    let form = PublishedForm(task)
    var records = try form.isPlain ? plainRecords(path, form) : readableRecords(path)
    if let labels = try labels(beside: path) {
      guard labels.count == records.count else {
        throw TuneError.data("\(path): \(records.count) records, but its file of labels has \(labels.count) lines")
      }
      for (index, label) in labels.enumerated() { records[index].json["label"] = label }
    }
    let whole = try records.flatMap { record in
      try form.documents(of: record.json, place: record.place).map { (json: $0, place: record.place) }
    }
    return TaskDocuments(whole.map { $0.json }) { whole[$0 - 1].place }
  }

  typealias PlacedRecord = (json: JSONObject, place: String)

  private static func readableRecords(_ path: String) throws -> [PlacedRecord] {
    let reader = try RecordReader(path)
    var records: [PlacedRecord] = []
    while let outcome = try reader.next() {
      switch outcome {
      case .record(let record): records.append((record.fields, "\(path):\(record.line)"))
      case .rejected(let rejection): throw TuneError.data(rejection.description)
      }
    }
    return records
  }

  /// Files without a header, or of lines that are more than a table's.
  private static func plainRecords(_ path: String, _ form: PublishedForm) throws -> [PlacedRecord] {
    let reader = try LineReader(path)
    var lines: [String] = []
    while let line = try reader.next() {
      guard let text = String(validating: line, as: UTF8.self) else {
        throw TuneError.data("\(path):\(reader.lineNumber): is not UTF-8 text")
      }
      lines.append(text)
    }
    return try form.plainDocuments(lines, path: path)
  }

  /// PIQA's labels stand in a file of their own: `valid.jsonl` and `valid-labels.lst`.
  private static func labels(beside path: String) throws -> [JSON]? {
    let url = URL(fileURLWithPath: path), stem = url.lastPathComponent.prefix { $0 != "." }
    let file = url.deletingLastPathComponent().appendingPathComponent("\(stem)-labels.lst").path
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let reader = try LineReader(file)
    var labels: [JSON] = []
    while let line = try reader.next() {
      guard let label = Int(String(decoding: line, as: UTF8.self)) else {
        throw TuneError.data("\(file):\(reader.lineNumber): expected the number of the right answer")
      }
      labels.append(.integer(label))
    }
    return labels
  }
}
