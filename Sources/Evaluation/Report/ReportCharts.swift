import Basics

/// The pictures of a report, each with a name for its file.
public struct ReportCharts: Sendable {
  public enum Picture: Sendable {
    case curve(XYChart)
    case bars(BarChart)
    case matrix(MatrixChart)

    /// - Parameter width: in pixels; a narrow picture is for telephones.
    public func picture(width: Double) -> ChartPicture {
      switch self {
      case .curve(let chart): chart.picture(width: width, plotHeight: width < 500 ? 220 : 300)
      case .bars(let chart): chart.picture(width: width)
      case .matrix(let chart): chart.picture(width: width)
      }
    }

    public func lines(width: Int, plainText: Bool) -> [String] {
      switch self {
      case .curve(let chart): chart.lines(width: width, plainText: plainText)
      case .bars(let chart): chart.lines(width: width, plainText: plainText)
      case .matrix(let chart): chart.lines(width: width, plainText: plainText)
      }
    }
  }

  /// The names are of ASCII letters, digits and hyphens.
  public let pictures: [(name: String, picture: Picture)]

  public init(_ runs: [ReportRun], sweeps: [ReportSweep] = []) {
    var pictures: [(String, Picture)] = []
    func add(_ name: String, _ picture: Picture?) {
      if let picture { pictures.append((name, picture)) }
    }
    for (index, sweep) in sweeps.enumerated() { add("sweep\(Self.suffix(index, of: sweeps))", sweep.chart) }
    add("loss", Self.loss(runs))
    add("task-loss", Self.taskLoss(runs))
    if runs.count > 1 { add("training-loss", Self.series("loss", "Training loss", "nats a token", decimals: 3, runs)) }
    add("learning-rate", Self.series("learning_rate", "Learning rate", "learning rate", decimals: 6, runs))
    add("gradient-norm", Self.series("grad_norm", "Norm of the gradients", "before clipping", decimals: 3, runs))
    for (metric, chart) in Self.scores(runs) { add("score-\(HTML.anchor(metric))", .bars(chart)) }
    add("forgetting", Self.forgetting(runs))
    add("reliability", Self.reliability(runs))
    for (index, run) in runs.enumerated() {
      for chart in ConfusionTable.all(run) {
        add("confusion-\(chart.side)\(Self.suffix(index, of: runs))", .matrix(chart.chart))
      }
    }
    add("length", Self.lengths(runs))
    self.pictures = pictures
  }

  /// The names are told apart by their place where there are several.
  private static func suffix<Item>(_ index: Int, of items: [Item]) -> String {
    items.count > 1 ? "-\(index + 1)" : ""
  }

  // MARK: Training

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

  /// Training and validation of a run; of several runs the validation alone, where there is any.
  private static func loss(_ runs: [ReportRun]) -> Picture? {
    var chart = XYChart(title: "Loss", xLabel: "step", yLabel: "nats a token")
    chart.hasPlaces = false
    for run in runs where runs.count == 1 {
      let training = thinned(run.series("loss")), validation = thinned(run.series("eval_loss"))
      if !training.isEmpty { chart.series.append(.init(name: "training", points: training, style: .line)) }
      if !validation.isEmpty { chart.series.append(.init(name: "validation", points: validation)) }
    }
    if runs.count > 1 {
      chart.title = "Validation loss"
      chart.series = runs.compactMap { run in
        let points = thinned(run.series("eval_loss"))
        return points.isEmpty ? nil : .init(name: run.name, points: points)
      }
    }
    return chart.series.isEmpty ? nil : .curve(chart)
  }

  private static let mostTasks = 8

  /// The validation loss of each task of a run that was trained on several.
  private static func taskLoss(_ runs: [ReportRun]) -> Picture? {
    guard runs.count == 1, let run = runs.first else { return nil }
    let keys = run.metrics.first { $0["eval_loss"] != nil }?.objectValue?.keys ?? []
    var chart = XYChart(title: "Validation loss of each task", xLabel: "step", yLabel: "nats a token")
    chart.hasPlaces = false
    let tasks = keys.filter { $0.hasPrefix("eval_") && $0.hasSuffix("_loss") && $0 != "eval_loss" }
    chart.series = tasks.prefix(mostTasks).map { key in
      .init(name: String(key.dropFirst(5).dropLast(5)), points: thinned(run.series(key)))
    }
    return chart.series.isEmpty ? nil : .curve(chart)
  }

  private static func series(
    _ key: String, _ title: String, _ label: String, decimals: Int, _ runs: [ReportRun]
  ) -> Picture? {
    var chart = XYChart(title: title, xLabel: "step", yLabel: label)
    (chart.decimals, chart.hasPlaces) = (decimals, false)
    chart.series = runs.compactMap { run in
      let points = thinned(run.series(key))
      return points.isEmpty ? nil : .init(name: run.name, points: points, style: .line)
    }
    return chart.series.isEmpty ? nil : .curve(chart)
  }

  // MARK: Scores

  /// A metric of the name that scores have; nil for one that is not known.
  static func known(_ name: String) -> (any Metric)? {
    var options = MetricOptions()
    options.wordNetFolder = nil
    return try? metric(named: name, options: options)
  }

  /// Whether less of a metric is better.
  static func isError(_ name: String) -> Bool { known(name)?.lowerIsBetter ?? false }

  /// A chart for each metric: the base, and each run.
  private static func scores(_ runs: [ReportRun]) -> [(String, BarChart)] {
    let names = runs.compactMap { $0.scores?["scores"]?.objectValue?.keys }.first ?? []
    return names.map { metric in
      let isError = isError(metric)
      var chart = BarChart(title: metric, valueLabel: "\(isError ? "lower" : "higher") is better; line: 95 % interval")
      chart.decimals = ReportPage.decimals(metric) == 2 ? 2 : 3
      let entries = runs.compactMap { run in run.scores?["scores"]?[metric].map { (run.name, $0) } }
      if let base = entries.first?.1["base"]?.doubleValue { chart.bars.append(.init(label: "base", value: base)) }
      for (name, entry) in entries {
        guard let tuned = entry["tuned"]?.doubleValue, let base = entry["base"]?.doubleValue else { continue }
        let interval = interval(entry).map { base + $0.lowerBound...base + $0.upperBound }
        chart.bars.append(.init(label: name, value: tuned, interval: interval))
      }
      let values = chart.bars.map { $0.value }
      chart.marked = (isError ? values.min() : values.max()).flatMap { values.firstIndex(of: $0) }
      return (metric, chart)
    }
  }

  /// The member "interval" of two ascending numbers.
  static func interval(_ entry: JSON) -> ClosedRange<Double>? {
    let ends = entry["interval"]?.arrayValue?.compactMap { $0.doubleValue } ?? []
    return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
  }

  private static func forgetting(_ runs: [ReportRun]) -> Picture? {
    var chart = BarChart(title: "Forgotten", valueLabel: "worse than the base: nats a token, or share of answers")
    for run in runs {
      for probe in run.forgetting?["runs"]?.arrayValue?.first?["probes"]?.arrayValue ?? [] {
        guard probe["trained"]?.boolValue == false, let value = probe["forgotten"]?.doubleValue,
          let name = probe["probe"]?.stringValue
        else { continue }
        chart.bars.append(
          .init(label: runs.count > 1 ? "\(run.name): \(name)" : name, value: value, interval: interval(probe)))
      }
    }
    return chart.bars.isEmpty ? nil : .bars(chart)
  }

  private static func reliability(_ runs: [ReportRun]) -> Picture? {
    var models: [(name: String, points: [XYChart.Point])] = []
    for run in runs {
      for side in ["base", "tuned"] where side == "tuned" || models.isEmpty {
        let bins = run.views?[side]?["calibration"]?["bins"]?.arrayValue ?? []
        let points = bins.compactMap { bin -> XYChart.Point? in
          guard bin["count"]?.intValue != 0, let x = bin["confidence"]?.doubleValue,
            let y = bin["accuracy"]?.doubleValue
          else { return nil }
          return XYChart.Point(x: x, y: y)
        }
        if !points.isEmpty { models.append((side == "base" ? "base" : run.name, points)) }
      }
    }
    return models.isEmpty ? nil : .curve(reliabilityChart(models))
  }

  // MARK: Answers

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
    (chart.decimals, chart.hasPlaces) = (0, false)
    for ((name, _), histogram) in zip(lists, Histogram.shared(lists.map { $0.1 })) {
      chart.series.append(.init(name: name, points: histogram.outline, style: .line))
    }
    return .curve(chart)
  }
}
