import Basics

/// The trials of a sweep, best first, with the columns that tell them apart.
struct SweepTable {
  let header: [String]
  let rows: [[String]]
  /// Columns of numbers, which are set to the right.
  let isNumeric: [Bool]
  /// Below the table: why trials failed or were left out.
  let notes: [String]

  init(_ plan: SweepPlan, _ state: SweepState) {
    let ranking = SweepRanking(state)
    let columns = Self.columns(plan, state, ranking)
    header = columns.map { $0.title }
    rows = ranking.all.map { outcome in columns.map { $0.cell(outcome) } }
    isNumeric = columns.map { $0.isNumeric }
    notes = ranking.others.map { outcome in
      "trial \(outcome.trial), \(plan.label(plan.trials[outcome.trial - 1])): "
        + (outcome.reason.map { "\(outcome.status.rawValue): \($0)" } ?? "has no finite \(state.settings.metric.title)")
    }
  }

  private struct Column {
    let title: String
    var isNumeric = true
    let cell: (TrialOutcome) -> String
  }

  private static func columns(_ plan: SweepPlan, _ state: SweepState, _ ranking: SweepRanking) -> [Column] {
    let best = ranking.best, outcomes = ranking.all
    var columns = [Column(title: "", isNumeric: false) { $0 == best ? "★" : "" }]
    for (place, axis) in plan.axes.enumerated() where Set(plan.trials.map { $0.values[place] }).count > 1 {
      let values = plan.trials.map { $0.values[place] }
      columns.append(
        Column(title: axis.name, isNumeric: values.allSatisfy { Double($0) != nil }) { values[$0.trial - 1] })
    }
    func column(_ title: String, _ key: String, _ text: @escaping (Double) -> String) -> Column {
      // Beyond 10¹⁵ no count is one.
      Column(title: title) { $0[key].map { abs($0) < 1e15 ? text($0) : "–" } ?? "–" }
    }
    if plan.rungs.count > 1 { columns.append(column("steps", "steps") { grouped(Int($0)) }) }
    columns += [
      column("trainable", "trainable_parameters") { grouped(Int($0)) },
      column("saved", "adapter_bytes") { byteText(Int($0)) },
      column("memory", "peak_memory_bytes") { byteText(Int($0)) },
      column("time", "seconds") { $0 < 9.95 ? "\(fixed($0, 1)) s" : duration($0) },
      column("tokens/s", "tokens_per_second") { grouped(Int($0)) },
      column("loss before", "first_eval_loss") { fixed($0, 3) }, column("after", "eval_loss") { fixed($0, 4) },
    ]
    let scores: [SweepMetric] = [.rouge1, .rouge2, .rougeL, .bleu, .accuracy, .macroF1]
    let shown = scores.filter { metric in outcomes.contains { $0[metric.rawValue] != nil } }
    let rest = state.settings.metric == .rougeLsum ? [SweepMetric.rougeLsum] : []
    columns += (shown + rest).map { metric in column(metric.rawValue, metric.rawValue) { fixed($0, metric.decimals) } }
    columns.append(column("forgotten", SweepMetric.forgetting.rawValue) { ($0 < 0 ? "" : "+") + fixed($0, 3) })
    if outcomes.contains(where: { $0.status != .complete }) {
      columns.append(Column(title: "outcome", isNumeric: false) { $0.status == .complete ? "" : $0.status.rawValue })
    }
    // A column in which nothing stands is left out.
    return columns.enumerated().filter { index, column in
      index == 0 || outcomes.contains { !["–", ""].contains(column.cell($0)) }
    }.map { $0.element }
  }

  /// Aligned lines for a terminal.
  func lines(plainText: Bool = false) -> [String] {
    let all = ([header] + rows).map { cells in cells.map { plainText ? $0.replacing("★", with: "*") : $0 } }
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { cells in
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return isNumeric[column] ? space + cells[column] : cells[column] + space
      }
      let line = padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  var markdown: String {
    let table = MarkdownTable.text([header] + rows, isNumeric: isNumeric)
    let list = notes.map { "\n- \(MarkdownTable.escaped($0))" }.joined()
    return table + (list.isEmpty ? "" : "\n" + list) + "\n"
  }
}
