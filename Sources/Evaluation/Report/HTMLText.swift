import Basics

/// Text and elements of HTML.
enum HTML {
  /// An element around content that is HTML already.
  static func element(_ name: String, _ attributes: String = "", _ content: String) -> String {
    "<\(name)\(attributes.isEmpty ? "" : " \(attributes)")>\(content)</\(name)>"
  }

  static func paragraph(_ text: String) -> String { element("p", "", Markup.escaped(text)) }

  /// A cell of a table.
  struct Cell {
    /// HTML already.
    let content: String
    var isNumber = false
    /// How dark its background is, 0 to 1; nil where it has none.
    var shade: Double?

    init(_ text: String, isNumber: Bool = false, shade: Double? = nil) {
      (content, self.isNumber, self.shade) = (Markup.escaped(text), isNumber, shade)
    }

    init(html: String) { content = html }

    fileprivate var attributes: String {
      let shadeStyle = shade.map { " style=\"--shade:\(ChartNumber.fixed($0, 3))\"" } ?? ""
      let names = (isNumber ? ["n"] : []) + (shade == nil ? [] : ["shade"])
      return (names.isEmpty ? "" : "class=\"\(names.joined(separator: " "))\"") + shadeStyle
    }
  }

  /// A table whose cells are texts; numbers stand to the right.
  ///
  /// - Parameter caption: what it shows, for screen readers too.
  static func table(_ header: [String], _ rows: [[String]], caption: String, numericFrom column: Int = 1) -> String {
    table(
      header, rows.map { row in row.enumerated().map { Cell($1, isNumber: $0 >= column) } }, caption: caption)
  }

  /// A table whose first column names the rows. A header stands as its first row's cell does.
  static func table(_ header: [String], _ rows: [[Cell]], caption: String) -> String {
    let head = header.enumerated().map { index, cell in
      let isNumber = rows.first.map { index < $0.count && $0[index].isNumber } ?? false
      return element("th", "scope=\"col\"\(isNumber ? " class=\"n\"" : "")", Markup.escaped(cell))
    }
    let body = rows.map { row in
      row.enumerated().map { index, cell in
        element(index == 0 ? "th" : "td", index == 0 ? "scope=\"row\"" : cell.attributes, cell.content)
      }.joined()
    }
    return element(
      "div", "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(Markup.escaped(caption))\"",
      element(
        "table", "",
        element("caption", "", Markup.escaped(caption)) + element("thead", "", element("tr", "", head.joined()))
          + element("tbody", "", body.map { element("tr", "", $0) }.joined(separator: "\n"))))
  }

  /// A name as an anchor of the page: ASCII letters, digits and hyphens.
  static func anchor(_ text: String) -> String {
    let marks = text.lowercased().unicodeScalars.map { scalar -> Character in
      scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
    }
    return String(marks)
  }
}
