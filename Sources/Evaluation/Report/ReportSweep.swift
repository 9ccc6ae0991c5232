/// A sweep as a report shows it: its trials and what became of them.
public struct ReportSweep: Sendable {
  public var name: String
  /// How trials are compared: "validation loss, lower is better".
  public var comparison: String
  /// Scores over what was varied: a rank or learning curve, or bars of ways of tuning; nil where no trial has a score.
  public var chart: ReportCharts.Picture?
  /// The trials, best first.
  public var header: [String]
  public var rows: [[String]]
  public var numericColumns: [Bool]
  /// Why trials failed or were left out.
  public var notes: [String]
  /// The command that trains as the best trial did.
  public var bestCommand: String?

  public init(
    name: String, comparison: String, chart: ReportCharts.Picture?, header: [String], rows: [[String]],
    numericColumns: [Bool], notes: [String], bestCommand: String?
  ) {
    (self.name, self.comparison, self.chart, self.header, self.rows) = (name, comparison, chart, header, rows)
    (self.numericColumns, self.notes, self.bestCommand) = (numericColumns, notes, bestCommand)
  }
}
