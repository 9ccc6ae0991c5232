// How each statement is carried out.
extension Jinja.Interpreter {
  /// How a body ended.
  enum Flow {
    case normal, breakLoop, continueLoop
  }

  func execute(_ body: [Jinja.Statement]) throws -> Flow {
    for statement in body {
      let flow = try execute(statement)
      if flow != .normal { return flow }
    }
    return .normal
  }

  private func execute(_ statement: Jinja.Statement) throws -> Flow {
    try charge()
    position = statement.position
    switch statement.kind {
    case .text(let text): try write(text)
    case .output(let expression): try write(string(try evaluate(expression)))
    case .set(let target, let expression):
      let value = try evaluate(expression)
      position = statement.position
      try assign(target, value)
    case .conditional(let branches, let otherwise): return try choose(branches, otherwise)
    case .loop(let loop): return try run(loop, over: try evaluate(loop.items), depth: 0)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    case .with(let assignments, let body): return try run(assignments, body)
    default: try executeScoped(statement)
    }
    return .normal
  }

  /// The statements whose bodies have a scope of their own.
  private func executeScoped(_ statement: Jinja.Statement) throws {
    switch statement.kind {
    case .setBlock(let target, let filters, let body):
      try assign(target, try filtered(try capturedInScope(body), filters))
    case .filterBlock(let filters, let body):
      try write(string(try filtered(try capturedInScope(body), filters)))
    case .macro(let name, let definition):
      track(scope)
      scope.set(name, to: .object(Jinja.Macro(definition, scope, names: program.names)))
    case .call(let callee, let arguments, let caller):
      var values = try evaluate(arguments)
      track(scope)
      values.keywords.append(("caller", .object(Jinja.Macro(caller, scope, names: program.names))))
      let function = try evaluate(callee)
      position = statement.position
      try write(string(try call(function, values)))
    case .scope(let body): try inScope { try deeper { _ = try execute(body) } }
    case .generation(let body):
      try markGenerated { try inScope { try deeper { _ = try execute(body) } } }
    default: break
    }
  }

  private func run(_ assignments: [Jinja.Assignment], _ body: [Jinja.Statement]) throws -> Flow {
    let values = try assignments.map { try evaluate($0.value) }
    return try inScope {
      for (assignment, value) in zip(assignments, values) { try assign(assignment.target, value) }
      return try deeper { try execute(body) }
    }
  }

  private func capturedInScope(_ body: [Jinja.Statement]) throws -> Jinja.Value {
    .string(try captured { try inScope { try deeper { _ = try execute(body) } } })
  }

  private func filtered(_ value: Jinja.Value, _ filters: [Jinja.Application]) throws -> Jinja.Value {
    try filters.reduce(value) { try apply(filter: $1, to: $0) }
  }

  private func choose(_ branches: [Jinja.Branch], _ otherwise: [Jinja.Statement]) throws -> Flow {
    for branch in branches where try evaluate(branch.test).isTrue {
      return try deeper { try execute(branch.body) }
    }
    return try deeper { try execute(otherwise) }
  }

  /// One walk of a loop; a recursive loop calls this again with inner items.
  ///
  /// As in Jinja, `else` is taken when no round came to the end of the body, and may leave an outer loop.
  func run(_ loop: Jinja.Loop, over value: Jinja.Value, depth: Int) throws -> Flow {
    var items = try items(of: value)
    if loop.mentionsLoop, loop.filter != nil { items = try items.filter { try passes(loop, $0) } }
    let state = loop.mentionsLoop ? try Jinja.LoopState(items, loop: loop, depth: depth, scope: scope) : nil
    var isCompleted = false
    for index in items.indices {
      try charge()
      guard try loop.mentionsLoop || passes(loop, items[index]) else { continue }
      let flow = try inScope {
        if let state {
          state.index = index
          scope.set(loop.loopName, to: .object(state))
        }
        try assign(loop.target, items[index])
        return try deeper { try execute(loop.body) }
      }
      if flow == .breakLoop { break }
      if flow == .normal { isCompleted = true }
    }
    return isCompleted ? .normal : try inScope { try deeper { try execute(loop.otherwise) } }
  }

  /// Whether the loop's filter lets an item through.
  private func passes(_ loop: Jinja.Loop, _ item: Jinja.Value) throws -> Bool {
    guard let filter = loop.filter else { return true }
    return try inScope {
      try charge()
      try assign(loop.target, item)
      return try evaluate(filter).isTrue
    }
  }
}
