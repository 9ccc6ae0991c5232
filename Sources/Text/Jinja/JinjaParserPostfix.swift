// What may follow a primary expression: attributes, subscripts, calls, filters and tests.
extension Jinja.Parser {
  mutating func parsePostfix(_ start: Jinja.Expression) throws -> Jinja.Expression {
    var expression = start
    while current.kind == .symbol {
      switch current.text {
      case ".": expression = try parseAttribute(of: expression)
      case "[": expression = try parseSubscript(of: expression)
      case "(": expression = try parseCall(of: expression)
      default: return expression
      }
    }
    return expression
  }

  mutating func parseFilters(_ start: Jinja.Expression) throws -> Jinja.Expression {
    var expression = start
    while true {
      if isSymbol("|") {
        advance()
        let filter = try parseFilterName()
        expression = try node(.filter(expression, filter), filter.position, [expression] + filter.arguments.all)
      } else if isName("is") {
        expression = try parseTest(expression)
      } else if isSymbol("(") {
        expression = try parseCall(of: expression)
      } else {
        return expression
      }
    }
  }

  /// The filters of a `{% filter %}` or `{% set %}` block.
  mutating func parseFilterChain() throws -> [Jinja.Application] {
    var filters: [Jinja.Application] = []
    while skip(symbol: "|") { filters.append(try parseFilterName()) }
    return filters
  }

  mutating func parseFilterName() throws -> Jinja.Application {
    let token = try expectName()
    var name = token.text
    while skip(symbol: ".") { name += "." + (try expectName().text) }
    let arguments = isSymbol("(") ? try parseArguments() : Jinja.CallArguments()
    return Jinja.Application(name: name, arguments: arguments, position: token.position)
  }

  private mutating func parseTest(_ subject: Jinja.Expression) throws -> Jinja.Expression {
    let position = advance().position
    let isNegated = skip(name: "not")
    var name = try expectName().text
    while skip(symbol: ".") { name += "." + (try expectName().text) }
    var arguments = Jinja.CallArguments()
    if isSymbol("(") {
      arguments = try parseArguments()
    } else if startsTestArgument {
      if isName("is") {
        throw Jinja.Failure("two tests with 'is' in a row; join them with 'and'", at: current.position)
      }
      let argument = try nested { parser in
        let primary = try parser.parsePrimary()
        return try parser.parsePostfix(primary)
      }
      arguments.positional = [argument]
    }
    let application = Jinja.Application(name: name, arguments: arguments, position: position)
    let test = try node(.test(subject, application), position, [subject] + arguments.all)
    return isNegated ? try node(.not(test), position, [test]) : test
  }

  private var startsTestArgument: Bool {
    switch current.kind {
    case .name: !["else", "or", "and"].contains(current.text)
    case .string, .integer, .float: true
    case .symbol: ["(", "[", "{"].contains(current.text)
    default: false
    }
  }

  private mutating func parseAttribute(of base: Jinja.Expression) throws -> Jinja.Expression {
    let position = advance().position
    let token = current
    switch token.kind {
    case .name:
      advance()
      return try node(.attribute(base, token.text), position, [base])
    case .integer:
      let index = try parsePrimary()
      return try node(.item(base, index), position, [base, index])
    default: throw unexpected("a name or a number after '.'")
    }
  }

  private mutating func parseSubscript(of base: Jinja.Expression) throws -> Jinja.Expression {
    let position = advance().position
    var indices: [Jinja.Expression] = []
    repeat {
      if isSymbol(":") {
        return try parseSlice(of: base, from: nil, position)
      }
      indices.append(try parseExpression())
      if isSymbol(":"), indices.count == 1 {
        return try parseSlice(of: base, from: indices[0], position)
      }
    } while skip(symbol: ",")
    try expect(symbol: "]")
    let index = indices.count == 1 ? indices[0] : try node(.tuple(indices), position, indices)
    return try node(.item(base, index), position, [base, index])
  }

  private mutating func parseSlice(
    of base: Jinja.Expression, from start: Jinja.Expression?, _ position: Jinja.Position
  ) throws -> Jinja.Expression {
    var bounds = [start]
    while bounds.count < 3, skip(symbol: ":") {
      bounds.append(isSymbol(":") || isSymbol("]") ? nil : try parseExpression())
    }
    try expect(symbol: "]")
    return try node(.slice(base, bounds), position, [base] + bounds.compactMap { $0 })
  }

  private mutating func parseCall(of base: Jinja.Expression) throws -> Jinja.Expression {
    let position = current.position
    let arguments = try parseArguments()
    return try node(.call(base, arguments), position, [base] + arguments.all)
  }

  mutating func parseArguments() throws -> Jinja.CallArguments {
    try expect(symbol: "(")
    var arguments = Jinja.CallArguments()
    while !isSymbol(")") {
      try parseArgument(into: &arguments)
      guard skip(symbol: ",") else { break }
    }
    try expect(symbol: ")")
    return arguments
  }

  private mutating func parseArgument(into arguments: inout Jinja.CallArguments) throws {
    let position = current.position
    func ensure(_ condition: Bool) throws {
      guard condition else {
        throw Jinja.Failure(
          "arguments in the wrong order; expected positional ones, then named ones, then *list and **dictionary",
          at: position)
      }
    }
    if skip(symbol: "*") {
      try ensure(arguments.spread == nil && arguments.spreadKeywords == nil)
      arguments.spread = try parseExpression()
    } else if skip(symbol: "**") {
      try ensure(arguments.spreadKeywords == nil)
      arguments.spreadKeywords = try parseExpression()
    } else if current.kind == .name, following.kind == .symbol, following.text == "=" {
      try ensure(arguments.spreadKeywords == nil)
      let name = advance().text
      advance()
      guard !arguments.keywords.contains(where: { $0.name == name }) else {
        throw Jinja.Failure("the argument '\(name)' is given twice", at: position)
      }
      arguments.keywords.append(Jinja.CallArguments.Keyword(name: name, value: try parseExpression()))
    } else {
      try ensure(arguments.spread == nil && arguments.spreadKeywords == nil && arguments.keywords.isEmpty)
      arguments.positional.append(try parseExpression())
    }
  }
}

extension Jinja.CallArguments {
  var all: [Jinja.Expression] {
    positional + keywords.map { $0.value } + [spread, spreadKeywords].compactMap { $0 }
  }
}
