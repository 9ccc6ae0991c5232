// How each expression is evaluated.
extension Jinja.Interpreter {
  func evaluate(_ expression: Jinja.Expression) throws -> Jinja.Value {
    try charge()
    switch expression.kind {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .float(let value): return .float(value)
    case .string(let value): return .string(value)
    case .name(let name):
      position = expression.position
      return try lookUp(name)
    default: return try deeper { try evaluateNode(expression) }
    }
  }

  private func evaluateNode(_ expression: Jinja.Expression) throws -> Jinja.Value {
    switch expression.kind {
    case .list(let elements): return .list(try Jinja.ListObject(elements.map { try evaluate($0) }))
    case .tuple(let elements): return .tuple(try Jinja.ListObject(elements.map { try evaluate($0) }))
    case .dictionary(let pairs): return try dictionary(pairs)
    case .attribute(let base, let name):
      let value = try evaluate(base)
      position = expression.position
      return try attribute(name, of: value)
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .conditional(let test, let then, let otherwise):
      if try evaluate(test).isTrue { return try evaluate(then) }
      guard let otherwise else {
        return .undefined(.reason("the inline if-expression has no else section and its condition is false"))
      }
      return try evaluate(otherwise)
    default: return try evaluateOperation(expression)
    }
  }

  private func evaluateOperation(_ expression: Jinja.Expression) throws -> Jinja.Value {
    switch expression.kind {
    case .item(let base, let key):
      let value = try evaluate(base), key = try evaluate(key)
      position = expression.position
      return try item(key, of: value)
    case .slice(let base, let bounds):
      let value = try evaluate(base)
      let bounds = try bounds.map { try $0.map { try evaluate($0) } }
      position = expression.position
      return try slice(value, bounds)
    case .call(let callee, let arguments): return try evaluateCall(expression, callee, arguments)
    case .filter(let subject, let application):
      return try apply(filter: application, to: try evaluate(subject))
    case .test(let subject, let application):
      return try evaluateTest(subject, application)
    case .negative(let operand), .positive(let operand):
      let value = try evaluate(operand)
      position = expression.position
      if case .negative = expression.kind { return try negated(value) }
      guard value.double != nil else { throw Jinja.Failure("bad operand type for unary +: '\(value.typeName)'") }
      return value.index.map { .integer($0) } ?? value
    case .binary(let operation, let left, let right):
      let left = try evaluate(left), right = try evaluate(right)
      position = expression.position
      return try calculate(operation, left, right)
    case .concatenation(let parts): return try concatenated(parts)
    case .comparison(let left, let comparisons): return try compared(left, comparisons)
    default: return .none
    }
  }

  private func dictionary(_ pairs: [Jinja.Pair]) throws -> Jinja.Value {
    let result = Jinja.DictionaryObject()
    for pair in pairs {
      let key = try evaluate(pair.key)
      try result.set(key, key: try hashKey(key), to: try evaluate(pair.value))
    }
    return .dictionary(result)
  }

  private func concatenated(_ parts: [Jinja.Expression]) throws -> Jinja.Value {
    var text = ""
    for part in parts {
      let piece = try string(try evaluate(part))
      try reserve(text.utf8.count + piece.utf8.count)
      text += piece
    }
    return .string(text)
  }

  private func compared(_ left: Jinja.Expression, _ comparisons: [Jinja.Comparison]) throws -> Jinja.Value {
    var left = try evaluate(left)
    for comparison in comparisons {
      let right = try evaluate(comparison.right)
      position = comparison.right.position
      guard try holds(comparison.comparator, left, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  func evaluate(_ arguments: Jinja.CallArguments) throws -> Jinja.Arguments {
    var values = Jinja.Arguments()
    values.positional = try arguments.positional.map { try evaluate($0) }
    values.keywords = try arguments.keywords.map { ($0.name, try evaluate($0.value)) }
    if let spread = arguments.spread {
      values.positional += try items(of: try evaluate(spread))
    }
    if let spread = arguments.spreadKeywords {
      guard case .dictionary(let members) = try evaluate(spread) else {
        throw Jinja.Failure("the argument after ** is no dictionary", at: spread.position)
      }
      for (key, value) in zip(members.keys, members.values) {
        guard let name = key.text else { throw Jinja.Failure("keywords must be strings", at: spread.position) }
        values.keywords.append((name, value))
      }
    }
    return values
  }

  private func evaluateCall(
    _ expression: Jinja.Expression, _ callee: Jinja.Expression, _ arguments: Jinja.CallArguments
  ) throws -> Jinja.Value {
    if case .attribute(let base, let name) = callee.kind {
      let receiver = try evaluate(base)
      if let method = Jinja.Methods.method(name, of: receiver, mutable: !program.options.isChat) {
        let values = try evaluate(arguments)
        position = expression.position
        if !values.isEmpty { try Jinja.Methods.check(values, name) }
        return try method(self, receiver, values)
      }
      position = callee.position
      let function = try attribute(name, of: receiver)
      let values = try evaluate(arguments)
      position = expression.position
      return try call(function, values)
    }
    let function = try evaluate(callee)
    let values = try evaluate(arguments)
    position = expression.position
    return try call(function, values)
  }

  func call(_ function: Jinja.Value, _ arguments: Jinja.Arguments) throws -> Jinja.Value {
    switch function {
    case .undefined(let undefined): throw Jinja.Failure(undefined.message)
    case .object(let object): return try object.call(arguments, self)
    default: throw Jinja.Failure("'\(function.typeName)' object is not callable")
    }
  }

  // MARK: Filters and tests

  func apply(filter application: Jinja.Application, to value: Jinja.Value) throws -> Jinja.Value {
    let arguments = try evaluate(application.arguments)
    position = application.position
    return try apply(filter: application.name, to: value, arguments)
  }

  func apply(filter name: String, to value: Jinja.Value, _ arguments: Jinja.Arguments) throws -> Jinja.Value {
    try charge()
    if let custom = environment.filters[name] {
      let given = try ([value] + arguments.positional).map { try json($0) }
      return try Jinja.Value(try custom(given))
    }
    guard let filter = Jinja.Filters.all[name] else {
      throw Jinja.Filters.unknown(name, "filter", Jinja.Filters.all.keys)
    }
    if !arguments.isEmpty, Jinja.Filters.withoutArguments.contains(name) {
      try arguments.expectNone("the filter '\(name)'")
    }
    if name == "tojson", program.options.isChat { return try Jinja.Filters.chatJSON(self, value, arguments) }
    return try filter(self, value, arguments)
  }

  private func evaluateTest(_ subject: Jinja.Expression, _ application: Jinja.Application) throws -> Jinja.Value {
    let value = try evaluate(subject)
    let arguments = try evaluate(application.arguments)
    position = application.position
    return .bool(try passes(test: application.name, value, arguments))
  }

  func passes(test name: String, _ value: Jinja.Value, _ arguments: Jinja.Arguments) throws -> Bool {
    try charge()
    guard let test = Jinja.Tests.all[name] else { throw Jinja.Filters.unknown(name, "test", Jinja.Tests.all.keys) }
    if !arguments.isEmpty, !Jinja.Tests.withArgument.contains(name) {
      try arguments.expectNone("the test '\(name)'")
    }
    return try test(self, value, arguments)
  }

  // MARK: Attributes and items

  /// `value.name`: a method or attribute, else an item.
  func attribute(_ name: String, of value: Jinja.Value) throws -> Jinja.Value {
    if case .undefined(let undefined) = value { throw Jinja.Failure(undefined.message) }
    if let found = try ownAttribute(name, of: value) { return found }
    if case .dictionary(let dictionary) = value, let member = dictionary.value(name) { return member }
    if Jinja.Methods.changes(value, name) {
      return .undefined(.reason("access to attribute '\(name)' of '\(value.typeName)' object is unsafe"))
    }
    return .undefined(.attribute(name, of: value.typeDescription))
  }

  /// What Python's `getattr` finds.
  func ownAttribute(_ name: String, of value: Jinja.Value) throws -> Jinja.Value? {
    if case .object(let object) = value { return try object.attribute(name) }
    if case .tuple(let tuple) = value, let place = tuple.fields.firstIndex(of: name) { return tuple.items[place] }
    guard let method = Jinja.Methods.method(name, of: value, mutable: !program.options.isChat) else {
      return Jinja.Methods.constant(name, of: value)
    }
    return .object(
      Jinja.Function(name, nesting: value.nesting + 1) { interpreter, arguments in
        try Jinja.Methods.check(arguments, name)
        return try method(interpreter, value, arguments)
      })
  }

  /// `value[key]`: an item, else an attribute.
  func item(_ key: Jinja.Value, of value: Jinja.Value) throws -> Jinja.Value {
    switch value {
    case .undefined(let undefined): throw Jinja.Failure(undefined.message)
    case .dictionary(let dictionary):
      if let hashed = try? hashKey(key), let member = dictionary.value(hashed) { return member }
    case .list(let list), .tuple(let list):
      if let place = key.index.flatMap({ resolved($0, list.items.count) }) { return list.items[place] }
    case .range(let range):
      if let place = key.index.flatMap({ resolved($0, range.count) }) { return .integer(range[place]) }
    case .string(let text), .markup(let text):
      if let index = key.index, let scalar = try scalar(at: index, of: text) { return .text([scalar]) }
    default: break
    }
    if let name = key.text {
      if let found = try ownAttribute(name, of: value) { return found }
      return .undefined(.attribute(name, of: value.typeDescription))
    }
    return .undefined(.element(try representation(key), of: value.typeDescription))
  }

  /// The place of an index that may count from the end; nil when it is outside.
  private func resolved(_ index: Int, _ count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return place >= 0 && place < count ? place : nil
  }

  private func scalar(at index: Int, of text: String) throws -> Unicode.Scalar? {
    try charge(text.utf8.count / Jinja.Limit.bytesPerStep)
    let scalars = text.unicodeScalars
    if index >= 0 { return scalars.dropFirst(index).first }
    return index == Int.min ? nil : scalars.dropLast(-index - 1).last
  }
}
