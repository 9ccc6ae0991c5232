/// How much room texts take, which no font is at hand to tell.
enum ChartText {
  /// How much wider bold text is.
  static let boldness = 1.14

  /// About the width of a text in a sans-serif font, rather too much than too little.
  ///
  /// - Parameter size: the font's; for bold text `boldness` times as much.
  static func width(_ text: String, size: Double = ChartPicture.fontSize) -> Double {
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
  ///
  /// - Parameter inMiddle: keeps the beginning and the end, by which names of options and values are told apart.
  static func fitted(
    _ text: String, width room: Double, size: Double = ChartPicture.fontSize, inMiddle: Bool = false
  ) -> String {
    guard width(text, size: size) > room else { return text }
    let left = room - width("…", size: size)
    guard inMiddle else { return prefix(of: text, width: left, size: size) + "…" }
    let beginning = prefix(of: text, width: left / 2, size: size)
    let end = prefix(of: String(text.reversed()), width: left / 2, size: size).reversed()
    return beginning + "…" + String(end)
  }

  private static func prefix(of text: String, width room: Double, size: Double) -> String {
    var used = 0.0
    return String(
      text.prefix { character in
        used += width(String(character), size: size)
        return used <= room
      })
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

  /// A text cut in its middle to so many columns of a terminal, or filled up to them.
  static func cell(_ text: String, columns: Int, plainText: Bool = false) -> String {
    let count = text.count
    guard count > columns else { return text + String(repeating: " ", count: columns - count) }
    guard columns > 0 else { return "" }
    return text.prefix(columns / 2) + (plainText ? "~" : "…") + text.suffix((columns - 1) / 2)
  }
}
