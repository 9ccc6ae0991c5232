/// What the text of a Jinja template shows about its variables without rendering it.
struct TemplateSource {
  /// Names tested for truth: `{% if name %}`, `{% elif name and other %}`, `{% if not name %}`, `name is defined`.
  private(set) var testedNames: [String] = []
  /// Names printed as they are: `{{ name }}`.
  private(set) var printedNames: [String] = []

  init(_ source: String) {
    for block in Self.blocks(source, open: "{%", close: "%}") {
      guard let keyword = block.first, keyword == "if" || keyword == "elif" else { continue }
      addTested(block.dropFirst())
    }
    for block in Self.blocks(source, open: "{{", close: "}}") where block.count == 1 { printedNames += block }
  }

  /// Adds the operands of `and` and `or` that are a bare name, `not name`, or `name is [not] defined`.
  private mutating func addTested(_ words: ArraySlice<String>) {
    for operand in words.split(whereSeparator: { $0 == "and" || $0 == "or" }) {
      var operand = operand
      if operand.first == "not" { operand = operand.dropFirst() }
      if operand.last == "defined" || operand.last == "none" {
        operand = operand.dropLast()
        while operand.last == "is" || operand.last == "not" { operand = operand.dropLast() }
      }
      if operand.count == 1, let name = operand.first { testedNames.append(name) }
    }
  }

  /// The words of every block between the two marks, without the `-` and `+` of white space control.
  private static func blocks(_ source: String, open: String, close: String) -> [[String]] {
    source.split(onBytes: open).dropFirst().map { tail in
      var words = tail.split(onBytes: close)[0].split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r\n" }.map {
        String($0)
      }
      if let first = words.first, first.hasPrefix("-") || first.hasPrefix("+") { words[0].removeFirst() }
      if let last = words.last, last.hasSuffix("-") || last.hasSuffix("+") { words[words.count - 1].removeLast() }
      return words.filter { !$0.isEmpty }
    }
  }
}
