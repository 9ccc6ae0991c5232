import Basics
import Evaluation

/// The scores as a table and as JSON.
struct ScoreReport {
  let rows: [ScoreRow]
  let examples: Int
  /// References of every example; nil where examples differ in it.
  let references: Int?
  let isPaired: Bool

  func show(_ console: Console) {
    let table = isPaired ? pairedTable : table
    for line in columns(table) { console.answer(line) }
    console.line()
    console.line(
      "\(grouped(examples)) example\(examples == 1 ? "" : "s") · "
        + (references.map { "\($0) reference\($0 == 1 ? "" : "s") each" } ?? "differing numbers of references"))
    for row in rows { console.line("\(row.metric.name): \(row.metric.signature(references: references))") }
  }

  private var table: [[String]] {
    let hasIntervals = rows.contains { $0.interval != nil }
    return [["metric", "score"] + (hasIntervals ? ["95 % interval"] : [])]
      + rows.map { row in
        [row.metric.name, text(row.score, row.metric)]
          + (hasIntervals ? [row.interval.map { range($0, row.metric, signed: false) } ?? ""] : [])
      }
  }

  private var pairedTable: [[String]] {
    [["metric", "baseline", "system", "difference", "95 % interval", "better/worse", "p bootstrap", "p randomised"]]
      + rows.map { row in
        let difference = row.score - (row.baseline ?? 0)
        return [
          row.metric.name, text(row.baseline ?? 0, row.metric), text(row.score, row.metric),
          signed(difference, row.metric),
          row.comparison.map { range($0.interval, row.metric, signed: true) } ?? "",
          row.comparison.map { "\($0.wins) / \($0.losses)" } ?? "", row.bootstrap.map { fixed($0, 4) } ?? "",
          row.randomization.map { fixed($0, 4) } ?? "",
        ]
      }
  }

  private func text(_ value: Double, _ metric: any Metric) -> String { fixed(value, metric.maximum > 1 ? 2 : 4) }

  private func signed(_ value: Double, _ metric: any Metric) -> String {
    (value < 0 ? "-" : "+") + text(abs(value), metric)
  }

  private func range(_ range: ClosedRange<Double>, _ metric: any Metric, signed isSigned: Bool) -> String {
    [range.lowerBound, range.upperBound].map { isSigned ? signed($0, metric) : text($0, metric) }
      .joined(separator: " … ")
  }

  /// The same table in Markdown.
  var markdown: String { MarkdownTable.text(isPaired ? pairedTable : table) }

  func json(gates: GateCheck) -> JSON {
    var object: JSONObject = [
      "tune_version": .string(tuneVersion), "examples": .integer(examples),
      "references": references.map { .integer($0) } ?? .null,
      "scores": .object(JSONObject(entries: rows.map { .init(key: $0.metric.name, value: $0.json) })),
    ]
    if let gates = gates.json { object["gates"] = gates }
    return .object(object)
  }
}
