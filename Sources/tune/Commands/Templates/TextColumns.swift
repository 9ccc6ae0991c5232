/// Texts side by side in a terminal, or below each other where it is too narrow.
struct TextColumns {
  /// Columns narrower than this are hard to read.
  private static let narrowest = 16
  private static let gap = " │ "

  /// The lines to print, none wider than the terminal.
  let lines: [String]

  /// - Parameters:
  ///   - shares: how the width is shared out, for each column.
  ///   - width: of the terminal, in cells.
  init(labels: [String], texts: [String], shares: [Int], width: Int) {
    let room = width - (texts.count - 1) * Self.gap.unicodeScalars.count
    let total = shares.reduce(0, +)
    let widths = shares.map { room * $0 / total }
    guard (widths.min() ?? 0) >= Self.narrowest else {
      lines = zip(labels, texts).flatMap { label, text in
        ["--- \(label)"] + Self.wrapped(text, width: width)
      }
      return
    }
    let wrapped = zip(labels, texts).enumerated().map { index, column in
      [column.0] + Self.wrapped(column.1, width: widths[index])
    }
    let height = wrapped.map { $0.count }.max() ?? 0
    lines = (0..<height).map { row in
      let cells = wrapped.indices.map { column in
        let text = row < wrapped[column].count ? wrapped[column][row] : ""
        let isLast = column == wrapped.count - 1
        return isLast ? text : text + String(repeating: " ", count: max(0, widths[column] - Self.cells(of: text)))
      }
      return cells.joined(separator: Self.gap)
    }
  }

  /// The lines of a text, broken at spaces, or inside words that are longer than a line.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for line in printable(text).split(separator: "\n", omittingEmptySubsequences: false) {
      var current = "", used = 0, isFirst = true
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        var word = String(word)
        if !isFirst, used + 1 + cells(of: word) <= width {
          current += " " + word
          used += 1 + cells(of: word)
          continue
        }
        if !isFirst { lines.append(current) }
        isFirst = false
        while cells(of: word) > max(1, width) {
          let head = prefix(of: word, cells: max(1, width))
          lines.append(head)
          word = String(word.unicodeScalars.dropFirst(head.unicodeScalars.count))
        }
        current = word
        used = cells(of: word)
      }
      lines.append(current)
    }
    return lines
  }

  /// The text with line feeds alone as control characters: others could move the cursor or change colours.
  static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result.append(scalar)
      case "\t": result.append(" ")
      case "\r": continue
      default: result.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
      }
    }
    return String(result)
  }

  /// How many cells of a terminal the text takes.
  static func cells(of text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + cells(of: $1) } }

  /// None for marks that combine with the letter before, two for the wide letters of East Asia and emoji.
  private static func cells(of scalar: Unicode.Scalar) -> Int {
    guard scalar.value >= 0x300 else { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    let wide: [ClosedRange<UInt32>] = [
      0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  private static func prefix(of text: String, cells limit: Int) -> String {
    var used = 0
    let scalars = text.unicodeScalars.prefix { scalar in
      used += cells(of: scalar)
      return used <= limit
    }
    return String(scalars.isEmpty ? text.unicodeScalars.prefix(1) : scalars)
  }
}
