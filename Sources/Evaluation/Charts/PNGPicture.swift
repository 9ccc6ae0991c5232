import Foundation

/// `ChartPicture` as pixels: the colours of a light page, letters as pen strokes.
extension ChartPicture {
  /// A PNG file.
  ///
  /// - Parameter scale: pixels of the file for each of the picture's, 1 to 4.
  public func png(scale: Double = 2) -> [UInt8] {
    let scale = max(1, min(4, scale))
    var canvas = PixelCanvas(
      image: PixelImage(
        width: Int((width * scale).rounded(.up)), height: Int((height * scale).rounded(.up)),
        background: ChartColors.lightPage.page), scale: scale)
    for element in elements { canvas.draw(element) }
    return PNGFile.bytes(width: canvas.image.width, height: canvas.image.height, pixels: canvas.image.bytes)
  }
}

/// Draws the elements of a picture.
private struct PixelCanvas {
  var image: PixelImage
  let scale: Double

  private typealias Point = PixelImage.Point

  mutating func draw(_ element: ChartPicture.Element) {
    switch element {
    case .line(let from, let to, let style):
      image.stroke([[scaled(from), scaled(to)]], radius: 0.5 * scale, color: color(style))
    case .path(let points, let style):
      let line = points.map { scaled($0) }, dashes = ChartColors.dashes(style)
      image.stroke(
        dashes.map { dashed(line, stroke: $0.stroke * scale, gap: $0.gap * scale) } ?? [line],
        radius: (style == .reference ? 0.75 : 1) * scale, color: color(style))
    case .rectangle(let x, let y, let width, let height, let style, _):
      image.fill(
        x: x * scale, y: y * scale, width: width * scale, height: height * scale, color: color(style),
        opacity: opacity(style))
    case .mark(let x, let y, let series, _): draw(x, y, mark: series)
    case .ring(let x, let y):
      let circle = (0...48).map { step -> Point in
        let angle = 2 * Double.pi * Double(step) / 48
        return scaled((x + 8 * cos(angle), y + 8 * sin(angle)))
      }
      image.stroke([circle], radius: 0.75 * scale, color: ChartColors.lightPage.ink)
    case .text(let text, let x, let y, let anchor, let style): draw(text, x, y, anchor, style)
    }
  }

  private mutating func draw(
    _ text: String, _ x: Double, _ y: Double, _ anchor: ChartPicture.Anchor, _ style: ChartPicture.Style
  ) {
    let size = style == .title ? ChartPicture.titleSize : ChartPicture.fontSize
    let font = StrokeFont(text, size: size)
    let left = anchor == .start ? x : anchor == .end ? x - font.width : x - font.width / 2
    let strokes = font.strokes.map { $0.map { scaled((left + $0.x, y + $0.y)) } }
    let isBold = style == .title || style == .strong
    let radius = size * (isBold ? 0.058 : 0.042) * scale
    if style == .strong { image.stroke(strokes, radius: radius + 2 * scale, color: ChartColors.lightPage.page) }
    image.stroke(strokes, radius: radius, color: color(style))
  }

  private mutating func draw(_ x: Double, _ y: Double, mark series: Int) {
    let center = scaled((x, y)), colors = [ChartColors.lightPage.page, color(.series(series))]
    // First what keeps the mark apart from lines below it.
    for (color, margin) in zip(colors, [scale / 2, -scale / 2]) {
      guard series % 4 > 0 else {
        image.stroke([[center]], radius: 4 * scale + margin, color: color)
        continue
      }
      let corners: [Point] =
        switch series % 4 {
        case 1: [(-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)]
        case 2: [(0, -4.5), (4.5, 3.5), (-4.5, 3.5)]
        default: [(0, -5), (5, 0), (0, 5), (-5, 0)]
        }
      image.fill(corners.map { scaled((x + $0.x, y + $0.y)) }, margin: margin, color: color)
    }
  }

  private func scaled(_ point: Point) -> Point { (point.x * scale, point.y * scale) }

  private func color(_ style: ChartPicture.Style) -> String {
    switch style {
    case .grid: ChartColors.lightPage.grid
    case .axis, .whisker, .muted, .reference: ChartColors.lightPage.muted
    case .ink, .strong, .title: ChartColors.lightPage.ink
    case .series(let index): ChartColors.light[index % ChartColors.light.count]
    case .shade: ChartColors.light[0]
    }
  }

  private func opacity(_ style: ChartPicture.Style) -> Double {
    if case .shade(let share) = style { min(1, max(0, share)) * ChartColors.strongestShade } else { 1 }
  }

  /// A line cut into dashes.
  private func dashed(_ line: [Point], stroke: Double, gap: Double) -> [[Point]] {
    var dashes: [[Point]] = [], isDrawn = true, left = stroke, current = line.prefix(1).map { $0 }
    for (start, end) in zip(line, line.dropFirst()) {
      let (dx, dy) = (end.x - start.x, end.y - start.y), length = (dx * dx + dy * dy).squareRoot()
      var done = 0.0
      while length - done > left {
        done += left
        let point = (start.x + dx * done / length, start.y + dy * done / length)
        if isDrawn { dashes.append(current + [point]) }
        isDrawn.toggle()
        (current, left) = ([point], isDrawn ? stroke : gap)
      }
      left -= length - done
      current.append(end)
    }
    return isDrawn && current.count > 1 ? dashes + [current] : dashes
  }
}
