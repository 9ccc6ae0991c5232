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
    public var style: Style

    public enum Style: Sendable {
      /// A mark at each point, where there are not too many.
      case marks
      /// The line alone, as outlines of counts need it.
      case line
      /// A thin dashed line to compare the others with.
      case reference
    }

    public init(name: String, points: [Point], style: Style = .marks) {
      (self.name, self.points, self.style) = (name, points, style)
    }

    /// More marks on a line would touch each other.
    private static let mostMarks = 40

    func showsMarks(joined: Bool) -> Bool { style == .marks && (!joined || points.count <= Self.mostMarks) }
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
  /// Whether the x are chosen places, such as the values of an option, that get a tick each where they are few.
  public var hasPlaces = true
  /// Of values that are written.
  public var decimals = 3

  public init(title: String, xLabel: String, yLabel: String) {
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
  }

  /// The points that can be drawn.
  func drawn(_ series: Series) -> [Point] { series.points.filter { $0.x.isFinite && $0.y.isFinite } }

  var xScale: ChartScale {
    let values = series.flatMap { drawn($0).map { $0.x } }
    return hasPlaces ? .places(values, isLogarithmic: isLogarithmic) : .nice(values, count: 8)
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

  /// The values in words; of a long line where it begins, ends, and is lowest and highest.
  var spoken: String {
    func said(_ point: Point) -> String {
      "\(ChartNumber.short(point.x)): \(ChartNumber.fixed(point.y, decimals))"
    }
    let parts = series.filter { $0.style != .reference }.map { series -> String in
      let name = series.name.isEmpty ? "" : "\(series.name): ", points = drawn(series)
      guard series.points.count > Self.mostSpoken, let first = points.first, let last = points.last,
        let lowest = points.min(by: { $0.y < $1.y }), let highest = points.max(by: { $0.y < $1.y })
      else { return name + series.points.map { said($0) }.joined(separator: ", ") }
      return "\(name)from \(said(first)) to \(said(last)), lowest \(said(lowest)), highest \(said(highest))"
    }
    return "\(yLabel) by \(xLabel). \(parts.joined(separator: "; "))."
  }

  private static let mostSpoken = 20
}
