import Basics
import Evaluation

/// What tuning made models forget: a table of each, one of all, and the gate.
struct ForgettingReport {
  /// One tuned model.
  struct Result {
    let name: String
    let probes: [ProbeComparison]
  }

  let results: [Result]

  func show(_ console: Console) {
    for result in results {
      console.line()
      if results.count > 1 { console.answer(result.name) }
      var rows = [["", "items", "base", "tuned", "forgotten", "95 % interval"]]
      for probe in result.probes { rows.append(row(probe)) }
      for line in columns(rows) { console.answer(line) }
    }
    console.line()
    if results.count > 1 {
      for line in columns(comparison) { console.answer(line) }
      console.line()
    }
    console.line("losses in nats a token, answers in their share; ▲ better, ▼ worse beyond chance")
  }

  private func row(_ probe: ProbeComparison) -> [String] {
    let mark = !probe.isSignificant ? " " : probe.forgotten > 0 ? "▼" : "▲"
    let bounds = [probe.interval.lowerBound, probe.interval.upperBound].map { signed($0) }
    return [
      probe.probe.name + (probe.probe.isTrained ? " (trained)" : ""), grouped(probe.items), fixed(probe.base, 3),
      fixed(probe.tuned, 3), probe.probe.isTrained ? "– \(mark)" : "\(signed(probe.forgotten)) \(mark)",
      bounds.joined(separator: " … "),
    ]
  }

  /// One row a model, one column a probe.
  private var comparison: [[String]] {
    guard let first = results.first else { return [] }
    let header = [""] + first.probes.map { $0.probe.name } + ["forgotten at most"]
    let base = ["base"] + first.probes.map { fixed($0.base, 3) } + [""]
    return [header, base]
      + results.map { result in
        [result.name] + result.probes.map { fixed($0.tuned, 3) } + [
          result.probes.worst.map { signed($0.forgotten) } ?? ""
        ]
      }
  }

  private func signed(_ value: Double) -> String { (value < 0 ? "-" : "+") + fixed(abs(value), 3) }

  var json: JSON {
    [
      "tune_version": .string(tuneVersion),
      "runs": .array(
        results.map { result in
          [
            "name": .string(result.name),
            "forgetting": result.probes.worst.map { .number($0.forgotten) } ?? .null,
            "worst_probe": result.probes.worst.map { .string($0.probe.name) } ?? .null,
            "probes": .array(result.probes.map { $0.json }),
          ]
        }),
    ]
  }

  func json(gates: GateCheck) -> JSON {
    var object = json.objectValue ?? JSONObject()
    if let gates = gates.json { object["gates"] = gates }
    return .object(object)
  }

  /// Writes `forgetting.json`.
  func write(to folder: String, console: Console) throws {
    try createFolder(folder)
    try AtomicFile.write(json.text(.pretty) + "\n", to: "\(folder)/forgetting.json")
    console.line("written: \(folder)/forgetting.json")
  }

  // MARK: Gates

  /// - Throws: `TuneError.usage` for a gate of anything but forgetting.
  static func check(_ gates: [ScoreGate]) throws {
    for gate in gates where gate.metric != "forgetting" {
      throw TuneError.usage(
        "\(gate.flag) \"\(gate.text)\": --forgetting measures no \(gate.metric); use \"forgetting <= 0.05\"")
    }
  }

  /// A gate is about the run that forgot most.
  func result(of gate: ScoreGate) throws -> GateResult {
    try gate.result(results.compactMap { $0.probes.worst?.forgotten }.max() ?? 0, base: 0)
  }

  /// All models in Markdown.
  var markdown: String { MarkdownTable.text(comparison) }

  /// - Throws: `TuneError` of kind gate naming the probe of which more is forgotten than the maximum.
  func check(maximum: Double?) throws {
    guard let maximum else { return }
    for result in results {
      guard let worst = result.probes.worst, worst.forgotten > maximum else { continue }
      throw TuneError(
        .gate,
        "gate failed: \(result.name): \(worst.probe.name) became worse by \(fixed(worst.forgotten, 3)), more than "
          + "--max-forgetting \(maximum)")
    }
  }
}
