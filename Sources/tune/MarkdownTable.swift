import Foundation

/// A table in Markdown.
enum MarkdownTable {
  /// - Parameters:
  ///   - rows: the first is the header.
  ///   - isNumeric: the columns that stand to the right; none when it is empty.
  static func text(_ rows: [[String]], isNumeric: [Bool] = []) -> String {
    guard let header = rows.first else { return "" }
    let rules = header.indices.map { isNumeric.indices.contains($0) && isNumeric[$0] ? "---:" : "---" }
    return ([row(header), "|" + rules.map { $0 + "|" }.joined()] + rows.dropFirst().map { row($0) })
      .joined(separator: "\n")
  }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.map { escaped($0) }.joined(separator: " | ") + " |"
  }

  /// Text in one cell.
  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "|", with: "\\|").replacingOccurrences(of: "<", with: "&lt;")
      .split(whereSeparator: { $0.isNewline }).joined(separator: " ")
  }
}
