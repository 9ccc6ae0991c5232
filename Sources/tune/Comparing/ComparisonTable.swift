import Basics
import Evaluation
import Foundation

/// The scores for people.
extension ComparisonReport {
  func show(_ console: Console) {
    console.line()
    for line in columns(table) { console.answer(line) }
    if tuned != nil { console.answer(behaviour) }
    if !otherTable.isEmpty {
      console.line()
      for line in columns(otherTable) { console.answer(line) }
    }
    console.line()
    showSignatures(console)
    TaskScores.show(tasks, console)
    labels?.show(console)
    errors.show(console)
  }

  /// The same tables in Markdown.
  var markdown: String {
    [table, otherTable].filter { !$0.isEmpty }.map { MarkdownTable.text($0) }.joined(separator: "\n\n")
  }

  /// Base and tuned model, a metric a line.
  private var table: [[String]] {
    guard let tunedPlace else {
      return [["", "base"]] + metrics.indices.map { [metrics[$0].name, text(scores[0][$0].value, $0)] }
    }
    return [["", "base", "tuned", "difference", "95 % interval", "better/worse"]]
      + metrics.indices.map { metric in
        let score = scores[tunedPlace][metric]
        return [metrics[metric].name, text(scores[0][metric].value, metric), text(score.value, metric)]
          + difference(score, metric)
      }
  }

  /// All contestants by the main metric; empty where base and tuned are alone.
  private var otherTable: [[String]] {
    guard contestants.contains(where: { ![.base, .tuned].contains($0.kind) }) else { return [] }
    return [[metrics[mainMetric].name, "score", "difference", "95 % interval", "better/worse"]]
      + contestants.indices.map { place in
        let score = scores[place][mainMetric]
        return [contestants[place].name, text(score.value, mainMetric)] + difference(score, mainMetric)
      }
  }

  private func difference(_ score: Score, _ metric: Int) -> [String] {
    guard let paired = score.paired else { return ["", "", ""] }
    let isBetter = metrics[metric].lowerIsBetter ? paired.difference < 0 : paired.difference > 0
    let mark = !paired.isSignificant ? " " : isBetter ? "▲" : "▼"
    let bounds = [paired.interval.lowerBound, paired.interval.upperBound].map { signed($0, metric) }
    return [
      "\(signed(paired.difference, metric)) \(mark)", bounds.joined(separator: " … "),
      "\(paired.wins) / \(paired.losses)",
    ]
  }

  /// Length relative to the references, and how many answers ran into the limit.
  private var behaviour: String {
    let references = max(1, prompts.reduce(0) { $0 + ($1.reference ?? "").spacedWordCount })
    func length(_ answers: Answers) -> String {
      fixed(Double(answers.texts.reduce(0) { $0 + $1.spacedWordCount }) / Double(references), 1) + "×"
    }
    func running(_ answers: Answers) -> String {
      "\(answers.stopped.count { !$0 } * 100 / max(1, answers.stopped.count)) %"
    }
    guard let tuned else { return "" }
    return "length \(length(base.answers)) → \(length(tuned.answers)) of the references · never stopped "
      + "\(running(base.answers)) → \(running(tuned.answers))"
  }

  private func showSignatures(_ console: Console) {
    if let tunedPlace, let effect = scores[tunedPlace][mainMetric].paired?.minimumDetectableEffect {
      console.line(
        "\(metrics[mainMetric].name): so many examples show a difference of \(text(effect, mainMetric)) or more in four of "
          + "five cases")
    }
    for metric in metrics where ["rougeL", "bleu", "chrf", "ter", "macro_f1"].contains(metric.name) {
      console.line("\(metric.name): \(metric.signature(references: 1))")
    }
  }

  private func text(_ value: Double, _ metric: Int) -> String { fixed(value, metrics[metric].maximum > 1 ? 2 : 4) }

  private func signed(_ value: Double, _ metric: Int) -> String { (value < 0 ? "-" : "+") + text(abs(value), metric) }
}
