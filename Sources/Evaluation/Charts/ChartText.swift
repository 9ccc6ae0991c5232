/// How much room texts take, which no font is at hand to tell.
enum ChartText {
  /// How much wider bold text is.
  static let boldness = 1.14

  /// About the width of a text in a sans-serif font, rather too much than too little.
  ///
  /// - Parameter size: the font's; for bold text `boldness` times as much.
  static func width(_ text: String, size: Double = SVGCanvas.fontSize) -> Double {
    text.unicodeScalars.reduce(0) { $0 + share($1) } * size
  }

  /// A scalar's width in units of the font's size.
  private static func share(_ scalar: Unicode.Scalar) -> Double {
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      1.05
    default:
      "iljtfr.,:;'|!()[] ".unicodeScalars.contains(scalar)
        ? 0.36 : "mwMW@%★…".unicodeScalars.contains(scalar) ? 0.95 : 0.62
    }
  }

  /// A text cut with an ellipsis where it is wider than its room.
  static func fitted(_ text: String, width room: Double, size: Double = SVGCanvas.fontSize) -> String {
    guard width(text, size: size) > room else { return text }
    var kept = "", used = width("…", size: size)
    for character in text {
      used += width(String(character), size: size)
      if used > room { break }
      kept.append(character)
    }
    return kept + "…"
  }

  /// A text broken between words into lines of some width; the last of `most` lines is cut.
  static func wrapped(_ text: String, width room: Double, size: Double, most: Int) -> [String] {
    var lines: [String] = [], rest = text.split(separator: " ")[...]
    while let word = rest.first, lines.count < most - 1 {
      var line = String(word)
      rest = rest.dropFirst()
      while let next = rest.first, width("\(line) \(next)", size: size) <= room {
        line += " \(next)"
        rest = rest.dropFirst()
      }
      lines.append(fitted(line, width: room, size: size))
    }
    if !rest.isEmpty { lines.append(fitted(rest.joined(separator: " "), width: room, size: size)) }
    return lines
  }

  // MARK: Terminals

  /// A text cut to so many columns of a terminal, and filled up to them.
  static func cell(_ text: String, columns: Int, plainText: Bool = false) -> String {
    let count = text.count
    guard count > columns else { return text + String(repeating: " ", count: columns - count) }
    let end = plainText ? "~" : "…"
    return text.prefix(max(0, columns - 1)) + (columns > 0 ? end : "")
  }
}
