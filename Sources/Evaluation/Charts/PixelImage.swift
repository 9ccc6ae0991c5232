/// Pixels of red, green and blue, on which shapes are drawn with smooth edges.
struct PixelImage {
  typealias Point = (x: Double, y: Double)

  let width: Int, height: Int
  /// Three bytes a pixel, row by row.
  private(set) var bytes: [UInt8]

  /// - Parameter background: "#rrggbb".
  init(width: Int, height: Int, background: String) {
    (self.width, self.height) = (width, height)
    let color = Self.components(background)
    bytes = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      for pixel in 0..<width * height {
        for channel in 0..<3 { buffer[3 * pixel + channel] = UInt8(color[channel]) }
      }
      count = 3 * width * height
    }
  }

  /// Red, green and blue of "#rrggbb", 0 to 255.
  private static func components(_ color: String) -> [Float] {
    let value = UInt32(color.dropFirst(), radix: 16) ?? 0
    return [16, 8, 0].map { Float(value >> UInt32($0) & 0xff) }
  }

  /// Draws lines between the points with round ends; a single point is a disc.
  ///
  /// - Parameter radius: half of the line's width, in pixels.
  mutating func stroke(_ lines: [[Point]], radius: Double, color: String) {
    let points = lines.joined()
    guard let first = points.first else { return }
    var box = (left: first.x, top: first.y, right: first.x, bottom: first.y)
    for point in points {
      box = (min(box.left, point.x), min(box.top, point.y), max(box.right, point.x), max(box.bottom, point.y))
    }
    let reach = radius + 1
    var mask = Mask(self, box.left - reach, box.top - reach, box.right + reach, box.bottom + reach)
    for line in lines {
      if line.count == 1 { mask.add(line[0], line[0], radius: radius) }
      for (a, b) in zip(line, line.dropFirst()) { mask.add(a, b, radius: radius) }
    }
    blend(mask, color, opacity: 1)
  }

  /// Fills a rectangle; pixels that it covers in part are mixed.
  mutating func fill(
    x: Double, y: Double, width: Double, height: Double, color: String, opacity: Double = 1
  ) {
    var mask = Mask(self, x, y, x + width, y + height)
    mask.addRectangle(x, y, x + width, y + height)
    blend(mask, color, opacity: opacity)
  }

  /// Fills a convex shape whose corners go round clockwise (y downwards).
  ///
  /// - Parameter margin: how many pixels it reaches beyond its corners.
  mutating func fill(_ corners: [Point], margin: Double = 0, color: String) {
    let reach = margin + 1
    guard let left = corners.map({ $0.x }).min(), let right = corners.map({ $0.x }).max(),
      let top = corners.map({ $0.y }).min(), let bottom = corners.map({ $0.y }).max()
    else { return }
    var mask = Mask(self, left - reach, top - reach, right + reach, bottom + reach)
    mask.addConvex(corners, margin: margin)
    blend(mask, color, opacity: 1)
  }

  private mutating func blend(_ mask: Mask, _ color: String, opacity: Double) {
    let color = Self.components(color), opacity = Float(opacity)
    for row in 0..<mask.height {
      for column in 0..<mask.width {
        let share = mask.shares[row * mask.width + column] * opacity
        guard share > 0 else { continue }
        let place = 3 * ((mask.top + row) * width + mask.left + column)
        for channel in 0..<3 {
          let old = Float(bytes[place + channel])
          bytes[place + channel] = UInt8(max(0, min(255, old + share * (color[channel] - old) + 0.5)))
        }
      }
    }
  }
}

/// How much of each pixel in a rectangle of the image a shape covers, 0 to 1.
private struct Mask {
  let left: Int, top: Int, width: Int, height: Int
  private(set) var shares: [Float]

  /// The part inside the image.
  init(_ image: PixelImage, _ left: Double, _ top: Double, _ right: Double, _ bottom: Double) {
    func inside(_ value: Double, _ limit: Int) -> Int { Int(max(0, min(Double(limit), value))) }
    self.left = inside(left.rounded(.down), image.width)
    self.top = inside(top.rounded(.down), image.height)
    width = inside(right.rounded(.up), image.width) - self.left
    height = inside(bottom.rounded(.up), image.height) - self.top
    shares = [Float](repeating: 0, count: width * height)
  }

  /// Keeps the larger share of each pixel near a line from `a` to `b`.
  mutating func add(_ a: PixelImage.Point, _ b: PixelImage.Point, radius: Double) {
    let reach = radius + 1, (dx, dy) = (b.x - a.x, b.y - a.y), squared = dx * dx + dy * dy
    each(min(a.x, b.x) - reach, min(a.y, b.y) - reach, max(a.x, b.x) + reach, max(a.y, b.y) + reach) { x, y in
      let along = squared > 0 ? max(0, min(1, ((x - a.x) * dx + (y - a.y) * dy) / squared)) : 0
      let (ox, oy) = (x - a.x - along * dx, y - a.y - along * dy)
      return radius + 0.5 - (ox * ox + oy * oy).squareRoot()
    }
  }

  mutating func addRectangle(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) {
    each(x0, y0, x1, y1) { x, y in
      max(0, min(x + 0.5, x1) - max(x - 0.5, x0)) * max(0, min(y + 0.5, y1) - max(y - 0.5, y0))
    }
  }

  mutating func addConvex(_ corners: [PixelImage.Point], margin: Double) {
    // A corner and the direction out of the shape of the edge behind it.
    let edges = corners.indices.map { index -> (PixelImage.Point, PixelImage.Point) in
      let (a, b) = (corners[index], corners[(index + 1) % corners.count])
      let length = max(1e-9, ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot())
      return (a, ((b.y - a.y) / length, (a.x - b.x) / length))
    }
    each(Double(left), Double(top), Double(left + width), Double(top + height)) { x, y in
      let outside = edges.map { (x - $0.0.x) * $0.1.x + (y - $0.0.y) * $0.1.y }.max() ?? 0
      return margin + 0.5 - outside
    }
  }

  /// - Parameter share: of the pixel with this centre; below 0 is none, above 1 is all.
  private mutating func each(
    _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, share: (Double, Double) -> Double
  ) {
    for row in Self.range(y0, y1, from: top, count: height) {
      for column in Self.range(x0, x1, from: left, count: width) {
        let value = Float(max(0, min(1, share(Double(left + column) + 0.5, Double(top + row) + 0.5))))
        shares[row * width + column] = max(shares[row * width + column], value)
      }
    }
  }

  /// The whole pixels that a stretch touches, counted from `start` and at most `count`.
  private static func range(_ low: Double, _ high: Double, from start: Int, count: Int) -> Range<Int> {
    func place(_ value: Double) -> Int { Int(max(0, min(Double(count), value - Double(start)))) }
    let first = place(low.rounded(.down))
    return first..<max(first, place(high.rounded(.up)))
  }
}
