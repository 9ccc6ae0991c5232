import Basics
import Foundation
import Training

/// Runs the trials of a sweep that are not finished, one after the other, each as a process of its own.
final class SweepRunner {
  private let plan: SweepPlan
  private let console: Console
  private let threads: Int?
  private(set) var state: SweepState
  private let begun = ContinuousClock.now
  /// What earlier sittings took.
  private let spentBefore: Double
  private var progress: TrialProgress?

  init(plan: SweepPlan, state: SweepState, threads: Int?, console: Console) {
    (self.plan, self.state, self.threads, self.console) = (plan, state, threads, console)
    spentBefore = state.spentSeconds
  }

  /// Goes through the rungs; ends early when interrupted. Trials that failed before are tried again.
  func run() throws {
    state.outcomes.removeAll { $0.status != .complete }
    state.status = .running
    var candidates = plan.trials
    for (index, rung) in plan.rungs.enumerated() {
      if index > 0 { candidates = best(rung.trials, ofRung: index - 1) }
      for trial in candidates where state.outcome(trial: trial.number, rung: index) == nil {
        try run(trial, rung: index)
        showRemaining(candidates, rung: index)
        guard !Interrupt.isRequested else {
          state.status = .interrupted
          return try save()
        }
      }
    }
    state.status = state.outcomes.contains { $0.status == .leftOut } ? .budgetSpent : .complete
    try save()
  }

  /// The trials with the best scores in a rung, in their own order.
  private func best(_ count: Int, ofRung rung: Int) -> [SweepPlan.Trial] {
    let ranking = SweepRanking(state.outcomes.filter { $0.rung == rung }, metric: state.settings.metric)
    let chosen = ranking.scored.prefix(count).map { $0.trial }
    return plan.trials.filter { chosen.contains($0.number) }
  }

  private func run(_ trial: SweepPlan.Trial, rung: Int) throws {
    if let outcome = leftOut(trial, rung: rung) {
      state.record(outcome)
      return try save()
    }
    let steps = plan.rungs[rung].steps.map { " · \(grouped($0)) steps" } ?? ""
    let title = "trial \(trial.number)/\(plan.trials.count)  \(plan.label(trial))\(steps)"
    progress = TrialProgress(title: title, console: console)
    let start = ContinuousClock.now
    let result = try outcome(trial, rung: rung)
    progress?.clear()
    guard var outcome = result else { return }
    outcome.wallSeconds = (ContinuousClock.now - start) / .seconds(1)
    state.record(outcome)
    try save()
    console.note("\(title)   \(summary(outcome))")
  }

  /// How long the trials of a rung that are not yet run will take.
  private func showRemaining(_ candidates: [SweepPlan.Trial], rung: Int) {
    guard !Interrupt.isRequested else { return }
    let waiting = candidates.filter { state.outcome(trial: $0.number, rung: rung) == nil }
    let expected = waiting.compactMap { expectedSeconds($0, rung: rung) }
    guard !waiting.isEmpty, expected.count == waiting.count else { return }
    let ofRung = rung < plan.rungs.count - 1 ? " of this rung" : ""
    console.note("          \(waiting.count)\(ofRung) to go, about \(duration(expected.reduce(0, +)))")
  }

  /// The outcome of a trial that cannot be expected to end within the budget; nil where it can.
  private func leftOut(_ trial: SweepPlan.Trial, rung: Int) -> TrialOutcome? {
    guard let budget = state.budgetSeconds else { return nil }
    let remaining = budget - spent, expected = expectedSeconds(trial, rung: rung) ?? 0
    guard remaining <= 0 || expected > remaining else { return nil }
    let reason = "would take about \(duration(expected)); \(duration(max(0, remaining))) of the budget are left"
    return TrialOutcome(trial: trial.number, rung: rung, status: .leftOut, reason: reason)
  }

  private func expectedSeconds(_ trial: SweepPlan.Trial, rung: Int) -> Double? {
    func work(_ trial: SweepPlan.Trial, _ rung: Int) -> Double { trial.work * plan.rungs[rung].share }
    let measured = state.outcomes.filter { $0.status == .complete }.map { outcome in
      let seconds = min(outcome["seconds"] ?? 0, outcome.wallSeconds)
      return SweepBudget.Measured(
        work: work(plan.trials[outcome.trial - 1], outcome.rung), seconds: seconds,
        overhead: outcome.wallSeconds - seconds)
    }
    return SweepBudget.expectedSeconds(work: work(trial, rung), measured: measured)
  }

  /// Why a trial has no result.
  private enum Ending: Error {
    case interrupted
    case failed(String)
  }

  /// The outcome of training and, where asked for, evaluation; nil when interrupted.
  private func outcome(_ trial: SweepPlan.Trial, rung: Int) throws -> TrialOutcome? {
    do {
      return try measured(trial, rung: rung)
    } catch Ending.failed(let reason) {
      return TrialOutcome(trial: trial.number, rung: rung, status: .failed, reason: reason)
    } catch Ending.interrupted {
      return nil
    }
  }

  private func measured(_ trial: SweepPlan.Trial, rung: Int) throws -> TrialOutcome {
    let folder = SweepFiles.runFolder(trial: trial.number, rung: rung, of: plan, in: state.folder)
    // What an interrupted sitting left there.
    try? FileManager.default.removeItem(atPath: folder)
    try createFolder(parentFolder(of: folder))
    let steps = plan.rungs[rung].steps.map { ["--max-steps", "\($0)"] } ?? []
    let output = ["--json", "--quiet"]
    try child(
      ["train"] + trial.options + threadOptions(trial) + steps + ["--output", folder] + output, folder)
    guard let run = try? Run(folder), run.isComplete else { throw Ending.failed("training left no complete run") }
    var outcome = TrialOutcome(trial: trial.number, rung: rung, status: .complete)
    outcome.take(run)
    func evaluation(_ name: String, _ options: [String]) throws -> JSON {
      try child(["eval"] + ["--run", folder] + options + threadOptions(trial) + output, folder, name: name)
      guard let found = try? JSON(contentsOf: "\(folder)-\(name).json") else {
        throw Ending.failed("\(name) printed no result")
      }
      return found
    }
    if state.settings.evaluates {
      outcome.take(scores: try evaluation("eval", state.settings.allEvalOptions))
    }
    if state.settings.measuresForgetting {
      outcome.take(forgetting: try evaluation("forgetting", state.settings.allForgettingOptions))
    }
    return outcome
  }

  private func threadOptions(_ trial: SweepPlan.Trial) -> [String] {
    let hasOwn = trial.options.contains { $0 == "--threads" || $0.hasPrefix("--threads=") }
    return hasOwn ? [] : threads.map { ["--threads", "\($0)"] } ?? []
  }

  /// Runs the program with its output beside the run's folder.
  private func child(_ arguments: [String], _ folder: String, name: String? = nil) throws {
    let name = "\(folder)-\(name ?? arguments[0])"
    let process = TrialProcess(arguments: arguments, outputPath: "\(name).json", errorPath: "\(name).log")
    let end = try process.run(
      onStart: { number in
        state.process = number
        try save()
      }, onWait: { progress?.show(folder: folder) })
    state.process = nil
    switch end {
    case .interrupted: throw Ending.interrupted
    case .exited(0): return
    case .exited, .killed: throw Ending.failed(process.reason(end))
    }
  }

  private func summary(_ outcome: TrialOutcome) -> String {
    if let reason = outcome.reason { return "\(outcome.status.rawValue): \(reason)" }
    let metric = state.settings.metric
    let score = outcome[metric.rawValue].map { "\(metric.title) \(fixed($0, metric.decimals))" } ?? "no \(metric.title)"
    return "\(score) · \(duration(outcome.wallSeconds))"
  }

  private var spent: Double { spentBefore + (ContinuousClock.now - begun) / .seconds(1) }

  private func save() throws {
    state.spentSeconds = spent
    try SweepFiles.save(state, plan)
  }
}
