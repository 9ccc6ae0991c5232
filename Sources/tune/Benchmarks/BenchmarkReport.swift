import Basics
import Evaluation
import Foundation

/// The scores of benchmarks: a table, lm-evaluation-harness's files, and JSON.
struct BenchmarkReport {
  private let selection: TaskSelection
  let base: [TaskResult]
  let tuned: [TaskResult]?

  init(selection: TaskSelection, base: [TaskResult], tuned: [TaskResult]?) {
    self.selection = selection
    self.base = base
    self.tuned = tuned
  }

  // MARK: Table

  func show(_ console: Console) {
    console.line()
    for line in columns(table) { console.answer(line) }
  }

  /// The same table in Markdown.
  var markdown: String { MarkdownTable.text(table) }

  private var table: [[String]] {
    var table = [
      ["task", "n-shot", "filter", "metric", "base", "±"] + (tuned == nil ? [] : ["tuned", "±", "difference"])
    ]
    for (index, result) in base.enumerated() {
      for (place, score) in result.scores.enumerated() {
        table.append(
          row(
            result.run.task.name, String(result.run.numFewshot), score, tuned.map { $0[index].scores[place] }))
      }
    }
    for (index, group) in groups(base).enumerated() {
      let other = tuned.map { groups($0)[index].scores }
      for (place, found) in group.scores.enumerated() {
        table.append(row(group.name, "", found.score, other.map { $0[place].score }))
      }
    }
    return table
  }

  private func row(_ name: String, _ shots: String, _ base: TaskScore, _ tuned: TaskScore?) -> [String] {
    func error(_ score: TaskScore) -> String { score.standardError.map { fixed($0, 4) } ?? "" }
    var row = [
      name, shots, base.filter, base.metric + (base.higherIsBetter ? " ↑" : " ↓"), fixed(base.value, 4), error(base),
    ]
    if let tuned {
      let difference = tuned.value - base.value
      row += [fixed(tuned.value, 4), error(tuned), (difference < 0 ? "-" : "+") + fixed(abs(difference), 4)]
    }
    return row
  }

  typealias GroupScores = (name: String, group: TaskGroup, scores: [(score: TaskScore, sampleCount: Int)])

  func groups(_ results: [TaskResult]) -> [GroupScores] {
    selection.groups.map { group, names in
      let parts = results.filter { names.contains($0.run.task.name) }
        .map { (name: $0.run.task.name, scores: $0.scores, count: $0.sampleCount) }
      return (group.name, group, group.scores(parts))
    }
  }

  // MARK: Files

  /// Writes `benchmarks.json` in the harness's layout, one for each model, and the questions with their answers.
  func write(to folder: String, logsSamples: Bool, console: Console) throws {
    for (name, results) in [("base", base), ("tuned", tuned ?? [])] where !results.isEmpty {
      let place = "\(folder)/benchmarks/\(name)"
      try createFolder(place)
      try AtomicFile.write(harness(results).text(.pretty) + "\n", to: "\(place)/results.json")
      guard logsSamples else { continue }
      for result in results {
        let file = try AtomicFile("\(place)/samples_\(result.run.task.name).jsonl")
        for sample in result.samples { try file.write(HarnessResults.sample(sample).text() + "\n") }
        try file.commit()
      }
    }
    console.line("results: \(folder)/benchmarks/")
  }

  /// The harness's `results_….json`, without times and dates, so that two runs are equal.
  private func harness(_ results: [TaskResult]) -> JSON {
    let found = groups(results)
    func byTask(_ value: (TaskResult) -> JSON) -> JSON {
      .object(JSONObject(entries: results.map { .init(key: $0.run.task.name, value: value($0)) }))
    }
    let groupScores = found.map { JSONObject.Entry(key: $0.name, value: HarnessResults.scores($0.group, $0.scores)) }
    var object: JSONObject = [
      "results": .object(
        JSONObject(
          entries: groupScores
            + results.map { .init(key: $0.run.task.name, value: HarnessResults.scores($0)) }))
    ]
    if !found.isEmpty { object["groups"] = .object(JSONObject(entries: groupScores)) }
    object["group_subtasks"] = .object(
      JSONObject(
        entries: found.map { .init(key: $0.name, value: .array($0.group.members.map { .string($0) })) }))
    object["configs"] = byTask { $0.run.task.configuration }
    object["versions"] = byTask { $0.run.task.version }
    object["n-shot"] = byTask { .integer($0.run.numFewshot) }
    object["higher_is_better"] = byTask { result in
      .object(JSONObject(entries: result.scores.map { .init(key: $0.metric, value: .bool($0.higherIsBetter)) }))
    }
    object["n-samples"] = byTask {
      ["original": .integer($0.run.documentCount), "effective": .integer($0.sampleCount)]
    }
    object["tune_version"] = .string(tuneVersion)
    return .object(object)
  }

  func json(gates: GateCheck) -> JSONObject {
    var object: JSONObject = ["base": harness(base), "tuned": tuned.map { harness($0) } ?? .null]
    if let gates = gates.json { object["gates"] = gates }
    return object
  }
}
