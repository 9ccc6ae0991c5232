import Basics
import Foundation
import Training

/// Shows training events as a progress bar or plain lines.
final class TrainingReporter {
  private let console: Console
  private let options: TrainerOptions
  private let progress: Progress
  private var tokens = 0
  private var seconds = 0.0
  private var smoothedLoss: Double?
  /// The validation losses of tasks at the first and at the latest validation.
  private var firstTaskLosses: [TaskLoss] = []
  private var lastTaskLosses: [TaskLoss] = []

  init(console: Console, options: TrainerOptions, total: Int) {
    self.console = console
    self.options = options
    progress = Progress(total: total, console: console)
  }

  /// Shows an event and returns its line for `metrics.jsonl`.
  func handle(_ event: TrainingEvent) -> JSON {
    switch event {
    case .step(let metrics):
      show(metrics)
      return metrics.json
    case .evaluation(let metrics):
      if firstTaskLosses.isEmpty { firstTaskLosses = metrics.taskLosses }
      lastTaskLosses = metrics.taskLosses
      let clear = Terminal.isInteractive ? Terminal.clearLine : ""
      console.note("\(clear)validation at step \(metrics.step): loss \(fixed(metrics.loss, 3))\(text(of: metrics))")
      return metrics.json
    }
  }

  func finish() { progress.finish() }

  private func show(_ metrics: StepMetrics) {
    tokens += metrics.tokens
    seconds += metrics.seconds
    smoothedLoss = smoothedLoss.map { 0.9 * $0 + 0.1 * metrics.loss } ?? metrics.loss
    let epochs = max(1, Int(options.epochs.rounded(.up)))
    let label = "epoch \(max(1, Int(metrics.epoch.rounded(.up))))/\(epochs)"
    progress.update(
      metrics.step, label: label,
      details: "loss \(fixed(smoothedLoss ?? 0, 3))  lr \(String(format: "%.1e", metrics.learningRate))  "
        + "\(grouped(Int(Double(tokens) / max(seconds, 1e-9)))) tok/s")
  }

  // MARK: Tasks

  /// So many tasks are shown; `run.json` and `metrics.jsonl` have all.
  private static let mostShown = 20

  private func text(of metrics: EvaluationMetrics) -> String {
    let shown = metrics.taskLosses.prefix(Self.mostShown).map { " · \($0.task) \(fixed($0.loss, 3))" }
    return shown.joined() + (metrics.taskLosses.count > Self.mostShown ? " · …" : "")
  }

  /// Prints the loss of each task before and after training; nothing where there is one task alone.
  ///
  /// - Parameter heldOut: the names of tasks that were not trained.
  func showTasks(heldOut: Set<String>) {
    guard !lastTaskLosses.isEmpty else { return }
    var rows = [["task", "start", "end", "tokens"]]
    for (first, last) in zip(firstTaskLosses, lastTaskLosses).prefix(Self.mostShown) {
      rows.append([
        last.task + (heldOut.contains(last.task) ? " (held out)" : ""), fixed(first.loss, 3), fixed(last.loss, 3),
        grouped(last.trainedTokens),
      ])
    }
    for line in columns(rows) { console.field("", line) }
    let left = lastTaskLosses.count - Self.mostShown
    if left > 0 { console.field("", "… and \(left) more") }
  }

  /// The loss of each task before and after training; nil where there is one task alone.
  var taskLosses: JSON? {
    guard !lastTaskLosses.isEmpty else { return nil }
    return .array(
      zip(firstTaskLosses, lastTaskLosses).map { first, last in
        [
          "task": .string(last.task), "first_eval_loss": .number(first.loss), "last_eval_loss": .number(last.loss),
          "trained_tokens": .integer(last.trainedTokens),
        ]
      })
  }
}
