/// `XYChart` as lines of text.
extension XYChart {
  /// The chart for a terminal: axes, a mark a point, dots between neighbours, and a legend where there are several
  /// series.
  ///
  /// - Parameters:
  ///   - width: columns, at least 30.
  ///   - height: rows of the plot.
  ///   - plainText: ASCII alone, for simple terminals.
  public func lines(width: Int, height: Int = 12, plainText: Bool = false) -> [String] {
    let width = max(30, width), height = max(3, height)
    let yScale = self.yScale(count: min(5, height / 2)), xScale = self.xScale
    let labelWidth = yScale.ticks.map { yScale.label($0).count }.max() ?? 0
    var grid = TextGrid(columns: width - labelWidth - 3, rows: height)
    // The outermost points stand two columns inside, where their labels have room.
    func column(_ x: Double) -> Int { 2 + Int((xScale.position(x) * Double(grid.columns - 6)).rounded()) }
    func row(_ y: Double) -> Int { Int(((1 - yScale.position(y)) * Double(height - 1)).rounded()) }
    let marks = Array(plainText ? "ox+#@%&=" : "●■▲◆○□△◇"), best: Character = plainText ? "*" : "★"
    let dot: Character = plainText ? "." : "·"
    func mark(_ index: Int) -> Character { series[index].style == .reference ? dot : marks[index % marks.count] }
    if joinsPoints {
      for (index, series) in series.enumerated() {
        for stretch in stretches(series) {
          for (a, b) in zip(stretch, stretch.dropFirst()) {
            grid.join(
              (column(a.x), row(a.y)), (column(b.x), row(b.y)), with: series.style == .line ? mark(index) : dot)
          }
        }
      }
    }
    for (index, series) in series.enumerated() {
      for point in drawn(series) { grid[column(point.x), row(point.y)] = mark(index) }
    }
    for point in series.flatMap({ drawn($0) }) where point.isMarked { grid[column(point.x), row(point.y)] = best }
    let labels = Dictionary(yScale.ticks.map { (row($0), yScale.label($0)) }) { first, _ in first }
    var lines = [title, ""].map { ChartText.cell($0, columns: min($0.count, width), plainText: plainText) }
    for row in 0..<height {
      let label = labels[row] ?? ""
      let rule = plainText ? (label.isEmpty ? "|" : "+") : (label.isEmpty ? "│" : "┤")
      lines.append(
        trimmed("\(String(repeating: " ", count: labelWidth - label.count))\(label) \(rule)\(grid.text(row))"))
    }
    let indent = String(repeating: " ", count: labelWidth + 1)
    let rule = String(repeating: plainText ? "-" : "─", count: grid.columns)
    lines.append("\(indent)\(plainText ? "+" : "└")\(rule)")
    lines.append(trimmed("\(indent) \(axisLabels(xScale, columns: grid.columns, column))"))
    lines.append(
      "\(indent)   \(ChartText.cell(xLabel, columns: min(xLabel.count, grid.columns), plainText: plainText))")
    if series.count > 1 {
      lines += series.enumerated().map { index, series in
        "\(indent)   \(mark(index)) "
          + ChartText.cell(series.name, columns: min(series.name.count, grid.columns - 4), plainText: plainText)
      }
    }
    return lines
  }

  /// The values of x below their places; those that would touch are left out.
  private func axisLabels(_ scale: ChartScale, columns: Int, _ column: (Double) -> Int) -> String {
    var text = ""
    for tick in scale.ticks {
      let label = scale.label(tick)
      let start = max(0, min(column(tick) - label.count / 2, columns - label.count))
      guard start > text.count || text.isEmpty else { continue }
      text += String(repeating: " ", count: start - text.count) + label
    }
    return text
  }

  private func trimmed(_ text: String) -> String { String(text.reversed().drop { $0 == " " }.reversed()) }
}

/// Characters in rows and columns.
private struct TextGrid {
  let columns: Int
  private var cells: [[Character]]

  init(columns: Int, rows: Int) {
    self.columns = columns
    cells = [[Character]](repeating: [Character](repeating: " ", count: columns), count: rows)
  }

  subscript(column: Int, row: Int) -> Character {
    get { cells[row][column] }
    set { cells[row][column] = newValue }
  }

  func text(_ row: Int) -> String { String(cells[row]) }

  /// Fills the cells between two places.
  mutating func join(_ a: (column: Int, row: Int), _ b: (column: Int, row: Int), with dot: Character) {
    let steps = max(abs(b.column - a.column), abs(b.row - a.row))
    guard steps > 1 else { return }
    for step in 1..<steps {
      let share = Double(step) / Double(steps)
      let column = Double(a.column) + share * Double(b.column - a.column)
      let row = Double(a.row) + share * Double(b.row - a.row)
      self[Int(column.rounded()), Int(row.rounded())] = dot
    }
  }
}
