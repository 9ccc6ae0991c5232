/// What a chart draws, in pixels from the upper left corner: written as SVG or as PNG.
public struct ChartPicture: Sendable {
  enum Anchor: String { case start, middle, end }

  /// What an element is for, which decides its colour.
  enum Style: Equatable {
    case grid, axis, whisker, ink, strong, muted, title
    /// A line to compare with, dashed.
    case reference
    case series(Int)
    /// The background of a table's cell, from 0 (none) to 1.
    case shade(Double)
  }

  enum Element {
    case line(from: (x: Double, y: Double), to: (x: Double, y: Double), Style)
    case path([(x: Double, y: Double)], Style)
    case rectangle(x: Double, y: Double, width: Double, height: Double, Style, title: String?)
    case mark(x: Double, y: Double, series: Int, title: String?)
    case ring(x: Double, y: Double)
    case text(String, x: Double, y: Double, Anchor, Style)
  }

  static let fontSize = 12.0, titleSize = 15.0

  public let width: Double
  public internal(set) var height = 0.0
  let title: String
  /// The values in words, for screen readers.
  let description: String
  private(set) var elements: [Element] = []

  init(width: Double, title: String, description: String) {
    (self.width, self.title, self.description) = (width, title, description)
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: Style) {
    elements.append(.line(from: (x1, y1), to: (x2, y2), style))
  }

  mutating func path(_ points: [(x: Double, y: Double)], _ style: Style) { elements.append(.path(points, style)) }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: Style, title: String? = nil
  ) {
    elements.append(.rectangle(x: x, y: y, width: width, height: height, style, title: title))
  }

  /// The mark of a series: circle, square, triangle or diamond.
  mutating func mark(_ x: Double, _ y: Double, series: Int, title: String? = nil) {
    elements.append(.mark(x: x, y: y, series: series, title: title))
  }

  mutating func ring(_ x: Double, _ y: Double) { elements.append(.ring(x: x, y: y)) }

  mutating func text(_ text: String, x: Double, y: Double, anchor: Anchor = .start, _ style: Style = .ink) {
    elements.append(.text(text, x: x, y: y, anchor, style))
  }

  /// The title in at most two lines and what the values are; gives the height of the last line.
  mutating func heading(_ subtitle: String) -> Double {
    var y = 14.0
    for line in ChartText.wrapped(title, width: width - 32, size: Self.titleSize * ChartText.boldness, most: 2) {
      y += 18
      text(line, x: 16, y: y, .title)
    }
    y += 20
    text(ChartText.fitted(subtitle, width: width - 32), x: 16, y: y, .muted)
    return y
  }
}

/// The colours of charts.
enum ChartColors {
  /// Those of series: seven that the colour-blind tell apart (after Okabe and Ito, 2008), darker on light pages and
  /// lighter on dark ones. Shapes and dashes tell series apart as well.
  static let light = ["#0072b2", "#c04f00", "#007f5c", "#a63a79", "#7a5a00", "#4b4bb0", "#5b6570"]
  static let dark = ["#56b4e9", "#f0975a", "#2fc79a", "#e79ac4", "#f0d35a", "#a9a9ff", "#b4bcc6"]
  /// Of the page, its ink, what is less important, and grids.
  static let lightPage = (page: "#ffffff", ink: "#1f2328", muted: "#59636e", grid: "#d8dee4")
  static let darkPage = (page: "#0d1117", ink: "#e6edf3", muted: "#9aa4af", grid: "#30363d")
  /// The opacity of the strongest shade: ink on it has a contrast of 5 to 1.
  static let strongestShade = 0.5

  /// The dashes of a series' line: of a stroke and of the gap behind it; nil where it is whole.
  static func dashes(_ style: ChartPicture.Style) -> (stroke: Double, gap: Double)? {
    switch style {
    case .reference: (5, 4)
    case .series(let index) where index >= 2 * light.count: (2, 3)
    case .series(let index) where index >= light.count: (6, 3)
    default: nil
    }
  }
}
