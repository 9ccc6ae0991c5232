import Basics
import Evaluation
import Foundation

/// The picture that suits the axes of a sweep: scores over a number as lines, over names as bars.
enum SweepChart {
  case points(XYChart)
  case bars(BarChart)

  /// The most bars; of more trials the best are shown.
  private static let mostBars = 40

  /// Nil where no trial has a score.
  init?(_ plan: SweepPlan, _ state: SweepState) {
    guard let best = SweepRanking(state).best else { return nil }
    let metric = state.settings.metric
    let outcomes = SweepRanking(state.outcomes, metric: metric).scored
    let varied = plan.axes.indices.filter { axis in
      Set(outcomes.map { plan.trials[$0.trial - 1].values[axis] }).count > 1
    }
    let numeric = varied.filter { axis in
      plan.axes[axis].name != "seed" && outcomes.allSatisfy { Self.number(plan, $0, axis) != nil }
    }
    let x = numeric.max { Self.valueCount(plan, outcomes, $0) < Self.valueCount(plan, outcomes, $1) }
    let isHalved = plan.rungs.count > 1
    guard let x, varied.count <= 2 || isHalved else {
      self = .bars(Self.bars(plan, SweepRanking(state).scored, metric))
      return
    }
    var chart = XYChart(
      title: "\(metric.title) by \(plan.axes[x].name)", xLabel: plan.axes[x].name, yLabel: Self.label(metric))
    let other = isHalved ? nil : varied.first { $0 != x }
    let groups = isHalved ? Self.rungs(plan, outcomes) : Self.groups(plan, outcomes, by: other)
    if let other { chart.title += " and \(plan.axes[other].name)" }
    chart.series = groups.map { group in
      let points = group.outcomes.map { outcome in
        XYChart.Point(
          x: Self.number(plan, outcome, x) ?? .nan, y: outcome[metric.rawValue] ?? .nan, isMarked: outcome == best)
      }
      return XYChart.Series(name: group.name, points: points.sorted { $0.x < $1.x })
    }
    let values = chart.series.flatMap { $0.points.map { $0.x } }
    // A line is drawn where a series has one point a place.
    chart.joinsPoints = chart.series.allSatisfy { Set($0.points.map { $0.x }).count == $0.points.count }
    if case .range(let range) = plan.axes[x].choices {
      (chart.joinsPoints, chart.isLogarithmic) = (false, range.isLogarithmic)
    } else {
      chart.isLogarithmic = ChartScale.isGeometric(values)
    }
    // Trials that diverged would leave no room for the others.
    let losses = chart.series.flatMap { $0.points.map { $0.y } }
    chart.isYLogarithmic = metric.isLowerBetter && (losses.max() ?? 0) > 4 * (losses.min() ?? 0)
    chart.decimals = metric.decimals
    self = .points(chart)
  }

  var svg: String {
    switch self {
    case .points(let chart): chart.svg()
    case .bars(let chart): chart.svg()
    }
  }

  func lines(width: Int, plainText: Bool) -> [String] {
    switch self {
    case .points(let chart): chart.lines(width: width, plainText: plainText)
    case .bars(let chart): chart.lines(width: width, plainText: plainText)
    }
  }

  private static func number(_ plan: SweepPlan, _ outcome: TrialOutcome, _ axis: Int) -> Double? {
    AxisValue(text: plan.trials[outcome.trial - 1].values[axis], options: []).number
  }

  private static func valueCount(_ plan: SweepPlan, _ outcomes: [TrialOutcome], _ axis: Int) -> Int {
    Set(outcomes.map { plan.trials[$0.trial - 1].values[axis] }).count
  }

  private static func bars(_ plan: SweepPlan, _ outcomes: [TrialOutcome], _ metric: SweepMetric) -> BarChart {
    var chart = BarChart(
      title: "\(metric.title) of \(outcomes.count) trial\(outcomes.count == 1 ? "" : "s")", valueLabel: label(metric))
    chart.bars = outcomes.prefix(mostBars).map { outcome in
      BarChart.Bar(label: plan.label(plan.trials[outcome.trial - 1]), value: outcome[metric.rawValue] ?? .nan)
    }
    if outcomes.count > mostBars { chart.title += ", the best \(mostBars)" }
    chart.marked = 0
    chart.decimals = metric.decimals
    return chart
  }

  /// One series a rung: scores after more steps are not those after fewer.
  private static func rungs(_ plan: SweepPlan, _ outcomes: [TrialOutcome]) -> [(name: String, outcomes: [TrialOutcome])]
  {
    plan.rungs.indices.map { rung in
      ("\(grouped(plan.rungs[rung].steps ?? 0)) steps", outcomes.filter { $0.rung == rung })
    }.filter { !$0.1.isEmpty }
  }

  /// One series a value of the second axis; one for all where there is none or its values are drawn.
  private static func groups(
    _ plan: SweepPlan, _ outcomes: [TrialOutcome], by axis: Int?
  ) -> [(name: String, outcomes: [TrialOutcome])] {
    guard let axis, !plan.axes[axis].values.isEmpty else { return [("", outcomes)] }
    let isVariant = plan.axes[axis].name == SweepAxis.variantName
    return plan.axes[axis].values.map { value in
      (
        isVariant ? value.text : "\(plan.axes[axis].name) \(value.text)",
        outcomes.filter { plan.trials[$0.trial - 1].values[axis].isSame(as: value.text) }
      )
    }.filter { !$0.1.isEmpty }
  }

  private static func label(_ metric: SweepMetric) -> String {
    "\(metric.title), \(metric.isLowerBetter ? "lower" : "higher") is better"
  }
}
