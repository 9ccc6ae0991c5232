/// Counts of numbers in bins of equal width.
public struct Histogram: Sendable, Equatable {
  public let edges: [Double]
  public let counts: [Int]

  /// - Parameter bins: about so many, of a width that reads well.
  public init(_ values: [Double], bins: Int = 20) {
    let finite = values.filter { $0.isFinite }
    let scale = ChartScale.nice(finite.isEmpty ? [0, 1] : finite + [0], count: bins)
    let ticks = scale.ticks
    var counts = [Int](repeating: 0, count: max(1, ticks.count - 1))
    let width = (ticks.last ?? 1) - (ticks.first ?? 0)
    for value in finite {
      let place = (value - (ticks.first ?? 0)) / width * Double(counts.count)
      counts[min(counts.count - 1, max(0, Int(place)))] += 1
    }
    edges = ticks
    self.counts = counts
  }

  /// The histograms of several lists over the same bins.
  static func shared(_ lists: [[Double]], bins: Int = 16) -> [Histogram] {
    let all = Histogram(lists.flatMap { $0 }, bins: bins)
    return lists.map { Histogram($0, edges: all.edges) }
  }

  /// The counts as steps over their bins, from zero to zero.
  var outline: [XYChart.Point] {
    guard let first = edges.first, let last = edges.last else { return [] }
    let steps = zip(zip(edges, edges.dropFirst()), counts).flatMap { edges, count in
      [XYChart.Point(x: edges.0, y: Double(count)), XYChart.Point(x: edges.1, y: Double(count))]
    }
    return [.init(x: first, y: 0)] + steps + [.init(x: last, y: 0)]
  }

  private init(_ values: [Double], edges: [Double]) {
    var counts = [Int](repeating: 0, count: max(1, edges.count - 1))
    for value in values where value.isFinite {
      let place = edges.lastIndex { $0 <= value } ?? 0
      counts[min(counts.count - 1, place)] += 1
    }
    self.edges = edges
    self.counts = counts
  }
}
