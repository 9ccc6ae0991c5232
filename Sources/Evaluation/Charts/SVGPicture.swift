import Basics

/// `ChartPicture` as SVG that reads well on light and on dark pages, and to screen readers.
extension ChartPicture {
  /// The whole picture.
  ///
  /// - Parameter ownStyle: whether the colours are in it; a page with several pictures has them once.
  public func svg(ownStyle: Bool = true) -> String {
    let opening =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(width)) \(number(height))\" "
      + "width=\"\(number(width))\" height=\"\(number(height))\" role=\"img\" class=\"chart\" "
      + "font-family=\"system-ui, sans-serif\" font-size=\"\(number(Self.fontSize))\">"
    let head = [
      opening, "<title>\(Markup.escaped(title))</title>", "<desc>\(Markup.escaped(description))</desc>",
      ownStyle ? "<style>\(Self.style)</style>" : "",
      "<rect class=\"page\" x=\"0\" y=\"0\" width=\"\(number(width))\" height=\"\(number(height))\"/>",
    ]
    return (head.filter { !$0.isEmpty } + elements.map { svg($0) } + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private func svg(_ element: Element) -> String {
    switch element {
    case .line(let from, let to, let style):
      return "<line class=\"\(name(style))\" x1=\"\(number(from.x))\" y1=\"\(number(from.y))\" x2=\"\(number(to.x))\" "
        + "y2=\"\(number(to.y))\"/>"
    case .path(let points, let style):
      let place = points.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: " L ")
      let dashes = ChartColors.dashes(style).map {
        " stroke-dasharray=\"\(number($0.stroke)) \(number($0.gap))\""
      }
      return "<path class=\"\(name(style)) curve\" d=\"M \(place)\"\(dashes ?? "")/>"
    case .rectangle(let x, let y, let width, let height, let style, let title):
      let place = "x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
      let opacity = if case .shade(let share) = style { " fill-opacity=\"\(hundredths(share))\"" } else { "" }
      return "<rect class=\"\(name(style)) bar\" \(place)\(opacity)"
        + (title.map { "><title>\(Markup.escaped($0))</title></rect>" } ?? "/>")
    case .mark(let x, let y, let series, let title):
      return "<path class=\"\(name(.series(series))) mark\" d=\"\(shape(x, y, series: series))\""
        + (title.map { "><title>\(Markup.escaped($0))</title></path>" } ?? "/>")
    case .ring(let x, let y): return "<circle class=\"ring\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"8\"/>"
    case .text(let text, let x, let y, let anchor, let style):
      return "<text class=\"\(name(style))\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor.rawValue)\">"
        + "\(Markup.escaped(text))</text>"
    }
  }

  private func shape(_ x: Double, _ y: Double, series: Int) -> String {
    switch series % 4 {
    case 0: "M \(number(x - 4)) \(number(y)) a 4 4 0 1 0 8 0 a 4 4 0 1 0 -8 0 Z"
    case 1: "M \(number(x - 3.5)) \(number(y - 3.5)) h 7 v 7 h -7 Z"
    case 2: "M \(number(x)) \(number(y - 4.5)) l 4.5 8 h -9 Z"
    default: "M \(number(x)) \(number(y - 5)) l 5 5 l -5 5 l -5 -5 Z"
    }
  }

  /// The class of a style.
  private func name(_ style: Style) -> String {
    switch style {
    case .grid: "grid"
    case .axis: "axis"
    case .whisker: "whisker"
    case .ink: "ink"
    case .strong: "ink strong"
    case .muted: "muted"
    case .title: "title"
    case .reference: "reference"
    case .series(let index): "s\(index % ChartColors.light.count)"
    case .shade: "s0"
    }
  }

  private func hundredths(_ share: Double) -> String {
    ChartNumber.fixed(min(1, max(0, share)) * ChartColors.strongestShade, 3)
  }

  /// The rules for all pictures of a page; every selector names `.chart`.
  static let style: String = {
    func colors(_ page: (page: String, ink: String, muted: String, grid: String), _ series: [String]) -> String {
      let rules = [
        ".page{fill:\(page.page)}", ".ink{fill:\(page.ink)}", ".title{fill:\(page.ink)}", ".muted{fill:\(page.muted)}",
        ".grid{stroke:\(page.grid)}", ".axis{stroke:\(page.muted)}", ".whisker{stroke:\(page.muted)}",
        ".reference{color:\(page.muted)}", ".ring{stroke:\(page.ink)}", ".mark{stroke:\(page.page)}",
        ".strong{stroke:\(page.page)}",
      ]
      return (rules + series.enumerated().map { ".s\($0.offset){color:\($0.element)}" })
        .map { ".chart \($0)" }.joined()
    }
    let shapes = [
      ".title{font-size:\(number(titleSize))px;font-weight:600}",
      ".strong{font-weight:600;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}",
      ".curve{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}", ".reference{stroke-width:1.5}",
      ".mark{fill:currentColor}", ".bar{fill:currentColor}", ".ring{fill:none;stroke-width:1.5}",
    ]
    return shapes.map { ".chart \($0)" }.joined() + colors(ChartColors.lightPage, ChartColors.light)
      + "@media screen and (prefers-color-scheme:dark){" + colors(ChartColors.darkPage, ChartColors.dark) + "}"
  }()
}

/// A coordinate with at most one decimal.
private func number(_ value: Double) -> String {
  let rounded = (value * 10).rounded() / 10
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
