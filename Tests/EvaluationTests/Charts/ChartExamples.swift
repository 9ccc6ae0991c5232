import Foundation

@testable import Evaluation

/// Charts of ordinary and of awkward values.
enum ChartExamples {
  static func xy(
    _ title: String, _ series: [(String, [(Double, Double)])], logarithmic: Bool = false, joined: Bool = true,
    best: Int? = nil
  ) -> XYChart {
    var chart = XYChart(title: title, xLabel: "rank", yLabel: "validation loss, lower is better")
    chart.series = series.enumerated().map { index, series in
      XYChart.Series(
        name: series.0,
        points: series.1.enumerated().map { place, point in
          XYChart.Point(x: point.0, y: point.1, isMarked: index == 0 && place == best)
        })
    }
    (chart.isLogarithmic, chart.joinsPoints) = (logarithmic, joined)
    return chart
  }

  static func bars(_ title: String, _ bars: [(String, Double)], best: Int? = 0) -> BarChart {
    var chart = BarChart(title: title, valueLabel: "rougeL, higher is better")
    chart.bars = bars.map { BarChart.Bar(label: $0.0, value: $0.1) }
    chart.marked = best
    return chart
  }

  private static let ranks = [1.0, 2, 4, 8, 16, 32, 64]
  private static let long = "a name as long as people make them when they describe every option of a run in it, twice"

  static var pointCharts: [XYChart] {
    var whiskers = xy(
      "with intervals", [("", zip(ranks, [0.2, 0.3, 0.35, 0.4, 0.41, 0.42, 0.4]).map { ($0, $1) })], best: 5)
    for index in ranks.indices {
      let y = whiskers.series[0].points[index].y
      whiskers.series[0].points[index].interval = y - 0.05...y + 0.04
    }
    let many = (0..<16).map { series in
      ("learning-rate \(series)e-4", ranks.map { ($0, 1 + Double(series) / 10 + 1 / $0) })
    }
    let scatter = (0..<60).map { index -> (Double, Double) in
      let y = Double((index * 29) % 31) / 31
      return (pow(10, Double(index % 37) / 12 - 5), 1 + y)
    }
    var diverged = xy("far apart", [("a", [(1, 0.47), (2, 0.9), (4, 8.7)]), ("b", [(1, 1.2), (2, 0.8)])], best: 0)
    diverged.isYLogarithmic = true
    return [
      diverged,
      xy(
        "validation loss by rank",
        [("", zip(ranks, [0.52, 0.49, 0.47, 0.452, 0.446, 0.4451, 0.449]).map { ($0, $1) })],
        logarithmic: true, best: 5),
      xy(
        "validation loss by rank and learning-rate",
        [
          ("learning-rate 1e-3", ranks.map { ($0, 1.5 - 0.02 * $0) }),
          ("learning-rate 3e-3", ranks.map { ($0, 1.4 - 0.015 * $0) }),
          ("learning-rate 1e-2", ranks.map { ($0, 1.3 + 0.001 * $0) }),
        ], logarithmic: true, best: 6),
      whiskers, xy(long, many, logarithmic: true, best: 0),
      xy("scatter", [("", scatter)], logarithmic: true, joined: false, best: 7),
      xy(long + long, [(long, [(1, 2), (2, 1)]), (long + "2", [(1, 3), (2, 0)])]),
      xy("one value", [("", [(8, 0.445)])], logarithmic: true, best: 0), xy("none", [("", [])]),
      xy("equal values", [("", ranks.map { ($0, 0.5) })], logarithmic: true, best: 0),
      xy("zeros", [("", ranks.map { ($0, 0) })]),
      xy("negative values", [("", ranks.map { ($0 - 30, -$0) })], best: 6),
      xy("gaps", [("a", [(1, 1), (2, .nan), (3, 2), (4, 3), (.nan, 1), (5, .infinity)]), ("b", [(1, .nan)])]),
      xy("huge", [("", [(1, 1e9), (2, -3e12), (3, 4e15)])]),
      xy("tiny", [("", [(1e-9, 1e-12), (2e-9, 3e-12)])], logarithmic: true),
      xy("equal but for rounding", [("", [(1, 0.1 + 0.2), (2, 0.3)])]),
      xy("close together", [("", [(100, 1), (101, 2), (102, 3), (1_000_000, 4), (1_000_100, 2)])]),
      xy("<tag> & \"quotes\" \u{1} 日本語のとても長い題名は幅が広い", [("<&>", [(1, 1)]), ("日本語", [(2, 1)])]),
    ]
  }

  static var barCharts: [BarChart] {
    var whiskers = bars("with intervals", [("base", 0.19), ("tuned", 0.38), ("worse", -0.08)], best: 1)
    for index in whiskers.bars.indices {
      let value = whiskers.bars[index].value
      whiskers.bars[index].interval = value - 0.04...value + 0.05
    }
    return [
      bars(
        "rougeL of 7 trials",
        [
          ("full", 0.401), ("LoRA", 0.398), ("DoRA", 0.397), ("QLoRA", 0.39), ("prefix", 0.31), ("IA3", 0.30),
          ("prompt", 0.22),
        ]), whiskers,
      bars(long, (0..<40).map { ("\(long) \($0)", Double($0) / 40) }, best: 39), bars("one", [("LoRA", 0.4)]),
      bars("equal", [("a", 0.5), ("b", 0.5)]), bars("negative", [("a", -0.5), ("b", -0.1), ("c", 0.3)], best: 2),
      bars("all negative", [("a", -0.5), ("b", -0.1)], best: 1),
      bars("not finite", [("a", .nan), ("b", 1), ("c", -.infinity)], best: 1),
      bars("all not finite", [("a", .nan)], best: nil), bars("zeros", [("a", 0), ("b", 0)]),
      bars("none", [], best: nil),
      bars("huge", [("a", 1e15), ("b", 3e9)]), bars("<&> \u{7}", [("<&>", 1), ("日本語のとても長い名前が付いている棒", 2)]),
    ]
  }
}
