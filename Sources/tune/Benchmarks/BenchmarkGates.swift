import Basics
import Evaluation

/// What CI insists on of benchmarks: "arc_easy/acc_norm >= base", or "acc_norm" alone where there is one task.
extension BenchmarkReport {
  /// What became of a gate: it is about the tuned model, or about the base where that is alone.
  ///
  /// - Throws: `TuneError.usage` for a score that is not measured.
  func result(of gate: ScoreGate) throws -> GateResult {
    let names = self.names(base)
    guard
      let place = names.firstIndex(where: { $0.full == gate.metric || (names.hasOneTask && $0.metric == gate.metric) })
    else {
      let known = names.map { $0.full }
      let hint = nearest(gate.metric, among: known).map { "did you mean '\($0)'? " } ?? ""
      throw TuneError.usage(
        "\(gate.flag) \"\(gate.text)\": '\(gate.metric)' is not measured; \(hint)Measured: "
          + known.prefix(12).joined(separator: ", "))
    }
    let before = names[place].value
    guard let tuned else { return try gate.result(before, base: nil) }
    return try gate.result(self.names(tuned)[place].value, base: before)
  }

  private func names(_ results: [TaskResult]) -> [MeasuredScore] {
    let tasks = results.flatMap { result in
      result.scores.map { MeasuredScore(task: result.run.task.name, metric: $0.metric, value: $0.value) }
    }
    let groups = groups(results).flatMap { group in
      group.scores.map { MeasuredScore(task: group.name, metric: $0.score.metric, value: $0.score.value) }
    }
    return tasks + groups
  }
}

/// A score of a task or group by its name.
private struct MeasuredScore {
  let task: String
  let metric: String
  let value: Double
  var full: String { "\(task)/\(metric)" }
}

extension [MeasuredScore] {
  fileprivate var hasOneTask: Bool { Set(map { $0.task }).count == 1 }
}
