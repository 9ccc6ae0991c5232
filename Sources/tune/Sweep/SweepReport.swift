import Basics
import Evaluation
import Foundation

/// A sweep's folder as a report shows it.
struct SweepReport {
  let sweep: ReportSweep
  /// The best trial's run with its name; nil where its folder is gone or no trial has a score.
  let bestRun: (path: String, name: String)?

  /// Whether a folder is a sweep's.
  static func isSweep(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(SweepState.fileName)")
  }

  /// - Throws: `TuneError.data` where the sweep's file is damaged.
  init(_ folder: String) throws {
    let state = try SweepState(resuming: folder), plan = try SweepPlan(state.settings, checksData: false)
    try state.check(against: plan)
    let table = SweepTable(plan, state), metric = state.settings.metric, best = SweepRanking(state).best
    let chart: ReportCharts.Picture? =
      switch SweepChart(plan, state) {
      case .points(let chart): .curve(chart)
      case .bars(let chart): .bars(chart)
      case nil: nil
      }
    let name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
    sweep = ReportSweep(
      name: name,
      comparison: "\(metric.title), \(metric.isLowerBetter ? "lower" : "higher") is better", chart: chart,
      header: table.header, rows: table.rows, numericColumns: table.isNumeric, notes: table.notes,
      bestCommand: best.map { SweepFiles.command(plan.trials[$0.trial - 1]) })
    bestRun = best.flatMap { best in
      let path = SweepFiles.runFolder(trial: best.trial, rung: best.rung, of: plan, in: folder)
      guard FileManager.default.fileExists(atPath: "\(path)/run.json") else { return nil }
      return (path, "\(name), trial \(best.trial)")
    }
  }
}
