extension Jinja {
  /// A recursive-descent parser; operators climb by precedence. The grammar is that of `jinja2/parser.py`.
  struct Parser {
    /// Brackets, calls and blocks nested deeper than this are refused.
    static let maximumNesting = 100
    /// Trees taller than this are refused, such as a sum of a thousand terms.
    static let maximumDepth = 300

    let options: JinjaTemplate.Options
    private let tokens: [Token]
    private var place = 0
    private var nesting = 0
    private(set) var names: [String] = []
    private var namePlaces: [ExactText: Int] = [:]
    /// How often expressions so far name the variable `loop`.
    var loopMentions = 0
    /// The names read inside each open macro, innermost last.
    var namesOfMacros: [Set<Int>] = []
    /// How often a target of an assignment so far is the name `loop`.
    var loopStores = 0
    /// The tags that are open, outermost first.
    var openTags: [OpenTag] = []

    struct OpenTag {
      let name: String
      let position: Position
      /// Whether `break` and `continue` mean the loop that this tag begins.
      var isLoopBody = false
      /// Whether the body is a function of its own, so that the loops outside cannot be left from it.
      var isFunction = false
    }

    static func program(_ source: String, name: String, options: JinjaTemplate.Options) throws -> Program {
      var parser = Parser(tokens: try Lexer.tokens(of: source, options: options), options: options)
      let body = try parser.parseBody(until: [])
      return Program(name: name, source: source, options: options, body: body, names: parser.names)
    }

    private init(tokens: [Token], options: JinjaTemplate.Options) {
      self.tokens = tokens
      self.options = options
    }

    // MARK: Tokens

    var current: Token { tokens[place] }
    var following: Token { tokens[min(place + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
      let token = tokens[place]
      if place + 1 < tokens.count { place += 1 }
      return token
    }

    func isName(_ text: String) -> Bool { current.kind == .name && current.text == text }
    func isSymbol(_ text: String) -> Bool { current.kind == .symbol && current.text == text }

    mutating func skip(symbol: String) -> Bool {
      guard isSymbol(symbol) else { return false }
      advance()
      return true
    }

    mutating func skip(name: String) -> Bool {
      guard isName(name) else { return false }
      advance()
      return true
    }

    mutating func expect(symbol: String) throws {
      guard skip(symbol: symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func expect(name: String) throws {
      guard skip(name: name) else { throw unexpected("'\(name)'") }
    }

    mutating func expectName() throws -> Token {
      guard current.kind == .name else { throw unexpected("a name") }
      return advance()
    }

    mutating func expect(_ kind: Token.Kind, _ text: String) throws {
      guard current.kind == kind else { throw unexpected("'\(text)'") }
      advance()
    }

    func unexpected(_ expected: String) -> Failure {
      let found = current.kind == .end ? "the end of the template" : "'\(current.text)'"
      return Failure("found \(found); expected \(expected)", at: current.position)
    }

    /// The place of a name in the table of names.
    mutating func intern(_ name: String) -> Int {
      if let known = namePlaces[ExactText(text: name)] { return known }
      names.append(name)
      namePlaces[ExactText(text: name)] = names.count - 1
      return names.count - 1
    }

    mutating func nested<Result>(_ parse: (inout Parser) throws -> Result) throws -> Result {
      guard nesting < Self.maximumNesting else {
        throw Failure("nested deeper than \(Self.maximumNesting) levels", at: current.position)
      }
      nesting += 1
      defer { nesting -= 1 }
      return try parse(&self)
    }

    /// A node above the given children.
    func node(_ kind: Expression.Kind, _ position: Position, _ children: [Expression] = []) throws -> Expression {
      let depth = 1 + (children.map { $0.depth }.max() ?? 0)
      guard depth <= Self.maximumDepth else {
        throw Failure("the expression has more than \(Self.maximumDepth) levels; split it up", at: position)
      }
      return Expression(kind: kind, position: position, depth: depth)
    }

    // MARK: Operators

    mutating func parseExpression(conditional: Bool = true) throws -> Expression {
      try nested { try $0.parseConditional(conditional) }
    }

    private mutating func parseConditional(_ allowed: Bool) throws -> Expression {
      let position = current.position
      var expression = try parseOperators(Level.or)
      while allowed, skip(name: "if") {
        let test = try parseOperators(Level.or)
        let otherwise = skip(name: "else") ? try parseExpression() : nil
        expression = try node(
          .conditional(test: test, then: expression, otherwise: otherwise), position,
          [test, expression] + (otherwise.map { [$0] } ?? []))
      }
      return expression
    }

    /// How tightly operators bind, loosest first.
    private enum Level {
      static let or = 1, and = 2, comparison = 3, sum = 4, concatenation = 5, product = 6, power = 7
    }

    private func level() -> Int? {
      switch (current.kind, current.text) {
      case (.name, "or"): Level.or
      case (.name, "and"): Level.and
      case (.name, "in"): Level.comparison
      case (.name, "not"): following.kind == .name && following.text == "in" ? Level.comparison : nil
      case (.symbol, "=="), (.symbol, "!="), (.symbol, "<"), (.symbol, "<="), (.symbol, ">"), (.symbol, ">="):
        Level.comparison
      case (.symbol, "+"), (.symbol, "-"): Level.sum
      case (.symbol, "~"): Level.concatenation
      case (.symbol, "*"), (.symbol, "/"), (.symbol, "//"), (.symbol, "%"): Level.product
      case (.symbol, "**"): Level.power
      default: nil
      }
    }

    private mutating func parseOperators(_ minimum: Int) throws -> Expression {
      var left: Expression
      if minimum <= Level.comparison, isName("not") {
        let position = advance().position
        let operand = try nested { try $0.parseOperators(Level.comparison) }
        left = try node(.not(operand), position, [operand])
      } else {
        left = try parseUnary()
      }
      while let level = level(), level >= minimum {
        left = try parseOperation(left, level)
      }
      return left
    }

    private mutating func parseOperation(_ left: Expression, _ level: Int) throws -> Expression {
      let position = current.position
      switch level {
      case Level.comparison: return try parseComparison(left)
      case Level.concatenation:
        var parts = [left]
        while skip(symbol: "~") { parts.append(try parseOperators(level + 1)) }
        return try node(.concatenation(parts), position, parts)
      default:
        let symbol = advance().text
        let right = try parseOperators(level + 1)
        let kind: Expression.Kind
        if level == Level.or {
          kind = .or(left, right)
        } else if level == Level.and {
          kind = .and(left, right)
        } else {
          guard let operation = Operator(rawValue: symbol) else { throw unexpected("an operator") }
          kind = .binary(operation, left, right)
        }
        return try node(kind, position, [left, right])
      }
    }

    private mutating func parseComparison(_ left: Expression) throws -> Expression {
      let position = current.position
      var comparisons: [Comparison] = []
      while level() == Level.comparison {
        var symbol = advance().text
        if symbol == "not" {
          advance()
          symbol = "not in"
        }
        guard let comparator = Comparison.Operator(rawValue: symbol) else { throw unexpected("a comparison") }
        comparisons.append(Comparison(comparator: comparator, right: try parseOperators(Level.sum)))
      }
      return try node(.comparison(left, comparisons), position, [left] + comparisons.map { $0.right })
    }

    private mutating func parseUnary(filters: Bool = true) throws -> Expression {
      let position = current.position
      var expression: Expression
      if isSymbol("-") || isSymbol("+") {
        let isNegative = advance().text == "-"
        let operand = try nested { try $0.parseUnary(filters: false) }
        expression = try node(isNegative ? .negative(operand) : .positive(operand), position, [operand])
      } else {
        expression = try parsePrimary()
      }
      expression = try parsePostfix(expression)
      return filters ? try parseFilters(expression) : expression
    }

    // MARK: Primaries

    mutating func parsePrimary() throws -> Expression {
      let token = current
      switch token.kind {
      case .name:
        advance()
        return try nameOrConstant(token)
      case .string:
        var text = advance().text
        while current.kind == .string { text += advance().text }
        return try node(.string(text), token.position)
      case .integer:
        advance()
        return try node(.integer(try integer(token)), token.position)
      case .float:
        advance()
        guard let value = Double(token.text) else {
          throw Failure("unreadable number \(token.text)", at: token.position)
        }
        return try node(.float(value), token.position)
      case .symbol where token.text == "(":
        advance()
        let tuple = try nested { try $0.parseTuple(inBrackets: true) }
        try expect(symbol: ")")
        return tuple
      case .symbol where token.text == "[": return try parseList()
      case .symbol where token.text == "{": return try parseDictionary()
      default: throw unexpected("an expression")
      }
    }

    private mutating func nameOrConstant(_ token: Token) throws -> Expression {
      switch token.text {
      case "true", "True": return try node(.bool(true), token.position)
      case "false", "False": return try node(.bool(false), token.position)
      case "none", "None": return try node(.none, token.position)
      default:
        let name = intern(token.text)
        if token.text == "loop" { loopMentions += 1 }
        for index in namesOfMacros.indices { namesOfMacros[index].insert(name) }
        return try node(.name(name), token.position)
      }
    }

    private func integer(_ token: Token) throws -> Int {
      let scalars = Array(token.text.unicodeScalars)
      let radix = scalars.count > 2 ? Lexer.radix(of: scalars[1]) : nil
      let digits = radix == nil ? token.text : String(scalars: scalars[2...])
      guard let value = Int(digits, radix: radix ?? 10) else {
        throw Failure("the number \(token.text) is too large; expected 64 bits at most", at: token.position)
      }
      return value
    }

    /// One expression, or a tuple where commas follow.
    mutating func parseTuple(
      inBrackets: Bool = false, conditional: Bool = true, endsAtName: String? = nil
    ) throws -> Expression {
      let position = current.position
      var elements: [Expression] = []
      var isTuple = false
      while true {
        if isTupleEnd(endsAtName) { break }
        elements.append(try parseExpression(conditional: conditional))
        guard skip(symbol: ",") else { break }
        isTuple = true
      }
      if !isTuple, let first = elements.first { return first }
      guard isTuple || inBrackets else { throw unexpected("an expression") }
      return try node(.tuple(elements), position, elements)
    }

    func isTupleEnd(_ endsAtName: String?) -> Bool {
      current.kind == .variableEnd || current.kind == .blockEnd || isSymbol(")")
        || endsAtName.map { isName($0) } ?? false
    }

    private mutating func parseList() throws -> Expression {
      let position = advance().position
      var elements: [Expression] = []
      while !isSymbol("]") {
        elements.append(try parseExpression())
        guard skip(symbol: ",") else { break }
      }
      try expect(symbol: "]")
      return try node(.list(elements), position, elements)
    }

    private mutating func parseDictionary() throws -> Expression {
      let position = advance().position
      var pairs: [Pair] = []
      while !isSymbol("}") {
        let key = try parseExpression()
        try expect(symbol: ":")
        pairs.append(Pair(key: key, value: try parseExpression()))
        guard skip(symbol: ",") else { break }
      }
      try expect(symbol: "}")
      return try node(.dictionary(pairs), position, pairs.flatMap { [$0.key, $0.value] })
    }
  }
}
