import Basics
import Foundation

/// `tune sweep`: checks all trials, runs them, and prints and saves what came of it.
struct SweepRun {
  private let command: Tune.Sweep
  private let console: Console
  private let plan: SweepPlan
  private let state: SweepState
  private let isResumed: Bool

  init(command: Tune.Sweep, console: Console) throws {
    (self.command, self.console) = (command, console)
    let budget = try command.budget.map { try SweepBudget.seconds($0) }
    let typed = try command.settings()
    isResumed = command.resume != nil
    if let folder = command.resume {
      var saved = try Self.saved(folder, typed: typed)
      saved.budgetSeconds = budget ?? saved.budgetSeconds
      plan = try SweepPlan(saved.settings)
      try saved.check(against: plan)
      state = saved
    } else {
      plan = try SweepPlan(typed)
      state = SweepState(folder: try Self.newFolder(command.output), settings: typed, budgetSeconds: budget)
    }
  }

  /// The sweep to go on with, when its options are those that were typed or none were.
  private static func saved(_ folder: String, typed: SweepSettings) throws -> SweepState {
    let saved = try SweepState(resuming: folder.hasSuffix("/") ? String(folder.dropLast()) : folder)
    let differences = typed == SweepSettings() ? [] : typed.differences(from: saved.settings)
    guard differences.isEmpty else {
      throw TuneError.usage(
        "--resume \(folder): \(differences.joined(separator: ", ")) changed since the sweep was started; leave the "
          + "options out, or start a new sweep")
    }
    guard saved.workingFolder.isSame(as: FileManager.default.currentDirectoryPath) else {
      throw TuneError.usage(
        "--resume \(folder): the sweep was started in \(saved.workingFolder), where its paths belong; go there first")
    }
    return saved
  }

  /// The folder to be made: where no name is given, the first that is free.
  private static func newFolder(_ output: String?) throws -> String {
    if let output {
      let content = try? FileManager.default.contentsOfDirectory(atPath: output)
      if FileManager.default.fileExists(atPath: output), content?.isEmpty != true {
        let isSweep = content?.contains(SweepState.fileName) == true
        throw TuneError.usage(
          "--output \(output): is there already; "
            + (isSweep ? "go on with --resume \(output), or name another folder" : "name another folder"))
      }
      return output
    }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd"
    let first = "sweeps/\(formatter.string(from: Date()))"
    let names = [first] + (2...).lazy.prefix(10_000).map { "\(first)-\($0)" }
    return names.first { !FileManager.default.fileExists(atPath: $0) } ?? first
  }

  /// Runs what is not finished; tells whether it was interrupted.
  func execute() throws -> Bool {
    try createFolder(state.folder)
    let lock = try SweepLock(folder: state.folder)
    defer { withExtendedLifetime(lock) {} }
    try state.checkNothingRuns()
    printHead()
    Interrupt.install()
    let runner = SweepRunner(plan: plan, state: state, threads: command.outputOptions.threads, console: console)
    try runner.run()
    let chart = SweepChart(plan, runner.state)
    try SweepFiles.writeResults(runner.state, plan, chart: chart)
    try printResults(runner.state, chart)
    guard runner.state.status != .interrupted else { return true }
    if SweepRanking(runner.state).best == nil {
      throw TuneError.runtime("no trial of \(state.folder) has a \(state.settings.metric.title); see the reasons above")
    }
    return false
  }

  // MARK: What is printed

  private func printHead() {
    let varied = plan.axes.map { axis -> String in
      switch axis.choices {
      case .list(let values): "\(axis.name) \(values.map { $0.text }.joined(separator: ", "))"
      case .range(let range):
        "\(axis.name) from \(range.low) to \(range.high)\(range.isLogarithmic ? " (logarithmic)" : "")"
      }
    }
    console.field(
      "sweep", "\(plan.trials.count) trial\(plan.trials.count == 1 ? "" : "s") · \(varied.joined(separator: " · "))")
    if let shortage = plan.shortage { console.field("", shortage) }
    let metric = state.settings.metric
    console.field("compare", "by \(metric.title), \(metric.isLowerBetter ? "lower" : "higher") is better")
    if plan.rungs.count > 1 {
      let rungs = plan.rungs.map { "\($0.trials) × \(grouped($0.steps ?? 0)) steps" }
      console.field("halving", rungs.joined(separator: " → "))
    }
    if let budget = state.budgetSeconds {
      let spent = state.spentSeconds > 0 ? ", \(duration(state.spentSeconds)) of it spent" : ""
      console.field("budget", duration(budget) + spent)
    }
    let finished = state.outcomes.filter { $0.status == .complete }.count
    console.field("folder", state.folder + (isResumed ? " · goes on after \(finished) finished" : ""))
    console.line()
  }

  func printPlan() {
    printHead()
    for trial in plan.trials { console.answer("\(trial.number)  \(SweepFiles.command(trial))") }
    console.json(.array(plan.trials.map { .string(SweepFiles.command($0)) }))
  }

  private func printResults(_ state: SweepState, _ chart: SweepChart?) throws {
    let isPlain = ProcessInfo.processInfo.environment["TERM"] == "dumb"
    let table = SweepTable(plan, state)
    console.line()
    if !table.rows.isEmpty { table.lines(plainText: isPlain).forEach { console.answer($0) } }
    for note in table.notes { console.line(note) }
    if let chart {
      console.line()
      chart.lines(width: min(100, Terminal.width), plainText: isPlain).forEach { console.line($0) }
    }
    console.line()
    console.field(
      "wrote", "\(state.folder)/  sweep.json  results.jsonl  table.md" + (chart == nil ? "" : "  chart.svg"))
    printEnd(state)
    console.json(try SweepFiles.save(state, plan))
  }

  private func printEnd(_ state: SweepState) {
    let unfinished = state.outcomes.filter { $0.status == .leftOut }.count
    if state.status == .interrupted {
      console.line("interrupted; go on with: tune sweep --resume \(state.folder)")
    } else if unfinished > 0 {
      console.line(
        "\(unfinished) left out for the budget; go on with: tune sweep --resume \(state.folder) --budget TIME")
    }
    guard let best = SweepRanking(state).best else { return }
    let trial = plan.trials[best.trial - 1]
    let folder = SweepFiles.runFolder(trial: best.trial, rung: best.rung, of: plan, in: state.folder)
    console.field("best", "\(plan.label(trial)) · \(folder)")
    console.line("again: \(SweepFiles.command(trial))")
  }
}
