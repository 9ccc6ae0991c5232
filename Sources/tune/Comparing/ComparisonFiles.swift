import Basics
import Evaluation
import Foundation

/// The answers and scores as files.
extension ComparisonReport {
  /// Writes `predictions.jsonl`, `scores.json`, `errors.json`, `examples.md` and, of a tuned model, `flips.jsonl`.
  func write(to folder: String, data: [String], console: Console) throws {
    try createFolder(folder)
    try writeLines(prompts.indices.map { prediction($0) }, to: "\(folder)/predictions.jsonl")
    if tuned != nil { try writeLines(flips, to: "\(folder)/flips.jsonl") }
    try AtomicFile.write(errors.json.text(.pretty) + "\n", to: "\(folder)/errors.json")
    try AtomicFile.write(examples, to: "\(folder)/examples.md")
    var scores = json
    scores["errors"] = nil
    scores["data"] = data.count == 1 ? .string(data[0]) : .array(data.map { .string($0) })
    scores["tuned_model"] = tunedName.map { .string($0) } ?? .null
    try AtomicFile.write(JSON.object(scores).text(.pretty) + "\n", to: "\(folder)/scores.json")
    console.line()
    console.line("worst five and best five: \(folder)/examples.md     report: tune report")
    console.line("predictions and scores: \(folder)/")
  }

  private func writeLines(_ lines: [JSONObject], to path: String) throws {
    let file = try AtomicFile(path)
    for line in lines { try file.write(JSON.object(line).text() + "\n") }
    try file.commit()
  }

  private func prediction(_ index: Int) -> JSONObject {
    let prompt = prompts[index]
    var line: JSONObject = [
      "line": .integer(prompt.line), "prompt": .string(prompt.prompt), "reference": .string(prompt.reference ?? ""),
    ]
    for contestant in contestants { line[contestant.name] = answer(contestant, index) }
    if let task = tasks.first(where: { $0.number == prompt.task }) { line["task"] = .string(task.name) }
    return line
  }

  private func answer(_ contestant: Contestant, _ index: Int) -> JSON {
    var object: JSONObject = [
      "text": .string(contestant.answers.texts[index]), "stopped": .bool(contestant.answers.stopped[index]),
    ]
    for (place, metric) in metrics.enumerated() {
      object[metric.name] = .number(metric.exampleScore(contestant.answers.counts[place][index]))
    }
    return .object(object)
  }

  // MARK: Single items

  private func itemScore(_ contestant: Contestant, _ index: Int) -> Double {
    metrics[mainMetric].exampleScore(contestant.answers.counts[mainMetric][index])
  }

  /// How much better an item has become, by the main metric.
  private func gain(_ index: Int) -> Double {
    guard let tuned else { return 0 }
    let rise = itemScore(tuned, index) - itemScore(base, index)
    return metrics[mainMetric].lowerIsBetter ? -rise : rise
  }

  /// The items whose score differs, those that became worse most first.
  private var flips: [JSONObject] {
    guard let tuned else { return [] }
    let changed = prompts.indices.filter { gain($0) != 0 }.sorted { (gain($0), $0) < (gain($1), $1) }
    return changed.map { index in
      [
        "line": .integer(prompts[index].line), "change": gain(index) > 0 ? "better" : "worse",
        "metric": .string(metrics[mainMetric].name), "base": .number(itemScore(base, index)),
        "tuned": .number(itemScore(tuned, index)), "prompt": .string(prompts[index].prompt),
        "reference": .string(prompts[index].reference ?? ""), "before": .string(base.answers.texts[index]),
        "after": .string(tuned.answers.texts[index]),
      ]
    }
  }

  /// The worst and the best five side by side, in Markdown.
  private var examples: String {
    let own = tuned ?? base, sign = metrics[mainMetric].lowerIsBetter ? -1.0 : 1
    // Of equally good ones those that changed most.
    let order = prompts.indices.sorted {
      (sign * itemScore(own, $0), gain($0), $0) < (sign * itemScore(own, $1), gain($1), $1)
    }
    let worst = order.prefix(5), best = order.reversed().prefix(5).filter { !worst.contains($0) }
    let parts = [("Worst five", Array(worst)), ("Best five", best)].filter { !$0.1.isEmpty }.map { title, items in
      "## \(title) by \(metrics[mainMetric].name)\n\n" + items.map { example($0) }.joined(separator: "\n")
    }
    return "# Examples\n\n" + parts.joined(separator: "\n")
  }

  private func example(_ index: Int) -> String {
    var text = "### Line \(prompts[index].line)\n\n"
    text += "Prompt:\n\n" + quoted(prompts[index].prompt) + "\nReference:\n\n" + quoted(prompts[index].reference ?? "")
    for contestant in [base, tuned].compactMap({ $0 }) {
      let score = fixed(itemScore(contestant, index), metrics[mainMetric].maximum > 1 ? 2 : 4)
      let faults = errors.faults.rows.compactMap { row in
        (contestant.kind == .base ? row.base : row.tuned ?? [])[index].map { "\(row.check.title): \($0)" }
      }
      text += "\n\(contestant.name.capitalized), \(metrics[mainMetric].name) \(score)"
      text += (faults.isEmpty ? "" : " (\(faults.joined(separator: "; ")))") + ":\n\n"
      text += quoted(contestant.answers.texts[index])
    }
    return text
  }

  /// A block of code that its text cannot end: long texts keep their end, where the question is.
  private func quoted(_ text: String) -> String {
    let shown = text.count > 1500 ? "… " + text.suffix(1500) : text
    return shown.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
  }
}
