import Basics
import Datasets
import Evaluation
import Foundation

/// The scores of base and tuned model with their paired difference: a table, files, and gates.
struct ComparisonReport {
  private struct Row {
    let metric: any Metric
    let base: Double
    let tuned: Double?
    let paired: PairedComparison?
  }

  private let prompts: [PromptExample]
  private let base: Comparison.Answers
  private let tuned: Comparison.Answers?
  private let tunedName: String?
  private let rows: [Row]
  /// The scores of each task; empty where there is one alone.
  private let tasks: [TaskScores]
  /// What of the labels is shown; nil where no metric compares labels.
  private let labels: LabelReport?

  init(
    metrics: [any Metric], prompts: [PromptExample], tasks names: [String], base: Comparison.Answers,
    tuned: Comparison.Answers?,
    tunedName: String?
  ) throws {
    self.prompts = prompts
    self.base = base
    self.tuned = tuned
    self.tunedName = tunedName
    let bootstrap = try PairedBootstrap()
    tasks = TaskScores.all(metrics, prompts, names, base: base.counts, tuned: tuned?.counts)
    labels =
      metrics.contains { $0 is ClassificationMetric }
      ? LabelReport(references: prompts.map { $0.reference ?? "" }, base: base.texts, tuned: tuned?.texts) : nil
    rows = try metrics.enumerated().map { index, metric in
      Row(
        metric: metric, base: metric.corpusScore(base.counts[index]),
        tuned: tuned.map { metric.corpusScore($0.counts[index]) },
        paired: try tuned.map { try bootstrap.compare(metric, base: base.counts[index], tuned: $0.counts[index]) })
    }
  }

  // MARK: Table

  func show(_ console: Console) {
    console.line()
    showScores(console)
    TaskScores.show(tasks, console)
    labels?.show(console)
  }

  /// Of the column with names.
  private var nameWidth: Int { rows.reduce(12) { max($0, $1.metric.name.count + 1) } }

  private func showScores(_ console: Console) {
    guard tuned != nil else {
      for row in rows { console.answer("\(padded(row.metric.name, nameWidth))\(score(row.base, row.metric))") }
      return
    }
    console.answer(
      "\(padded("", nameWidth))\(padded("base", 9))\(padded("tuned", 9))\(padded("difference", 14))"
        + "\(padded("95 % interval", 20))better/worse")
    for row in rows { console.answer(line(row)) }
    console.answer(behaviour())
    console.line()
    for row in rows where ["rougeL", "bleu", "macro_f1"].contains(row.metric.name) {
      console.line("\(row.metric.name): \(row.metric.signature(references: 1))")
    }
  }

  private func line(_ row: Row) -> String {
    guard let tuned = row.tuned, let paired = row.paired else { return "" }
    let difference = tuned - row.base
    let mark = !paired.isSignificant ? " " : difference > 0 ? "▲" : "▼"
    let interval = [paired.interval.lowerBound, paired.interval.upperBound].map { signed($0, row.metric) }
    return padded(row.metric.name, nameWidth) + padded(score(row.base, row.metric), 9)
      + padded(score(tuned, row.metric), 9)
      + padded("\(signed(difference, row.metric)) \(mark)", 14) + padded(interval.joined(separator: " … "), 20)
      + "\(paired.wins) / \(paired.losses)"
  }

  /// Length relative to the references, and how many answers ran into the limit.
  private func behaviour() -> String {
    func length(_ answers: Comparison.Answers) -> String {
      let references = prompts.reduce(0) { $0 + words($1.reference ?? "") }
      return fixed(Double(answers.texts.reduce(0) { $0 + words($1) }) / Double(max(1, references)), 1) + "×"
    }
    func running(_ answers: Comparison.Answers) -> String {
      let count = answers.stopped.filter { !$0 }.count
      return "\(count * 100 / max(1, answers.stopped.count)) %"
    }
    guard let tuned else { return "" }
    return "\(padded("length", nameWidth))\(padded(length(base), 9))\(padded(length(tuned), 9))"
      + "never stopped: \(running(base)) → \(running(tuned))"
  }

  private func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }

  private func score(_ value: Double, _ metric: any Metric) -> String { fixed(value, metric.maximum > 1 ? 2 : 4) }

  private func signed(_ value: Double, _ metric: any Metric) -> String {
    (value >= 0 ? "+" : "-") + score(abs(value), metric)
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  // MARK: Files

  /// Writes `predictions.jsonl` and `scores.json`.
  func write(to folder: String, data: [String], console: Console) throws {
    try createFolder(folder)
    let file = try AtomicFile("\(folder)/predictions.jsonl")
    for (index, prompt) in prompts.enumerated() {
      var line: JSONObject = [
        "line": .integer(prompt.line), "prompt": .string(prompt.prompt), "reference": .string(prompt.reference ?? ""),
        "base": prediction(base, index),
      ]
      if let tuned { line["tuned"] = prediction(tuned, index) }
      if let task = tasks.first(where: { $0.number == prompt.task }) { line["task"] = .string(task.name) }
      try file.write(JSON.object(line).text() + "\n")
    }
    try file.commit()
    var scores = json.objectValue ?? JSONObject()
    scores["data"] = data.count == 1 ? .string(data[0]) : .array(data.map { .string($0) })
    scores["tuned_model"] = tunedName.map { .string($0) } ?? .null
    try AtomicFile.write(JSON.object(scores).text(.pretty) + "\n", to: "\(folder)/scores.json")
    console.line("predictions and scores: \(folder)/")
  }

  private func prediction(_ answers: Comparison.Answers, _ index: Int) -> JSON {
    var object: JSONObject = ["text": .string(answers.texts[index]), "stopped": .bool(answers.stopped[index])]
    for (place, row) in rows.enumerated() {
      object[row.metric.name] = .number(row.metric.exampleScore(answers.counts[place][index]))
    }
    return .object(object)
  }

  /// The scores as one object.
  var json: JSON {
    var scores = JSONObject()
    for row in rows {
      var entry: JSONObject = ["base": .number(row.base)]
      if let tuned = row.tuned, let paired = row.paired {
        entry["tuned"] = .number(tuned)
        entry["difference"] = .number(tuned - row.base)
        entry["interval"] = [.number(paired.interval.lowerBound), .number(paired.interval.upperBound)]
        entry["better"] = .integer(paired.wins)
        entry["worse"] = .integer(paired.losses)
      }
      entry["signature"] = .string(row.metric.signature(references: 1))
      scores[row.metric.name] = .object(entry)
    }
    var object: JSONObject = [
      "tune_version": .string(tuneVersion), "examples": .integer(prompts.count), "scores": .object(scores),
    ]
    if !tasks.isEmpty {
      object["tasks"] = .object(JSONObject(entries: tasks.map { .init(key: $0.name, value: $0.json) }))
    }
    if let labels { object["classification"] = labels.json }
    return .object(object)
  }

  // MARK: Gates

  /// - Throws: `TuneError` of kind gate naming the first score below its bound.
  func check(_ gates: [Gate]) throws {
    for gate in gates {
      guard let row = rows.first(where: { $0.metric.name == gate.metric }) else { continue }
      let value = row.tuned ?? row.base
      guard value < gate.minimum else { continue }
      throw TuneError(.gate, "gate failed: \(gate.metric) \(score(value, row.metric)) is below \(gate.minimum)")
    }
  }
}
