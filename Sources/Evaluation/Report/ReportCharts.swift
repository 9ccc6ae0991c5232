import Basics

/// The pictures of a report, each with a name for its file.
public struct ReportCharts: Sendable {
  public enum Picture: Sendable {
    case curve(XYChart)
    case bars(BarChart)

    public func svg(width: Double) -> String {
      switch self {
      case .curve(let chart): chart.svg(width: width)
      case .bars(let chart): chart.svg(width: width)
      }
    }

    public func lines(width: Int, plainText: Bool) -> [String] {
      switch self {
      case .curve(let chart): chart.lines(width: width, plainText: plainText)
      case .bars(let chart): chart.lines(width: width, plainText: plainText)
      }
    }
  }

  public let pictures: [(name: String, picture: Picture)]

  public init(_ runs: [ReportRun]) {
    var pictures: [(String, Picture)] = []
    func add(_ name: String, _ picture: Picture?) {
      if let picture { pictures.append((name, picture)) }
    }
    add("loss", Self.loss(runs))
    add("learning-rate", Self.learningRate(runs))
    for (metric, chart) in Self.scores(runs) { add("score-\(metric)", .bars(chart)) }
    add("forgetting", Self.forgetting(runs))
    add("length", Self.lengths(runs))
    self.pictures = pictures
  }

  /// A run with more steps is drawn with so many points: means of neighbours.
  private static let mostPoints = 200

  private static func thinned(_ points: [(step: Double, value: Double)]) -> [XYChart.Point] {
    let size = max(1, (points.count + mostPoints - 1) / mostPoints)
    return stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(points.count, start + size)]
      return XYChart.Point(
        x: part[part.endIndex - 1].step, y: part.reduce(0) { $0 + $1.value } / Double(part.count))
    }
  }

  private static func loss(_ runs: [ReportRun]) -> Picture? {
    var chart = XYChart(title: "Loss", xLabel: "step", yLabel: "nats a token")
    for run in runs {
      let prefix = runs.count > 1 ? "\(run.name) " : ""
      let training = thinned(run.series("loss")), validation = thinned(run.series("eval_loss"))
      if !training.isEmpty { chart.series.append(.init(name: "\(prefix)training", points: training)) }
      if !validation.isEmpty { chart.series.append(.init(name: "\(prefix)validation", points: validation)) }
    }
    return chart.series.isEmpty ? nil : .curve(chart)
  }

  private static func learningRate(_ runs: [ReportRun]) -> Picture? {
    var chart = XYChart(title: "Learning rate", xLabel: "step", yLabel: "learning rate")
    chart.decimals = 6
    chart.series = runs.compactMap { run in
      let points = thinned(run.series("learning_rate"))
      return points.isEmpty ? nil : .init(name: run.name, points: points)
    }
    return chart.series.isEmpty ? nil : .curve(chart)
  }

  /// A chart for each metric: the base, and each run.
  private static func scores(_ runs: [ReportRun]) -> [(String, BarChart)] {
    let names = runs.compactMap { $0.scores?["scores"]?.objectValue?.keys }.first ?? []
    return names.map { metric in
      var chart = BarChart(title: metric, valueLabel: "higher is better; whiskers: 95 % interval of the difference")
      let entries = runs.compactMap { run in run.scores?["scores"]?[metric].map { (run.name, $0) } }
      if let base = entries.first?.1["base"]?.doubleValue { chart.bars.append(.init(label: "base", value: base)) }
      for (name, entry) in entries {
        guard let tuned = entry["tuned"]?.doubleValue, let base = entry["base"]?.doubleValue else { continue }
        let ends = entry["interval"]?.arrayValue?.compactMap { $0.doubleValue } ?? []
        let interval = ends.count == 2 && ends[0] <= ends[1] ? base + ends[0]...base + ends[1] : nil
        chart.bars.append(.init(label: name, value: tuned, interval: interval))
      }
      let values = chart.bars.map { $0.value }
      chart.marked = values.max().flatMap { values.firstIndex(of: $0) }
      return (metric, chart)
    }
  }

  private static func forgetting(_ runs: [ReportRun]) -> Picture? {
    var chart = BarChart(title: "Forgotten", valueLabel: "worse than the base: nats a token, or share of answers")
    for run in runs {
      for probe in run.forgetting?["runs"]?.arrayValue?.first?["probes"]?.arrayValue ?? [] {
        guard probe["trained"]?.boolValue == false, let value = probe["forgotten"]?.doubleValue,
          let name = probe["probe"]?.stringValue
        else { continue }
        let ends = probe["interval"]?.arrayValue?.compactMap { $0.doubleValue } ?? []
        chart.bars.append(
          .init(
            label: runs.count > 1 ? "\(run.name): \(name)" : name, value: value,
            interval: ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil))
      }
    }
    return chart.bars.isEmpty ? nil : .bars(chart)
  }

  /// How long references and answers are, in words.
  private static func lengths(_ runs: [ReportRun]) -> Picture? {
    guard let first = runs.first(where: { !$0.predictions.isEmpty }) else { return nil }
    func words(_ text: String?) -> Double {
      Double((text ?? "").split(whereSeparator: { $0.isWhitespace }).count)
    }
    var lists: [(String, [Double])] = [
      ("reference", first.predictions.map { words($0["reference"]?.stringValue) }),
      ("base", first.predictions.map { words($0["base"]?["text"]?.stringValue) }),
    ]
    for run in runs where run.predictions.contains(where: { $0["tuned"] != nil }) {
      lists.append((run.name, run.predictions.map { words($0["tuned"]?["text"]?.stringValue) }))
    }
    var chart = XYChart(title: "Length of answers", xLabel: "words", yLabel: "answers")
    chart.decimals = 0
    for ((name, _), histogram) in zip(lists, Histogram.shared(lists.map { $0.1 })) {
      let middles = zip(histogram.edges, histogram.edges.dropFirst()).map { ($0 + $1) / 2 }
      chart.series.append(
        .init(name: name, points: zip(middles, histogram.counts).map { .init(x: $0, y: Double($1)) }))
    }
    return .curve(chart)
  }
}
