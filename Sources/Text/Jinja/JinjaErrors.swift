import Basics

extension Jinja {
  /// What is wrong, without the place; the interpreter adds the place.
  struct Failure: Error {
    let message: String
    var position: Position?

    init(_ message: String, at position: Position? = nil) {
      self.message = message
      self.position = position
    }

    /// The error for the user: the template's name, the place, the tag that stands there and what is wrong with it.
    func located(in name: String, source: String, options: JinjaTemplate.Options, at fallback: Position) -> TuneError {
      let place = position ?? fallback
      let tag = Lexer.excerpt(around: place, of: source, options: options)
      let quotation = tag.isEmpty ? "" : "in \(tag): "
      return TuneError.data("\(name):\(place.line):\(place.column): \(quotation)\(message)")
    }
  }

  /// Line and column in the template, from 1; columns count Unicode scalars.
  struct Position: Sendable, Comparable {
    var line = 1
    var column = 1

    static func < (a: Position, b: Position) -> Bool { (a.line, a.column) < (b.line, b.column) }
  }
}

extension Jinja.Lexer {
  /// Characters of source that an error message shows at most.
  private static let excerptLength = 100
  /// How many of them may stand before the place of the error.
  private static let excerptLead = 40

  /// The source of the tag around a place, on one line and cut to a readable length; outside of tags the rest of the
  /// line. A template that cannot be read to its end is shown as well.
  static func excerpt(around position: Jinja.Position, of text: String, options: JinjaTemplate.Options) -> String {
    var lexer = Jinja.Lexer(text, options)
    _ = try? lexer.run()
    let center = lexer.offset(of: position)
    let range = lexer.tag(around: position) ?? center..<lexer.lineEnd(from: center)
    var line: [Unicode.Scalar] = []
    var place = 0
    for index in range {
      if index == center { place = line.count }
      let scalar = lexer.source[index]
      if !scalar.isPythonSpace {
        line.append(scalar)
      } else if line.last != " ", !line.isEmpty {
        line.append(" ")
      }
    }
    while line.last == " " { line.removeLast() }
    guard line.count > excerptLength else { return String(scalars: line) }
    let start = min(max(0, place - excerptLead), line.count - excerptLength)
    let end = start + excerptLength
    let part = Jinja.stripped(String(scalars: line[start..<end]))
    return (start > 0 ? "… " : "") + part + (end < line.count ? " …" : "")
  }

  /// The scalars of the tag that contains a place.
  private func tag(around position: Jinja.Position) -> Range<Int>? {
    let isBegin = { (token: Jinja.Token) in token.kind == .blockBegin || token.kind == .variableBegin }
    guard let first = tokens.lastIndex(where: { isBegin($0) && $0.position <= position }) else { return nil }
    let start = offset(of: tokens[first].position)
    guard let last = tokens[first...].first(where: { $0.kind == .blockEnd || $0.kind == .variableEnd }) else {
      return start..<lineEnd(from: offset(of: position))
    }
    guard position <= last.position else { return nil }
    let end = offset(of: last.position)
    return start..<min(source.count, end + (source[end] == "-" || source[end] == "+" ? 3 : 2))
  }

  private func offset(of position: Jinja.Position) -> Int {
    var at = 0
    for _ in 1..<max(1, position.line) { at = min(source.count, lineEnd(from: at) + 1) }
    return min(source.count, at + position.column - 1)
  }

  private func lineEnd(from start: Int) -> Int {
    source[start...].firstIndex(of: "\n") ?? source.count
  }
}
