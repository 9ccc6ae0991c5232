import Foundation

/// Letters as pen strokes, for pictures of pixels, where no font is at hand: ASCII and the signs that charts write.
/// Accents are left out; other scripts are boxes.
///
/// A glyph is written as strokes parted by spaces, each of places of two digits: x from 0, and y with the descender at
/// 0, the baseline at 2, the height of small letters at 7 and of capitals at 9. A stroke behind "~" is bent through its
/// places as a quadratic B-spline, one behind "o" is bent and closed, and one of a single place is a dot.
struct StrokeFont {
  typealias Point = (x: Double, y: Double)

  /// Of a text with its beginning at 0 and its baseline at 0, y downwards.
  let strokes: [[Point]]
  /// How far the text reaches to the right.
  let width: Double

  /// Ten of them are the font's size.
  private static let baseline = 2.0, gap = 1.6, spaceWidth = 1.8, digitWidth = 4.0

  init(_ text: String, size: Double) {
    let unit = size / 10
    var x = 0.0, strokes: [[Point]] = []
    for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
      switch scalar.value {
      case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: continue
      default: break
      }
      let glyph = Self.glyph(scalar)
      for stroke in glyph.strokes {
        strokes.append(stroke.map { ((x + $0.x) * unit, (Self.baseline - $0.y) * unit) })
      }
      x += glyph.width + Self.gap
    }
    self.strokes = strokes
    width = max(0, x - Self.gap) * unit
  }

  private static func glyph(_ scalar: Unicode.Scalar) -> (strokes: [[Point]], width: Double) {
    if scalar == " " { return ([], spaceWidth) }
    let strokes = (glyphs[scalar] ?? unknown).split(separator: " ").map { stroke($0) }
    // Digits are equally wide, so that columns of numbers are straight.
    let isDigit = ("0"..."9").contains(scalar)
    return (strokes, isDigit ? digitWidth : strokes.joined().map { $0.x }.max() ?? 0)
  }

  private static func stroke(_ text: Substring) -> [Point] {
    let digits = text.utf8.drop { !(48...57).contains($0) }.map { Double($0) - 48 }
    let points: [Point] = stride(from: 0, to: digits.count - 1, by: 2).map { (digits[$0], digits[$0 + 1]) }
    switch text.first {
    case "~": return bent(points)
    case "o": return closed(points)
    default: return points
    }
  }

  /// Pieces of a curve.
  private static let pieces = 6

  private static func middle(_ a: Point, _ b: Point) -> Point { ((a.x + b.x) / 2, (a.y + b.y) / 2) }

  private static func arc(_ a: Point, _ control: Point, _ b: Point) -> [Point] {
    (1...pieces).map { piece in
      let t = Double(piece) / Double(pieces), s = 1 - t
      return (
        s * s * a.x + 2 * s * t * control.x + t * t * b.x, s * s * a.y + 2 * s * t * control.y + t * t * b.y
      )
    }
  }

  /// A quadratic B-spline from the first point to the last.
  private static func bent(_ points: [Point]) -> [Point] {
    guard points.count > 2 else { return points }
    var result = [points[0]]
    for index in 1..<points.count - 1 {
      let isLast = index == points.count - 2
      let end = isLast ? points[index + 1] : middle(points[index], points[index + 1])
      result += arc(result[result.count - 1], points[index], end)
    }
    return result
  }

  private static func closed(_ points: [Point]) -> [Point] {
    guard let first = points.first, let last = points.last else { return [] }
    var result = [middle(last, first)]
    for index in points.indices {
      let next = points[(index + 1) % points.count]
      result += arc(result[result.count - 1], points[index], middle(points[index], next))
    }
    return result
  }
}
