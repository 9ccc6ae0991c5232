/// Values of names as horizontal bars from zero, with intervals where they are known.
public struct BarChart: Sendable {
  public struct Bar: Sendable {
    public var label: String
    /// Not finite where there is no value.
    public var value: Double
    /// What the value may as well be, drawn as a whisker.
    public var interval: ClosedRange<Double>?

    public init(label: String, value: Double, interval: ClosedRange<Double>? = nil) {
      (self.label, self.value, self.interval) = (label, value, interval)
    }
  }

  public var title: String
  public var valueLabel: String
  public var bars: [Bar] = []
  /// The bar that is told apart, as the best one is.
  public var marked: Int?
  /// Of values that are written.
  public var decimals = 3

  public init(title: String, valueLabel: String) { (self.title, self.valueLabel) = (title, valueLabel) }

  func scale(count: Int) -> ChartScale {
    .nice(
      bars.flatMap { bar in [bar.value] + (bar.interval.map { [$0.lowerBound, $0.upperBound] } ?? []) }, count: count,
      includesZero: true)
  }

  /// The value and its interval as text.
  func valueText(_ bar: Bar) -> String {
    let interval = bar.interval.map {
      " (\(ChartNumber.fixed($0.lowerBound, decimals)) to \(ChartNumber.fixed($0.upperBound, decimals)))"
    }
    return ChartNumber.fixed(bar.value, decimals) + (interval ?? "")
  }

  // MARK: Picture

  /// The chart as an SVG picture.
  public func svg(width: Double = 720) -> String { picture(width: width).svg() }

  /// - Parameter width: in pixels, at least 320.
  public func picture(width: Double = 720) -> ChartPicture {
    let width = max(320, width), rowHeight = 26.0
    var canvas = ChartPicture(width: width, title: title, description: spoken)
    let y = canvas.heading(valueLabel)
    let top = y + 14, bottom = top + rowHeight * Double(max(1, bars.count))
    // As wide as the marked bar's, which are bold.
    let size = ChartPicture.fontSize * ChartText.boldness
    let labels = bars.map { ChartText.fitted($0.label, width: width * 0.38, size: size, inMiddle: true) }
    let left = 16 + (labels.map { ChartText.width($0, size: size) }.max() ?? 0) + 12
    func end(_ values: [String]) -> Double {
      width - 16 - (values.map { ChartText.width($0, size: size) }.max() ?? 0) - 12
    }
    var values = bars.indices.map { valueText(bars[$0]) + ($0 == marked ? " ★" : "") }
    // Intervals are written where they leave room for the bars.
    if end(values) - left < 0.4 * width {
      values = bars.indices.map { ChartNumber.fixed(bars[$0].value, decimals) + ($0 == marked ? " ★" : "") }
    }
    let right = max(left + 40, end(values))
    let scale = self.scale(count: max(1, Int((right - left) / 80)))
    func place(_ value: Double) -> Double { left + scale.position(value) * (right - left) }
    drawAxis(&canvas, scale, left: left, top: top, bottom: bottom, place)
    for (index, bar) in bars.enumerated() {
      let middle = top + (Double(index) + 0.5) * rowHeight
      canvas.text(
        labels[index], x: left - 12, y: middle + 4, anchor: .end, index == marked ? .strong : .ink)
      canvas.text(
        values[index], x: right + 12, y: middle + 4, index == marked ? .strong : .ink)
      guard bar.value.isFinite else { continue }
      let ends = [place(0), place(bar.value)].sorted()
      canvas.rectangle(
        x: ends[0], y: middle - 8, width: max(1, ends[1] - ends[0]), height: 16,
        .series(index == marked ? 1 : 0), title: "\(bar.label): \(valueText(bar))")
      if let interval = bar.interval {
        canvas.line(place(interval.lowerBound), middle, place(interval.upperBound), middle, .whisker)
      }
    }
    canvas.line(place(0), top, place(0), bottom, .axis)
    canvas.height = bottom + 34
    return canvas
  }

  private func drawAxis(
    _ canvas: inout ChartPicture, _ scale: ChartScale, left: Double, top: Double, bottom: Double,
    _ place: (Double) -> Double
  ) {
    var end = -Double.infinity
    for tick in scale.ticks {
      let x = place(tick), text = scale.label(tick), half = ChartText.width(text) / 2
      canvas.line(x, top, x, bottom, .grid)
      guard x - half > end + 6 else { continue }
      canvas.text(text, x: max(x, half), y: bottom + 18, anchor: .middle, .muted)
      end = x + half
    }
  }

  private var spoken: String {
    "\(valueLabel). " + bars.map { "\($0.label): \(valueText($0))" }.joined(separator: "; ") + "."
  }

  // MARK: Terminal

  /// The chart as lines of text.
  ///
  /// - Parameters:
  ///   - width: columns, at least 30.
  ///   - plainText: ASCII alone, for simple terminals.
  public func lines(width: Int, plainText: Bool = false) -> [String] {
    let width = max(30, width)
    let longest = min(bars.map { $0.label.count }.max() ?? 0, 8)
    var values = bars.map { valueText($0) }
    // Intervals are written where they leave room for the bars.
    if longest + (values.map { $0.count }.max() ?? 0) + 16 > width {
      values = bars.map { ChartNumber.fixed($0.value, decimals) }
    }
    values = values.enumerated().map { index, text in
      (plainText ? text.replacing("–", with: "-") : text) + (index == marked ? (plainText ? " *" : " ★") : "")
    }
    let valueWidth = values.map { $0.count }.max() ?? 0
    let labelWidth = min(bars.map { $0.label.count }.max() ?? 0, max(8, (width - valueWidth - 4) / 2))
    let room = max(4, width - labelWidth - valueWidth - 4)
    let scale = self.scale(count: 4)
    let zero = Int((scale.position(0) * Double(room)).rounded())
    return [ChartText.cell(title, columns: min(width, title.count), plainText: plainText)]
      + bars.indices.map { index in
        let bar = bars[index]
        let picture =
          bar.value.isFinite
          ? Self.bar(from: zero, to: scale.position(bar.value) * Double(room), room: room, plainText: plainText)
          : String(repeating: " ", count: room)
        return "\(ChartText.cell(bar.label, columns: labelWidth, plainText: plainText))  \(picture)  \(values[index])"
      }
  }

  /// A bar in eighths of a column; one to the left of zero in whole columns.
  private static func bar(from zero: Int, to end: Double, room: Int, plainText: Bool) -> String {
    let full: Character = plainText ? "#" : "█"
    if end < Double(zero) {
      let start = min(zero - 1, max(0, Int(end.rounded())))
      return String(repeating: " ", count: start) + String(repeating: full, count: zero - start)
        + String(repeating: " ", count: room - zero)
    }
    let eighths = Int(((end - Double(zero)) * 8).rounded())
    let whole = plainText ? (eighths + 4) / 8 : eighths / 8, rest = plainText ? 0 : eighths % 8
    var text = String(repeating: " ", count: zero) + String(repeating: full, count: whole)
    if rest > 0 { text.append(Array("▏▎▍▌▋▊▉")[rest - 1]) }
    return ChartText.cell(text, columns: room, plainText: plainText)
  }
}
