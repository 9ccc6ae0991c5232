/// How often answers are right by how sure the model was: on the diagonal where its probabilities can be trusted.
///
/// - Parameter models: of each the bins that have answers, the mean confidence across and the share that is right up.
public func reliabilityChart(_ models: [(name: String, points: [XYChart.Point])]) -> XYChart {
  var chart = XYChart(
    title: "Reliability", xLabel: "mean confidence", yLabel: "share that is right; dashed: as sure as right")
  (chart.hasPlaces, chart.decimals) = (false, 3)
  chart.series = models.map { .init(name: $0.name, points: $0.points.sorted { $0.x < $1.x }) }
  chart.series.append(
    .init(name: "as sure as right", points: [.init(x: 0, y: 0), .init(x: 1, y: 1)], style: .reference))
  return chart
}

extension Calibration {
  /// The bins that have answers, for a chart.
  public var points: [XYChart.Point] {
    bins.filter { $0.count > 0 }.map { .init(x: $0.confidence, y: $0.accuracy) }
  }
}
