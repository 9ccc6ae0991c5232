// Text, output and the tags.
extension Jinja.Parser {
  /// Statements up to a tag of one of the given names, which stays the current token; up to the end when none is given.
  mutating func parseBody(until ends: [String]) throws -> [Jinja.Statement] {
    var body: [Jinja.Statement] = []
    while true {
      let token = current
      switch token.kind {
      case .text:
        advance()
        body.append(Jinja.Statement(kind: .text(token.text), position: token.position))
      case .variableBegin:
        advance()
        let expression = try parseTuple()
        try expect(.variableEnd, "}}")
        body.append(Jinja.Statement(kind: .output(expression), position: token.position))
      case .blockBegin:
        advance()
        if current.kind == .name, ends.contains(current.text) { return body }
        body.append(Jinja.Statement(kind: try parseTag(), position: token.position))
        try expect(.blockEnd, "%}")
      default:
        guard ends.isEmpty else { throw unclosed(ends) }
        return body
      }
    }
  }

  private func unclosed(_ ends: [String]) -> Jinja.Failure {
    let expected = ends.map { "{% \($0) %}" }.joined(separator: " or ")
    return Jinja.Failure(
      "the tag '\(openTags.last?.name ?? "")' is not closed before the end of the template; expected \(expected)",
      at: openTags.last?.position)
  }

  /// The body of a tag whose head has just been read, including its end tag.
  private mutating func parseBlock(end: String) throws -> [Jinja.Statement] {
    let body = try parseBlock(until: [end])
    advance()
    return body
  }

  private mutating func parseBlock(until ends: [String]) throws -> [Jinja.Statement] {
    _ = skip(symbol: ":")
    try expect(.blockEnd, "%}")
    return try parseBody(until: ends)
  }

  private mutating func parseTag() throws -> Jinja.Statement.Kind {
    guard current.kind == .name else { throw unexpected("the name of a tag") }
    let functions = ["macro", "call", "generation", "block", "set", "filter"]
    openTags.append(
      OpenTag(name: current.text, position: current.position, isFunction: functions.contains(current.text)))
    defer { openTags.removeLast() }
    return try nested { try $0.parseTagContent() }
  }

  private mutating func parseTagContent() throws -> Jinja.Statement.Kind {
    let token = advance()
    switch token.text {
    case "if": return try parseIf()
    case "for": return try parseFor()
    case "set": return try parseSet()
    case "print": return try parsePrint()
    case "macro": return try parseMacro()
    case "call": return try parseCallBlock()
    case "filter":
      let filters = [try parseFilterName()] + (try parseFilterChain())
      return .filterBlock(filters, body: try parseBlock(end: "endfilter"))
    case "with": return try parseWith()
    case "generation" where options.isChat: return .generation(try parseBlock(end: "endgeneration"))
    case "break" where options.isChat: return try loopControl(.breakLoop, token)
    case "continue" where options.isChat: return try loopControl(.continueLoop, token)
    case "block": return try parseNamedBlock()
    case "autoescape":
      throw Jinja.Failure("the tag 'autoescape' is not supported; the filter 'e' escapes a value", at: token.position)
    case "extends", "include", "import", "from":
      throw Jinja.Failure("the tag '\(token.text)' is not supported; a template stands alone", at: token.position)
    default: throw unknownTag(token)
    }
  }

  private func unknownTag(_ token: Jinja.Token) -> Jinja.Failure {
    let inside = openTags.dropLast().last.map { "; inside '\($0.name)' of line \($0.position.line)" } ?? ""
    return Jinja.Failure("unknown or misplaced tag '\(token.text)'\(inside)", at: token.position)
  }

  private func loopControl(_ kind: Jinja.Statement.Kind, _ token: Jinja.Token) throws -> Jinja.Statement.Kind {
    guard openTags.last(where: { $0.isLoopBody || $0.isFunction })?.isLoopBody ?? false else {
      throw Jinja.Failure("'\(token.text)' outside of a loop", at: token.position)
    }
    return kind
  }

  private mutating func parsePrint() throws -> Jinja.Statement.Kind {
    let position = current.position
    var parts = [try parseExpression()]
    while skip(symbol: ",") { parts.append(try parseExpression()) }
    return .output(try node(.concatenation(parts), position, parts))
  }

  private mutating func parseIf() throws -> Jinja.Statement.Kind {
    var branches: [Jinja.Branch] = []
    while true {
      let test = try parseTuple(conditional: false)
      branches.append(Jinja.Branch(test: test, body: try parseBlock(until: ["elif", "else", "endif"])))
      switch advance().text {
      case "elif": continue
      case "else": return .conditional(branches, otherwise: try parseBlock(end: "endif"))
      default: return .conditional(branches, otherwise: [])
      }
    }
  }

  private mutating func parseFor() throws -> Jinja.Statement.Kind {
    let position = current.position
    let storesBefore = loopStores
    let target = try parseTarget(endsAtName: "in")
    try expect(name: "in")
    let items = try parseTuple(conditional: false, endsAtName: "recursive")
    let filter = skip(name: "if") ? try parseExpression() : nil
    let isRecursive = skip(name: "recursive")
    let mentionsBefore = loopMentions
    openTags[openTags.count - 1].isLoopBody = true
    let body = try parseBlock(until: ["else", "endfor"])
    let mentionsLoop = loopMentions > mentionsBefore
    openTags[openTags.count - 1].isLoopBody = false
    openTags[openTags.count - 1].isFunction = isRecursive
    let otherwise = advance().text == "else" ? try parseBlock(end: "endfor") : []
    guard loopStores == storesBefore else {
      throw Jinja.Failure("the name 'loop' cannot be assigned to inside of a loop", at: position)
    }
    return .loop(
      Jinja.Loop(
        target: target, items: items, filter: filter, isRecursive: isRecursive, body: body, otherwise: otherwise,
        loopName: intern("loop"), mentionsLoop: mentionsLoop || isRecursive))
  }

  private mutating func parseSet() throws -> Jinja.Statement.Kind {
    let target = try parseTarget(allowsAttribute: true)
    if skip(symbol: "=") { return .set(target, try parseTuple()) }
    let filters = try parseFilterChain()
    return .setBlock(target, filters: filters, body: try parseBlock(end: "endset"))
  }

  private mutating func parseTarget(
    allowsAttribute: Bool = false, endsAtName: String? = nil
  ) throws -> Jinja.Target {
    var targets: [Jinja.Target] = []
    var isTuple = false
    while !isTupleEnd(endsAtName) {
      targets.append(try parseSingleTarget(allowsAttribute))
      guard skip(symbol: ",") else { break }
      isTuple = true
    }
    guard let first = targets.first else { throw unexpected("a name to assign to") }
    return isTuple ? .tuple(targets) : first
  }

  private mutating func parseSingleTarget(_ allowsAttribute: Bool) throws -> Jinja.Target {
    if skip(symbol: "(") {
      let target = try nested { try $0.parseTarget(allowsAttribute: allowsAttribute) }
      try expect(symbol: ")")
      return target
    }
    let token = try expectName()
    if allowsAttribute, skip(symbol: ".") {
      return .attribute(of: intern(token.text), try expectName().text)
    }
    if token.text == "loop" { loopStores += 1 }
    return .name(try assignable(token))
  }

  private mutating func assignable(_ token: Jinja.Token) throws -> Int {
    guard !["true", "false", "none", "True", "False", "None"].contains(token.text) else {
      throw Jinja.Failure("'\(token.text)' cannot be assigned to", at: token.position)
    }
    return intern(token.text)
  }

  private mutating func parseWith() throws -> Jinja.Statement.Kind {
    var assignments: [Jinja.Assignment] = []
    while current.kind != .blockEnd {
      if !assignments.isEmpty { try expect(symbol: ",") }
      let target = Jinja.Target.name(try assignable(try expectName()))
      try expect(symbol: "=")
      assignments.append(Jinja.Assignment(target: target, value: try parseExpression()))
    }
    return .with(assignments, body: try parseBlock(end: "endwith"))
  }

  private mutating func parseNamedBlock() throws -> Jinja.Statement.Kind {
    let name = try expectName().text
    while skip(name: "scoped") || skip(name: "required") {}
    let body = try parseBlock(end: "endblock")
    _ = skip(name: name)
    return .scope(body)
  }

  private mutating func parseMacro() throws -> Jinja.Statement.Kind {
    let token = try expectName()
    let name = try assignable(token)
    let parameters = try parseSignature()
    return .macro(name, try parseDefinition(token, parameters, end: "endmacro"))
  }

  private mutating func parseCallBlock() throws -> Jinja.Statement.Kind {
    let parameters = isSymbol("(") ? try parseSignature() : []
    let expression = try parseExpression()
    guard case .call(let callee, let arguments) = expression.kind else {
      throw Jinja.Failure("the tag 'call' needs the call of a macro, such as {% call box() %}", at: expression.position)
    }
    return .call(callee, arguments, caller: try parseDefinition(nil, parameters, end: "endcall"))
  }

  private mutating func parseDefinition(
    _ token: Jinja.Token?, _ parameters: [Jinja.MacroDefinition.Parameter], end: String
  ) throws -> Jinja.MacroDefinition {
    namesOfMacros.append([])
    let body = try parseBlock(end: end)
    let used = namesOfMacros.removeLast()
    let declared = Set(parameters.map { $0.name })
    let caller = intern("caller")
    if used.contains(caller), parameters.contains(where: { $0.name == caller && $0.standard == nil }) {
      throw Jinja.Failure("the parameter 'caller' needs a default, such as caller=none", at: token?.position)
    }
    func special(_ name: String) -> Int? {
      let place = intern(name)
      return used.contains(place) && !declared.contains(place) ? place : nil
    }
    return Jinja.MacroDefinition(
      name: token?.text, parameters: parameters, body: body, callerName: special("caller"),
      extraPositionalName: special("varargs"), extraKeywordsName: special("kwargs"))
  }

  private mutating func parseSignature() throws -> [Jinja.MacroDefinition.Parameter] {
    try expect(symbol: "(")
    var parameters: [Jinja.MacroDefinition.Parameter] = []
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(symbol: ",") }
      let token = try expectName()
      let name = try assignable(token)
      guard !parameters.contains(where: { $0.name == name }) else {
        throw Jinja.Failure("the parameter '\(token.text)' stands there twice", at: token.position)
      }
      let standard = skip(symbol: "=") ? try parseExpression() : nil
      if standard == nil, parameters.last?.standard != nil {
        throw Jinja.Failure("a parameter without a default follows one with a default", at: current.position)
      }
      parameters.append(Jinja.MacroDefinition.Parameter(name: name, standard: standard))
    }
    try expect(symbol: ")")
    return parameters
  }
}
