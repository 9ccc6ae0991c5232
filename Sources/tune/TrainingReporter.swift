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
      let clear = Terminal.isInteractive ? Terminal.clearLine : ""
      console.note("\(clear)validation at step \(metrics.step): loss \(fixed(metrics.loss, 3))")
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
}
