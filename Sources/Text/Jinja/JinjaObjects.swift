extension Jinja {
  /// A function of Swift as a value.
  final class Function: RuntimeObject {
    let name: String
    let nesting: Int
    private let body: (Interpreter, Arguments) throws -> Value

    init(_ name: String, nesting: Int = 1, _ body: @escaping (Interpreter, Arguments) throws -> Value) {
      self.name = name
      self.nesting = nesting
      self.body = body
    }

    var typeName: String { "builtin_function_or_method" }
    var summary: String { "<built-in function \(name)>" }
    var isCallable: Bool { true }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
      try interpreter.deeper { try body(interpreter, arguments) }
    }
  }

  /// What `namespace()` makes: attributes that `{% set space.name = … %}` changes from any scope.
  final class Namespace: RuntimeObject, Emptiable {
    let attributes = DictionaryObject()

    var typeName: String { "jinja2.utils.Namespace" }
    var summary: String { "<Namespace>" }

    func attribute(_ name: String) throws -> Value? { attributes.value(name) }
    func set(_ name: String, to value: Value) throws { try attributes.set(name, to: value) }
    func empty() { attributes.removeAll() }
  }

  /// A macro and the scope where it was defined.
  final class Macro: RuntimeObject {
    private let definition: MacroDefinition
    private let scope: Scope
    private let names: [String]

    init(_ definition: MacroDefinition, _ scope: Scope, names: [String]) {
      self.definition = definition
      self.scope = scope
      self.names = names
    }

    var typeName: String { "jinja2.runtime.Macro" }
    var summary: String { definition.name.map { "<Macro '\($0)'>" } ?? "<Macro anonymous>" }
    var isCallable: Bool { true }
    private var description: String { definition.name.map { "macro '\($0)'" } ?? "the body of the tag 'call'" }

    func attribute(_ name: String) throws -> Value? {
      switch name {
      case "name": definition.name.map { .string($0) } ?? Value.none
      case "arguments":
        .tuple(try ListObject(definition.parameters.map { .string(names[$0.name]) }))
      case "caller": .bool(definition.callerName != nil)
      case "catch_kwargs": .bool(definition.extraKeywordsName != nil)
      case "catch_varargs": .bool(definition.extraPositionalName != nil)
      default: nil
      }
    }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
      try interpreter.inScope(of: scope) {
        try bind(arguments, interpreter)
        return try interpreter.deeper {
          .string(try interpreter.captured { _ = try interpreter.execute(definition.body) })
        }
      }
    }

    private func bind(_ arguments: Arguments, _ interpreter: Interpreter) throws {
      var keywords = arguments.keywords
      for (index, parameter) in definition.parameters.enumerated() {
        let name = names[parameter.name]
        if index < arguments.positional.count {
          interpreter.scope.set(parameter.name, to: arguments.positional[index])
        } else if let place = keywords.firstIndex(where: { $0.name == name }) {
          interpreter.scope.set(parameter.name, to: keywords.remove(at: place).value)
        } else if let standard = parameter.standard {
          interpreter.scope.set(parameter.name, to: try interpreter.evaluate(standard))
        } else {
          interpreter.scope.set(
            parameter.name, to: .undefined(.reason("parameter '\(name)' was not provided")))
        }
      }
      try bindExtras(arguments, &keywords, interpreter)
    }

    private func bindExtras(
      _ arguments: Arguments, _ keywords: inout [(name: String, value: Value)], _ interpreter: Interpreter
    ) throws {
      if let name = definition.callerName {
        let place = keywords.firstIndex { $0.name == "caller" }
        let caller = place.map { keywords.remove(at: $0).value }
        interpreter.scope.set(name, to: caller ?? .undefined(.reason("No caller defined")))
      }
      if let name = definition.extraKeywordsName {
        let extra = DictionaryObject()
        for keyword in keywords { try extra.set(keyword.name, to: keyword.value) }
        interpreter.scope.set(name, to: .dictionary(extra))
      } else if let keyword = keywords.first {
        throw Failure("\(description) takes no keyword argument '\(keyword.name)'")
      }
      let count = definition.parameters.count
      if let name = definition.extraPositionalName {
        let extra = Array(arguments.positional.dropFirst(count))
        interpreter.scope.set(name, to: .tuple(try ListObject(extra)))
      } else if arguments.positional.count > count {
        throw Failure("\(description) takes not more than \(count) argument(s)")
      }
    }
  }

  /// The variable `loop` inside a loop.
  final class LoopState: RuntimeObject {
    var index = 0
    let nesting: Int
    private let items: [Value]
    private let loop: Loop
    private let depth: Int
    private let scope: Scope
    private var lastChanged: [Value]?

    init(_ items: [Value], loop: Loop, depth: Int, scope: Scope) throws {
      self.items = items
      self.loop = loop
      self.depth = depth
      self.scope = scope
      nesting = try Jinja.nesting(around: items)
    }

    var typeName: String { "jinja2.runtime.LoopContext" }
    var summary: String { "<LoopContext \(index + 1)/\(items.count)>" }
    var isCallable: Bool { true }

    func attribute(_ name: String) throws -> Value? {
      switch name {
      case "index": .integer(index + 1)
      case "index0": .integer(index)
      case "revindex": .integer(items.count - index)
      case "revindex0": .integer(items.count - index - 1)
      case "first": .bool(index == 0)
      case "last": .bool(index == items.count - 1)
      case "length": .integer(items.count)
      case "depth": .integer(depth + 1)
      case "depth0": .integer(depth)
      case "previtem": index > 0 ? items[index - 1] : .undefined(.reason("there is no previous item"))
      case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined(.reason("there is no next item"))
      case "cycle": .object(Function("cycle", nesting: nesting) { [self] _, arguments in try cycle(arguments) })
      case "changed":
        .object(Function("changed", nesting: nesting) { [self] in .bool(try changed($1.positional, $0)) })
      default: nil
      }
    }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
      guard loop.isRecursive else {
        throw Failure("the loop is called but is not recursive; write {% for … recursive %}")
      }
      guard let items = try arguments.bound("loop", ["iterable"], required: 1)[0] else { return .none }
      return try interpreter.inScope(of: scope) {
        try interpreter.deeper {
          .string(try interpreter.captured { _ = try interpreter.run(loop, over: items, depth: depth + 1) })
        }
      }
    }

    private func cycle(_ arguments: Arguments) throws -> Value {
      guard !arguments.positional.isEmpty else { throw Failure("loop.cycle() got no items to cycle") }
      return arguments.positional[index % arguments.positional.count]
    }

    private func changed(_ values: [Value], _ interpreter: Interpreter) throws -> Bool {
      defer { lastChanged = values }
      guard let last = lastChanged, last.count == values.count else { return true }
      return try !zip(last, values).allSatisfy { try interpreter.equal($0, $1) }
    }
  }

  /// What `cycler()` makes.
  final class Cycler: RuntimeObject {
    private let items: [Value]
    private var place = 0
    let nesting: Int

    init(_ items: [Value]) throws {
      guard !items.isEmpty else { throw Failure("cycler() needs at least one item") }
      self.items = items
      nesting = try Jinja.nesting(around: items)
    }

    var typeName: String { "jinja2.utils.Cycler" }
    var summary: String { "<Cycler>" }

    func attribute(_ name: String) throws -> Value? {
      switch name {
      case "current": items[place]
      case "pos": .integer(place)
      case "items": .tuple(try ListObject(items))
      case "next":
        .object(
          Function("next", nesting: nesting) { [self] _, _ in
            defer { place = (place + 1) % items.count }
            return items[place]
          })
      case "reset":
        .object(
          Function("reset", nesting: nesting) { [self] _, _ in
            place = 0
            return .none
          })
      default: nil
      }
    }
  }

  /// What `joiner()` makes: nothing at the first call, and then the separator.
  final class Joiner: RuntimeObject {
    private let separator: Value
    private var isUsed = false

    init(_ separator: Value) { self.separator = separator }

    var nesting: Int { separator.nesting + 1 }
    var typeName: String { "jinja2.utils.Joiner" }
    var summary: String { "<Joiner>" }
    var isCallable: Bool { true }

    func attribute(_ name: String) throws -> Value? {
      switch name {
      case "sep": separator
      case "used": .bool(isUsed)
      default: nil
      }
    }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
      try arguments.expectNone("a joiner")
      defer { isUsed = true }
      return isUsed ? separator : .string("")
    }
  }
}
