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
        try run(trial, rung: index, of: candidates.count)
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

  private func run(_ trial: SweepPlan.Trial, rung: Int, of count: Int) throws {
    let work = trial.work * plan.rungs[rung].share
    if let outcome = leftOut(trial, rung: rung, work: work) {
      state.record(outcome)
      return try save()
    }
    let steps = plan.rungs[rung].steps.map { " · \(grouped($0)) steps" } ?? ""
    let title = "trial \(trial.number)/\(plan.trials.count)  \(plan.label(trial))\(steps)"
    if Terminal.isInteractive, !console.isQuiet { Console.printError("\(title) …") }
    let start = ContinuousClock.now
    guard var outcome = try outcome(trial, rung: rung) else {
      if Terminal.isInteractive, !console.isQuiet { Console.printError("\n") }
      return
    }
    outcome.wallSeconds = (ContinuousClock.now - start) / .seconds(1)
    state.record(outcome)
    try save()
    let clear = Terminal.isInteractive ? Terminal.clearLine : ""
    console.note("\(clear)\(title)   \(summary(outcome))")
  }

  /// The outcome of a trial that cannot be expected to end within the budget; nil where it can.
  private func leftOut(_ trial: SweepPlan.Trial, rung: Int, work: Double) -> TrialOutcome? {
    guard let budget = state.budgetSeconds else { return nil }
    let measured = state.outcomes.filter { $0.status == .complete }.map { outcome in
      SweepBudget.Measured(
        work: plan.trials[outcome.trial - 1].work * plan.rungs[outcome.rung].share, seconds: outcome.wallSeconds)
    }
    let remaining = budget - spent, expected = SweepBudget.expectedSeconds(work: work, measured: measured) ?? 0
    guard remaining <= 0 || expected > remaining else { return nil }
    let reason = "would take about \(duration(expected)); \(duration(max(0, remaining))) of the budget are left"
    return TrialOutcome(trial: trial.number, rung: rung, status: .leftOut, reason: reason)
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
      ["train"] + trial.options + threadOptions(trial) + steps + ["--output", folder] + output, "\(folder)-train")
    guard let run = try? Run(folder), run.isComplete else { throw Ending.failed("training left no complete run") }
    var outcome = TrialOutcome(trial: trial.number, rung: rung, status: .complete)
    outcome.take(run)
    guard state.settings.evaluates else { return outcome }
    let options = ["--run", folder] + state.settings.allEvalOptions + threadOptions(trial)
    try child(["eval"] + options + output, "\(folder)-eval")
    guard let scores = try? JSON(contentsOf: "\(folder)-eval.json") else {
      throw Ending.failed("evaluation printed no scores")
    }
    outcome.take(scores: scores)
    return outcome
  }

  private func threadOptions(_ trial: SweepPlan.Trial) -> [String] {
    let hasOwn = trial.options.contains { $0 == "--threads" || $0.hasPrefix("--threads=") }
    return hasOwn ? [] : threads.map { ["--threads", "\($0)"] } ?? []
  }

  /// Runs the program with its output beside the run's folder.
  private func child(_ arguments: [String], _ name: String) throws {
    let process = TrialProcess(arguments: arguments, outputPath: "\(name).json", errorPath: "\(name).log")
    let end = try process.run { number in
      state.process = number
      try save()
    }
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
