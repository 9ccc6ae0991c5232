/// `XYChart` as a picture.
extension XYChart {
  /// The chart as an SVG picture.
  public func svg(width: Double = 720, plotHeight: Double = 300) -> String {
    picture(width: width, plotHeight: plotHeight).svg()
  }

  /// - Parameters:
  ///   - width: in pixels, at least 240.
  ///   - plotHeight: of the plot alone; title and legend add to it.
  public func picture(width: Double = 720, plotHeight: Double = 300) -> ChartPicture {
    let width = max(240, width)
    var canvas = ChartPicture(width: width, title: title, description: spoken)
    let yScale = self.yScale(count: max(2, Int(plotHeight / 50))), xScale = self.xScale
    var y = canvas.heading(yLabel + (yScale.isLogarithmic ? " (logarithmic)" : ""))
    y = drawLegend(&canvas, width: width, y: y)
    let labelWidth = yScale.ticks.map { ChartText.width(yScale.label($0)) }.max() ?? 0
    let left = 16 + labelWidth + 8 + 10, top = y + 18
    // The outermost points keep away from the edges, so that marks and labels are not cut.
    let frame = Frame(
      left: left, right: width - 28, top: top, bottom: top + plotHeight, x: xScale, y: yScale)
    drawAxes(&canvas, frame, width: width)
    for index in series.indices { draw(index, &canvas, frame) }
    drawMarked(&canvas, frame, width: width)
    canvas.height = frame.bottom + 48
    return canvas
  }

  /// The plot's rectangle with its scales.
  private struct Frame {
    let left: Double, right: Double, top: Double, bottom: Double
    let x: ChartScale, y: ChartScale

    func place(_ point: Point) -> (x: Double, y: Double) { (across(point.x), up(point.y)) }
    func across(_ value: Double) -> Double { left + x.position(value) * (right - left) }
    func up(_ value: Double) -> Double { bottom - y.position(value) * (bottom - top) }
  }

  /// Rows of marks with names; gives the height of the last one.
  private func drawLegend(_ canvas: inout ChartPicture, width: Double, y start: Double) -> Double {
    guard series.count > 1 else { return start }
    var x = 16.0, y = start + 22
    for (index, series) in series.enumerated() {
      let name = ChartText.fitted(series.name, width: min(220, width - 60), inMiddle: true)
      let needed = 16 + ChartText.width(name) + 18
      if x > 16, x + needed > width - 16 { (x, y) = (16, y + 19) }
      if series.showsMarks(joined: joinsPoints) {
        canvas.mark(x + 6, y - 4, series: index)
      } else {
        canvas.path([(x, y - 4), (x + 12, y - 4)], style(index))
      }
      canvas.text(name, x: x + 16, y: y)
      x += needed
    }
    return y
  }

  private func style(_ index: Int) -> ChartPicture.Style {
    series[index].style == .reference ? .reference : .series(index)
  }

  private func drawAxes(_ canvas: inout ChartPicture, _ frame: Frame, width: Double) {
    for tick in frame.y.ticks {
      let y = frame.up(tick)
      canvas.line(frame.left - 10, y, frame.right + 10, y, .grid)
      canvas.text(frame.y.label(tick), x: frame.left - 18, y: y + 4, anchor: .end, .muted)
    }
    canvas.line(frame.left - 10, frame.bottom, frame.right + 10, frame.bottom, .axis)
    // Labels that would touch their left neighbour are left out; the last one takes the place of its neighbour.
    var labels: [(x: Double, half: Double, text: String)] = []
    for tick in frame.x.ticks {
      let text = frame.x.label(tick), half = ChartText.width(text) / 2 + 3
      let x = min(max(frame.across(tick), half), width - half)
      canvas.line(frame.across(tick), frame.bottom, frame.across(tick), frame.bottom + 4, .axis)
      if tick == frame.x.ticks.last {
        while let last = labels.last, labels.count > 1, last.x + last.half > x - half { labels.removeLast() }
      }
      if let last = labels.last, last.x + last.half > x - half { continue }
      labels.append((x, half, text))
    }
    for label in labels {
      canvas.text(label.text, x: label.x, y: frame.bottom + 19, anchor: .middle, .muted)
    }
    let text = ChartText.fitted(xLabel + (frame.x.isLogarithmic ? " (logarithmic)" : ""), width: width - 32)
    let half = ChartText.width(text) / 2
    let middle = min(max((frame.left + frame.right) / 2, 16 + half), width - 16 - half)
    canvas.text(text, x: middle, y: frame.bottom + 38, anchor: .middle, .muted)
  }

  private func draw(_ index: Int, _ canvas: inout ChartPicture, _ frame: Frame) {
    let series = series[index]
    if joinsPoints {
      for stretch in stretches(series) where stretch.count > 1 {
        canvas.path(stretch.map { frame.place($0) }, style(index))
      }
    }
    guard series.showsMarks(joined: joinsPoints) else { return }
    for point in drawn(series) {
      let (x, y) = frame.place(point)
      if let interval = point.interval {
        canvas.line(x, frame.up(interval.lowerBound), x, frame.up(interval.upperBound), .whisker)
      }
      let name = series.name.isEmpty ? "" : "\(series.name), "
      let title = "\(name)\(xLabel) \(ChartNumber.short(point.x)): \(ChartNumber.fixed(point.y, decimals))"
      canvas.mark(x, y, series: index, title: title)
    }
  }

  private func drawMarked(_ canvas: inout ChartPicture, _ frame: Frame, width: Double) {
    for point in series.flatMap({ drawn($0) }) where point.isMarked {
      let (x, y) = frame.place(point), text = ChartNumber.fixed(point.y, decimals)
      let half = ChartText.width(text, size: ChartPicture.fontSize * ChartText.boldness) / 2
      canvas.ring(x, y)
      let middle = min(max(x, frame.left + half), width - 6 - half)
      let crowds = [y - 18, y + 18].map { height in
        crowd(frame, in: middle - half - 3...middle + half + 3, height - 8...height + 8)
      }
      // Above, unless there is less in the way below or no room above.
      let isBelow = y - 26 < frame.top - 16 || (crowds[1] < crowds[0] && y + 27 < frame.bottom)
      canvas.text(text, x: middle, y: isBelow ? y + 23 : y - 13, anchor: .middle, .strong)
    }
  }

  /// How much of the curves and points is inside a rectangle.
  private func crowd(_ frame: Frame, in x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Int {
    series.reduce(0) { count, series in
      let places = drawn(series).map { frame.place($0) }
      var between: [(x: Double, y: Double)] = []
      for (a, b) in zip(places, places.dropFirst()) where joinsPoints {
        for step in 1..<20 {
          let share = Double(step) / 20
          between.append((a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)))
        }
      }
      return count + (places + between).count { x.contains($0.x) && y.contains($0.y) }
    }
  }
}
