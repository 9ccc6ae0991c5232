import Basics
import Evaluation
import Foundation

/// What a sweep writes into its folder.
enum SweepFiles {
  /// `trials/03`, or `trials/03-rung-2` where trials have several rungs.
  static func runFolder(trial: Int, rung: Int, of plan: SweepPlan, in folder: String) -> String {
    let digits = String(plan.trials.count).count
    let number = String(repeating: "0", count: max(0, digits - String(trial).count)) + String(trial)
    return "\(folder)/trials/\(number)" + (plan.rungs.count > 1 ? "-rung-\(rung + 1)" : "")
  }

  /// `sweep.json`, whose content is returned.
  @discardableResult
  static func save(_ state: SweepState, _ plan: SweepPlan) throws -> JSON {
    let trials = plan.trials.map { trial -> JSON in
      let values = zip(plan.axes, trial.values).map { JSONObject.Entry(key: $0.name, value: .string($1)) }
      return [
        "trial": .integer(trial.number), "values": .object(JSONObject(entries: values)),
        "command": .string(command(trial)),
      ]
    }
    let rungs = plan.rungs.map { rung -> JSON in
      ["trials": .integer(rung.trials), "steps": rung.steps.map { .integer($0) } ?? .null]
    }
    var best = JSON.null
    if let outcome = SweepRanking(state).best {
      var object = outcome.json
      object["command"] = .string(command(plan.trials[outcome.trial - 1]))
      object["run"] = .string(runFolder(trial: outcome.trial, rung: outcome.rung, of: plan, in: state.folder))
      best = .object(object)
    }
    let json = state.json(["trials": .array(trials), "rungs": .array(rungs), "best": best])
    try AtomicFile.write(json.text(.pretty) + "\n", to: "\(state.folder)/\(SweepState.fileName)")
    return json
  }

  /// `results.jsonl`, `table.md` and, where there is anything to draw, `chart.svg`.
  static func writeResults(_ state: SweepState, _ plan: SweepPlan, chart: SweepChart?) throws {
    let lines = state.outcomes.map { outcome -> String in
      var object: JSONObject = outcome.json
      for (axis, value) in zip(plan.axes, plan.trials[outcome.trial - 1].values) {
        object["option_\(axis.name)"] = .string(value)
      }
      return JSON.object(object).text() + "\n"
    }
    try AtomicFile.write(lines.joined(), to: "\(state.folder)/results.jsonl")
    try AtomicFile.write(SweepTable(plan, state).markdown, to: "\(state.folder)/table.md")
    if let chart { try AtomicFile.write(chart.svg, to: "\(state.folder)/chart.svg") }
  }

  /// The command that trains as a trial did.
  static func command(_ trial: SweepPlan.Trial) -> String { ShellWords.joined(["tune", "train"] + trial.options) }
}
