import Basics
import Datasets

/// Prints prepared examples as a model reads them: what is trained stands out, by colour or by a mark.
struct ExampleDisplay {
  let options: PreparationOptions
  let console: Console

  func show(_ count: Int, of report: PreparationReport) throws {
    guard let checks = options.tokens, let file = report.files.first(where: { $0.examples > 0 }) else { return }
    let lines = try LineReader(file.path)
    var shown = 0
    while shown < count, let line = try lines.next() {
      guard let record = try JSON(parsing: line).objectValue else { continue }
      shown += 1
      let (spans, tokens) = try checks.spans(of: record)
      console.line()
      console.line(title(shown, record, file, lines.lineNumber, tokens))
      console.line(Terminal.usesColor ? colored(spans) : marked(spans))
    }
  }

  private func title(
    _ number: Int, _ record: JSONObject, _ file: PreparationReport.PreparedFile, _ line: Int, _ tokens: TokenCount
  ) -> String {
    var parts = ["\(file.path):\(line)"]
    if let source = record["source"]?.stringValue, let line = record["line"]?.intValue { parts = ["\(source):\(line)"] }
    if let template = record["template"]?.stringValue { parts.append(template) }
    parts.append("\(tokens.total) tokens, \(tokens.trained) trained")
    return "#\(number)  \(parts.joined(separator: " · "))"
  }

  /// Trained text in green, the rest dimmed.
  private func colored(_ spans: [(text: String, isTrained: Bool)]) -> String {
    spans.map { "\u{1B}[\($0.isTrained ? "32" : "2")m\($0.text)\u{1B}[0m" }.joined()
  }

  /// A bar before every line that holds trained text, which stands between ⟦ and ⟧.
  private func marked(_ spans: [(text: String, isTrained: Bool)]) -> String {
    let text = spans.map { $0.isTrained ? "⟦\($0.text)⟧" : $0.text }.joined()
    var isTrained = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let holdsTrained = isTrained || line.contains("⟦")
      if let last = line.lastIndex(where: { $0 == "⟦" || $0 == "⟧" }) { isTrained = line[last] == "⟦" }
      return (holdsTrained ? "  ▌" : "   ") + line
    }.joined(separator: "\n")
  }
}
