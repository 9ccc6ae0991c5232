/// Text and elements of HTML.
enum HTML {
  /// A text as a page shows it literally.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}": result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// An element around content that is HTML already.
  static func element(_ name: String, _ attributes: String = "", _ content: String) -> String {
    "<\(name)\(attributes.isEmpty ? "" : " \(attributes)")>\(content)</\(name)>"
  }

  static func paragraph(_ text: String) -> String { element("p", "", escaped(text)) }

  /// A table whose cells are texts; numbers stand to the right.
  ///
  /// - Parameter caption: what it shows, for screen readers.
  static func table(_ header: [String], _ rows: [[String]], caption: String, numericFrom column: Int = 1) -> String {
    let head = header.enumerated().map { index, cell in
      element("th", "scope=\"col\"\(index >= column ? " class=\"n\"" : "")", escaped(cell))
    }
    let body = rows.map { row in
      row.enumerated().map { index, cell in
        index == 0
          ? element("th", "scope=\"row\"", escaped(cell))
          : element("td", index >= column ? "class=\"n\"" : "", escaped(cell))
      }.joined()
    }
    return element(
      "div", "class=\"scroll\"",
      element(
        "table", "",
        element("caption", "", escaped(caption)) + element("thead", "", element("tr", "", head.joined()))
          + element("tbody", "", body.map { element("tr", "", $0) }.joined(separator: "\n"))))
  }
}
