import Basics

/// Collects the elements of an SVG picture that reads well on light and on dark pages, and to screen readers.
struct SVGCanvas {
  enum Anchor: String { case start, middle, end }

  static let fontSize = 12.0, titleSize = 15.0
  private var lines: [String] = []

  /// The class of a series: seven colours that the colour-blind tell apart (after Okabe and Ito, 2008), darker on light
  /// pages and lighter on dark ones. Shapes and dashes tell series apart as well.
  static func seriesClass(_ index: Int) -> String { "s\(index % light.count)" }
  static let light = ["#0072b2", "#c04f00", "#007f5c", "#a63a79", "#7a5a00", "#4b4bb0", "#5b6570"]
  static let dark = ["#56b4e9", "#f0975a", "#2fc79a", "#e79ac4", "#f0d35a", "#a9a9ff", "#b4bcc6"]

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, kind: String) {
    lines.append(
      "<line class=\"\(kind)\" x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\"/>")
  }

  mutating func path(_ points: [(x: Double, y: Double)], series: Int) {
    let place = points.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: " L ")
    let dash = series < Self.light.count ? "" : " stroke-dasharray=\"\(series < 2 * Self.light.count ? "6 3" : "2 3")\""
    lines.append("<path class=\"\(Self.seriesClass(series)) curve\" d=\"M \(place)\"\(dash)/>")
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, kind: String, title: String? = nil
  ) {
    let place = "x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
    lines.append(
      "<rect class=\"\(kind)\" \(place)" + (title.map { "><title>\(escaped($0))</title></rect>" } ?? "/>"))
  }

  /// The mark of a series: circle, square, triangle or diamond.
  mutating func mark(_ x: Double, _ y: Double, series: Int, title: String? = nil) {
    let shape =
      switch series % 4 {
      case 0: "M \(number(x - 4)) \(number(y)) a 4 4 0 1 0 8 0 a 4 4 0 1 0 -8 0 Z"
      case 1: "M \(number(x - 3.5)) \(number(y - 3.5)) h 7 v 7 h -7 Z"
      case 2: "M \(number(x)) \(number(y - 4.5)) l 4.5 8 h -9 Z"
      default: "M \(number(x)) \(number(y - 5)) l 5 5 l -5 5 l -5 -5 Z"
      }
    lines.append(
      "<path class=\"\(Self.seriesClass(series)) mark\" d=\"\(shape)\""
        + (title.map { "><title>\(escaped($0))</title></path>" } ?? "/>"))
  }

  mutating func ring(_ x: Double, _ y: Double) {
    lines.append("<circle class=\"ring\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"8\"/>")
  }

  mutating func text(_ text: String, x: Double, y: Double, anchor: Anchor = .start, kind: String = "ink") {
    lines.append(
      "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor.rawValue)\">"
        + "\(escaped(text))</text>")
  }

  /// The whole picture.
  ///
  /// - Parameters:
  ///   - title: what a screen reader says first.
  ///   - description: the values in words.
  func svg(width: Double, height: Double, title: String, description: String) -> String {
    let opening =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(width)) \(number(height))\" "
      + "width=\"\(number(width))\" height=\"\(number(height))\" role=\"img\" font-family=\"system-ui, sans-serif\" "
      + "font-size=\"\(number(Self.fontSize))\">"
    let head = [
      opening, "<title>\(escaped(title))</title>", "<desc>\(escaped(description))</desc>",
      "<style>\(Self.style)</style>",
      "<rect class=\"page\" x=\"0\" y=\"0\" width=\"\(number(width))\" height=\"\(number(height))\"/>",
    ]
    return (head + lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private static let style: String = {
    func colors(_ page: String, _ ink: String, _ muted: String, _ grid: String, _ series: [String]) -> String {
      ".page{fill:\(page)}.ink,.title{fill:\(ink)}.muted{fill:\(muted)}.grid{stroke:\(grid)}.axis,.whisker{stroke:\(muted)}"
        + ".ring{stroke:\(ink)}.mark,.strong{stroke:\(page)}"
        + series.enumerated().map { ".s\($0.offset){color:\($0.element)}" }.joined()
    }
    let shapes =
      ".title{font-size:\(number(titleSize))px;font-weight:600}.strong{font-weight:600;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}.curve{fill:none;stroke:currentColor;stroke-width:2;"
      + "stroke-linejoin:round}.mark{fill:currentColor}.bar{fill:currentColor}.ring{fill:none;stroke-width:1.5}"
    return shapes + colors("#ffffff", "#1f2328", "#59636e", "#d8dee4", light)
      + "@media(prefers-color-scheme:dark){" + colors("#0d1117", "#e6edf3", "#9aa4af", "#30363d", dark) + "}"
  }()
}

/// A coordinate with at most one decimal.
private func number(_ value: Double) -> String {
  let rounded = (value * 10).rounded() / 10
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}

/// A text as XML shows it literally; control characters, which XML forbids, become spaces.
private func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    default:
      result.unicodeScalars.append(scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value) ? " " : scalar)
    }
  }
  return result
}
