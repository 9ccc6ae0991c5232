import Basics

/// Counts in rows and columns, each cell as dark as its share of the row: which label is taken for which.
public struct MatrixChart: Sendable {
  public var title: String
  /// What rows and columns are.
  public var legend: String
  public var rowLabels: [String]
  public var columnLabels: [String]
  /// A row of counts for each row's label.
  public var counts: [[Int]]

  public init(title: String, legend: String, rowLabels: [String], columnLabels: [String], counts: [[Int]]) {
    (self.title, self.legend) = (title, legend)
    (self.rowLabels, self.columnLabels, self.counts) = (rowLabels, columnLabels, counts)
  }

  /// A cell's part of its row, 0 where the row is empty.
  static func share(_ count: Int, of row: [Int]) -> Double {
    let sum = row.reduce(0) { $0 + max(0, $1) }
    return sum > 0 ? Double(max(0, count)) / Double(sum) : 0
  }

  // MARK: Picture

  public func svg(width: Double = 720) -> String { picture(width: width).svg() }

  /// - Parameter width: in pixels, at least 320; cells are as wide as fits, and at least 24 pixels.
  public func picture(width: Double = 720) -> ChartPicture {
    let columns = Double(max(1, columnLabels.count)), rowHeight = 28.0
    let wanted = max(320, width), size = ChartPicture.fontSize
    let labels = rowLabels.map { ChartText.fitted($0, width: wanted * 0.3, inMiddle: true) }
    let left = 16 + (labels.map { ChartText.width($0) }.max() ?? 0) + 12
    let cell = min(96, max(24, (wanted - left - 16) / columns))
    var canvas = ChartPicture(width: max(wanted, left + cell * columns + 16), title: title, description: spoken)
    let y = canvas.heading(legend), top = y + 30
    for (column, label) in columnLabels.enumerated() {
      canvas.text(
        ChartText.fitted(label, width: cell - 4), x: left + (Double(column) + 0.5) * cell, y: top - 8, anchor: .middle,
        .muted)
    }
    for (row, values) in counts.enumerated() {
      let middle = top + (Double(row) + 0.5) * rowHeight
      canvas.text(labels[row], x: left - 10, y: middle + 4, anchor: .end)
      for (column, count) in values.enumerated() {
        let x = left + Double(column) * cell
        canvas.rectangle(
          x: x, y: middle - rowHeight / 2, width: cell - 2, height: rowHeight - 2,
          .shade(Self.share(count, of: values)), title: "\(rowLabels[row]), \(columnLabels[column]): \(count)")
        let text = ChartText.fitted("\(count)", width: cell - 2, size: size)
        canvas.text(text, x: x + cell / 2 - 1, y: middle + 3, anchor: .middle, count == 0 ? .muted : .ink)
      }
    }
    canvas.height = top + rowHeight * Double(max(1, counts.count)) + 16
    return canvas
  }

  private var spoken: String {
    let rows = zip(rowLabels, counts).map { label, values in
      "\(label): " + zip(columnLabels, values).map { "\($0) \($1)" }.joined(separator: ", ")
    }
    return "\(legend). \(rows.joined(separator: "; "))."
  }

  // MARK: Terminal

  /// The counts as columns; those that do not fit are left out.
  public func lines(width: Int, plainText: Bool = false) -> [String] {
    let width = max(30, width)
    let labelWidth = min(rowLabels.map { $0.count }.max() ?? 0, width / 3)
    let longest = (counts.joined().map { "\($0)".count } + columnLabels.map { min($0.count, 8) }).max() ?? 1
    let shown = min(columnLabels.count, (width - labelWidth) / (longest + 2))
    func cell(_ text: String) -> String {
      let text = ChartText.cell(text, columns: min(longest, text.count), plainText: plainText)
      return String(repeating: " ", count: longest + 2 - text.count) + text
    }
    let isCut = shown < columnLabels.count
    let heading = title + (isCut ? " (\(shown) of \(columnLabels.count) columns)" : "")
    let head = String(repeating: " ", count: labelWidth) + columnLabels.prefix(shown).map { cell($0) }.joined()
    return [ChartText.cell(heading, columns: min(width, heading.count), plainText: plainText), head]
      + zip(rowLabels, counts).map { label, values in
        ChartText.cell(label, columns: labelWidth, plainText: plainText)
          + values.prefix(shown).map { cell("\($0)") }.joined()
      }
  }
}
