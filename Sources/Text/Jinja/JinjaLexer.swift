extension Jinja {
  struct Token: Sendable {
    enum Kind: Sendable {
      case text, blockBegin, blockEnd, variableBegin, variableEnd
      case name, string, integer, float, symbol, end
    }
    let kind: Kind
    let text: String
    let position: Position
  }

  /// Splits a template into text and the tokens inside `{% %}` and `{{ }}`, with Jinja's white-space control.
  ///
  /// Source of the rules: `jinja2/lexer.py` of Jinja 3.1.
  struct Lexer {
    let source: [Unicode.Scalar]
    private let options: JinjaTemplate.Options
    private var place = 0
    private var position = Position()
    private(set) var tokens: [Token] = []
    private var brackets: [Unicode.Scalar] = []
    /// Whether the last piece ended with a line feed (or nothing came before).
    private var atLineStart = true

    static func tokens(of text: String, options: JinjaTemplate.Options) throws -> [Token] {
      var lexer = Lexer(text, options)
      return try lexer.run()
    }

    init(_ text: String, _ options: JinjaTemplate.Options) {
      var scalars: [Unicode.Scalar] = []
      scalars.reserveCapacity(text.utf8.count)
      var previous: Unicode.Scalar = " "
      for scalar in text.unicodeScalars {
        if scalar == "\r" {
          scalars.append("\n")
        } else if !(scalar == "\n" && previous == "\r") {
          scalars.append(scalar)
        }
        previous = scalar
      }
      if !options.keepTrailingNewline, scalars.last == "\n" { scalars.removeLast() }
      source = scalars
      self.options = options
    }

    private enum Tag { case block, variable, comment }

    mutating func run() throws -> [Token] {
      while place < source.count {
        guard let (start, tag) = nextTag() else {
          emitText(place..<source.count)
          break
        }
        let sign = start + 2 < source.count ? source[start + 2] : " "
        if tag == .block, let content = rawContent(after: start) {
          emitText(place..<strippedEnd(of: place..<start, sign: sign, tag: tag))
          try lexRaw(from: start, content: content)
          continue
        }
        emitText(place..<strippedEnd(of: place..<start, sign: sign, tag: tag))
        advance(to: start)
        let opening = position
        advance(to: start + (sign == "-" || sign == "+" ? 3 : 2))
        switch tag {
        case .comment: try skipComment(opening)
        case .block: try lexTag(opening, begin: .blockBegin, end: .blockEnd)
        case .variable: try lexTag(opening, begin: .variableBegin, end: .variableEnd)
        }
        atLineStart = place > 0 && source[place - 1] == "\n"
      }
      tokens.append(Token(kind: .end, text: "", position: position))
      return tokens
    }

    private func nextTag() -> (Int, Tag)? {
      var at = place
      while at + 1 < source.count {
        if source[at] == "{" {
          switch source[at + 1] {
          case "%": return (at, .block)
          case "{": return (at, .variable)
          case "#": return (at, .comment)
          default: break
          }
        }
        at += 1
      }
      return nil
    }

    /// The end of the text before a tag once `-` or `lstrip_blocks` has taken its white space.
    private func strippedEnd(of range: Swift.Range<Int>, sign: Unicode.Scalar, tag: Tag) -> Int {
      var end = range.upperBound
      if sign == "-" {
        while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
      } else if sign != "+", options.lstripBlocks, tag != .variable {
        while end > range.lowerBound, source[end - 1] != "\n", source[end - 1].isPythonSpace { end -= 1 }
        let startsLine = end > range.lowerBound ? source[end - 1] == "\n" : atLineStart
        if !startsLine { end = range.upperBound }
      }
      return end
    }

    private mutating func emitText(_ range: Swift.Range<Int>) {
      guard !range.isEmpty else { return }
      tokens.append(Token(kind: .text, text: String(scalars: source[range]), position: position))
    }

    /// Moves on, counting lines.
    private mutating func advance(to end: Int) {
      while place < end {
        if source[place] == "\n" {
          position.line += 1
          position.column = 1
        } else {
          position.column += 1
        }
        place += 1
      }
    }

    private func skippingSpace(_ start: Int) -> Int {
      var at = start
      while at < source.count, source[at].isPythonSpace { at += 1 }
      return at
    }

    private func stands(_ text: String, at start: Int) -> Bool {
      let scalars = text.unicodeScalars
      return start >= 0 && start + scalars.count <= source.count
        && source[start..<start + scalars.count].elementsEqual(scalars)
    }

    /// The end of a closing mark such as `%}` that starts here, including the white space it takes.
    private func closing(_ mark: String, at start: Int, trims: Bool, allowsPlus: Bool) -> Int? {
      if allowsPlus, stands("+" + mark, at: start) { return start + 3 }
      if stands("-" + mark, at: start) { return skippingSpace(start + 3) }
      guard stands(mark, at: start) else { return nil }
      return trims && start + 2 < source.count && source[start + 2] == "\n" ? start + 3 : start + 2
    }

    private mutating func skipComment(_ opening: Position) throws {
      var at = place
      while at < source.count {
        if let end = closing("#}", at: at, trims: options.trimBlocks, allowsPlus: true) {
          return advance(to: end)
        }
        at += 1
      }
      throw Failure("the comment that starts here has no end '#}'", at: opening)
    }

    /// Where the content of a raw block begins when `{% raw %}` starts here.
    private func rawContent(after start: Int) -> Int? {
      var at = start + 2
      if at < source.count, source[at] == "-" || source[at] == "+" { at += 1 }
      at = skippingSpace(at)
      guard stands("raw", at: at) else { return nil }
      at = skippingSpace(at + 3)
      return closing("%}", at: at, trims: false, allowsPlus: false)
    }

    private mutating func lexRaw(from start: Int, content: Int) throws {
      advance(to: start)
      let opening = position
      atLineStart = source[content - 1] == "\n"
      advance(to: content)
      var at = place
      while at < source.count {
        if stands("{%", at: at) {
          let sign = at + 2 < source.count ? source[at + 2] : " "
          let word = skippingSpace(sign == "-" || sign == "+" ? at + 3 : at + 2)
          if stands("endraw", at: word),
            let end = closing(
              "%}", at: skippingSpace(word + 6), trims: options.trimBlocks, allowsPlus: true)
          {
            emitText(place..<strippedEnd(of: place..<at, sign: sign, tag: .block))
            advance(to: end)
            atLineStart = source[place - 1] == "\n"
            return
          }
        }
        at += 1
      }
      throw Failure("the raw block that starts here has no {% endraw %}", at: opening)
    }

    private mutating func lexTag(_ opening: Position, begin: Token.Kind, end: Token.Kind) throws {
      tokens.append(Token(kind: begin, text: begin == .blockBegin ? "{%" : "{{", position: opening))
      let mark = begin == .blockBegin ? "%}" : "}}"
      brackets = []
      while place < source.count {
        let isBlock = begin == .blockBegin
        if brackets.isEmpty,
          let close = closing(mark, at: place, trims: isBlock && options.trimBlocks, allowsPlus: isBlock)
        {
          tokens.append(Token(kind: end, text: mark, position: position))
          return advance(to: close)
        }
        if source[place].isPythonSpace {
          advance(to: place + 1)
        } else {
          try lexToken()
        }
      }
      throw Failure("the tag that starts here has no end '\(mark)'", at: opening)
    }

    private mutating func lexToken() throws {
      let scalar = source[place]
      if scalar.isASCIIDigit, let (kind, end) = numberEnd() {
        return emit(kind, String(scalars: source[place..<end]).filter { $0 != "_" }, end)
      }
      if scalar.isWordScalar {
        var end = place
        while end < source.count, source[end].isWordScalar { end += 1 }
        guard scalar == "_" || scalar.properties.isXIDStart else {
          throw Failure(
            "'\(String(scalars: source[place..<end]))' is no name; a name starts with a letter", at: position)
        }
        return emit(.name, String(scalars: source[place..<end]), end)
      }
      if scalar == "'" || scalar == "\"" { return try lexString(quote: scalar) }
      try lexSymbol()
    }

    private mutating func emit(_ kind: Token.Kind, _ text: String, _ end: Int) {
      tokens.append(Token(kind: kind, text: text, position: position))
      advance(to: end)
    }

    /// The kind and end of the number that starts here.
    private func numberEnd() -> (Token.Kind, Int)? {
      func digits(_ start: Int, _ isDigit: (Unicode.Scalar) -> Bool = { $0.isASCIIDigit }) -> Int {
        var at = start
        while at < source.count, isDigit(source[at]) || (source[at] == "_" && at > start && source[at - 1] != "_") {
          at += 1
        }
        while at > start, source[at - 1] == "_" { at -= 1 }
        return at
      }
      let whole = digits(place)
      var end = whole
      if end < source.count, source[end] == ".", digits(end + 1) > end + 1 { end = digits(end + 1) }
      if end < source.count, source[end] == "e" || source[end] == "E" {
        let sign = end + 1 < source.count && (source[end + 1] == "+" || source[end + 1] == "-") ? 1 : 0
        let exponent = digits(end + 1 + sign)
        if exponent > end + 1 + sign { end = exponent }
      }
      // `x.0.1` reads two elements; the number after a dot is whole.
      if end > whole, place == 0 || source[place - 1] != "." { return (.float, end) }
      if source[place] == "0", place + 1 < source.count, let radix = Self.radix(of: source[place + 1]) {
        let end = digits(place + 2) { scalar in
          guard let digit = scalar.hexadecimalValue else { return false }
          return digit < radix
        }
        if end > place + 2 { return (.integer, end) }
      }
      // `01` is two numbers, of which only zeros are one.
      return (.integer, source[place] == "0" ? digits(place) { $0 == "0" } : whole)
    }

    static func radix(of letter: Unicode.Scalar) -> Int? {
      switch letter {
      case "x", "X": 16
      case "o", "O": 8
      case "b", "B": 2
      default: nil
      }
    }

    private mutating func lexString(quote: Unicode.Scalar) throws {
      var end = place + 1
      while end < source.count, source[end] != quote { end += source[end] == "\\" ? 2 : 1 }
      guard end < source.count else { throw Failure("the string that starts here has no closing quote", at: position) }
      let content = source[(place + 1)..<end]
      let text = content.contains("\\") ? try unescaped(Array(content), at: position) : String(scalars: content)
      emit(.string, text, end + 1)
    }

    private static let symbols = [
      "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
      ".", ":", "|", ",", ";",
    ]

    private mutating func lexSymbol() throws {
      guard let symbol = Self.symbols.first(where: { stands($0, at: place) }) else {
        throw Failure("unexpected character '\(source[place])' in a tag", at: position)
      }
      switch symbol {
      case "(": brackets.append(")")
      case "[": brackets.append("]")
      case "{": brackets.append("}")
      case ")", "]", "}":
        guard brackets.popLast() == source[place] else {
          throw Failure("unexpected '\(symbol)'; no bracket that it closes is open", at: position)
        }
      default: break
      }
      emit(.symbol, symbol, place + symbol.unicodeScalars.count)
    }
  }
}
