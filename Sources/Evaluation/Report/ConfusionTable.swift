import Basics

/// Which labels a model takes for which, as `eval/scores.json` or `eval/errors.json` tells it.
struct ConfusionTable {
  /// "base" or "tuned".
  let side: String
  let labels: [String]
  /// A row for each expected label; the last column counts answers that are no label, where there are any.
  let counts: [[Int]]
  let columns: [String]
  let title: String

  /// More labels make no picture.
  static let mostLabels = 40

  /// The tables of a run: of the base and of the tuned model.
  static func all(_ run: ReportRun) -> [ConfusionTable] {
    let found = run.scores?["classification"], other = run.errors?["confusion"]
    let labels = (found ?? other)?["labels"]?.arrayValue?.compactMap { $0.stringValue } ?? []
    guard (1...mostLabels).contains(labels.count) else { return [] }
    return ["base", "tuned"].compactMap { side in
      let rows = found == nil ? other?[side] : found?[side]?["confusion_matrix"]
      let others = found?[side]?["other"]?.arrayValue?.map { $0.intValue ?? 0 } ?? []
      return ConfusionTable(
        side, labels, rows?.arrayValue ?? [], others,
        title: "Labels of \(side == "base" ? "the base" : run.name)")
    }
  }

  /// Nil where the rows are not as many as the labels, or ragged.
  private init?(_ side: String, _ labels: [String], _ rows: [JSON], _ others: [Int], title: String) {
    let counts = rows.map { row in (row.arrayValue ?? []).map { $0.intValue ?? 0 } }
    guard counts.count == labels.count, let width = counts.first?.count, width >= labels.count,
      width <= labels.count + 1, counts.allSatisfy({ $0.count == width })
    else { return nil }
    let hasOthers = others.count == labels.count && others.contains { $0 > 0 } && width == labels.count
    (self.side, self.labels, self.title) = (side, labels, title)
    self.counts = hasOthers ? zip(counts, others).map { $0 + [$1] } : counts
    columns = labels + (hasOthers || width > labels.count ? ["other"] : [])
  }

  var chart: MatrixChart {
    MatrixChart(
      title: title, legend: "rows: expected, columns: predicted", rowLabels: labels, columnLabels: columns,
      counts: counts)
  }

  /// A table whose cells are as dark as their share of the row.
  var html: String {
    HTML.table(
      ["expected ↓ predicted →"] + columns,
      zip(labels, counts).map { label, row in
        [HTML.Cell(label)]
          + row.map { HTML.Cell("\($0)", isNumber: true, shade: MatrixChart.share($0, of: row)) }
      }, caption: title)
  }
}
