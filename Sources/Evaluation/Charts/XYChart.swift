/// Values over a number: lines of one or more series, or points alone.
public struct XYChart: Sendable {
  public struct Point: Sendable {
    public var x: Double
    /// Not finite where there is no value.
    public var y: Double
    /// What the value may as well be, drawn as a whisker.
    public var interval: ClosedRange<Double>?
    /// Whether it is ringed and its value written, as the best one is.
    public var isMarked: Bool

    public init(x: Double, y: Double, interval: ClosedRange<Double>? = nil, isMarked: Bool = false) {
      (self.x, self.y, self.interval, self.isMarked) = (x, y, interval, isMarked)
    }
  }

  public struct Series: Sendable {
    /// In the legend; a single series needs none.
    public var name: String
    /// In ascending order of x.
    public var points: [Point]

    public init(name: String, points: [Point]) { (self.name, self.points) = (name, points) }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var series: [Series] = []
  /// Whether x has a logarithmic axis; only where all x are above 0.
  public var isLogarithmic = false
  /// Whether y has a logarithmic axis, as values far apart need it; only where all y are above 0.
  public var isYLogarithmic = false
  /// Lines between neighbours, or a scatter of points.
  public var joinsPoints = true
  /// Of values that are written.
  public var decimals = 3

  public init(title: String, xLabel: String, yLabel: String) {
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
  }

  /// The points that can be drawn.
  func drawn(_ series: Series) -> [Point] { series.points.filter { $0.x.isFinite && $0.y.isFinite } }

  var xScale: ChartScale {
    .places(series.flatMap { drawn($0).map { $0.x } }, isLogarithmic: isLogarithmic)
  }

  func yScale(count: Int) -> ChartScale {
    let points = series.flatMap { drawn($0) }
    let values =
      points.map { $0.y } + points.flatMap { point in point.interval.map { [$0.lowerBound, $0.upperBound] } ?? [] }
    return isYLogarithmic && values.allSatisfy { $0 > 0 } ? .logarithmic(values) : .nice(values, count: count)
  }

  /// The stretches of a series between points without a value.
  func stretches(_ series: Series) -> [[Point]] {
    series.points.filter { $0.x.isFinite }.split { !$0.y.isFinite }.map { Array($0) }
  }

  /// The values in words.
  var spoken: String {
    let parts = series.map { series in
      let values = series.points.map { "\(ChartNumber.short($0.x)): \(ChartNumber.fixed($0.y, decimals))" }
      return (series.name.isEmpty ? "" : "\(series.name): ") + values.joined(separator: ", ")
    }
    return "\(yLabel) by \(xLabel). \(parts.joined(separator: "; "))."
  }
}
