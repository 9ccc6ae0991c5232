extension Jinja {
  /// The methods of Python's types that templates may call, one table a type.
  enum Methods {
    typealias Method = @Sendable (Interpreter, Value, Arguments) throws -> Value

    /// The method of a value; those that change it only where `mutable`.
    static func method(_ name: String, of value: Value, mutable: Bool) -> Method? {
      switch value {
      case .string, .markup: text[name]
      case .list: list[name] ?? (mutable ? changingList[name] : nil)
      case .tuple: list[name]
      case .dictionary: dictionary[name] ?? (mutable ? changingDictionary[name] : nil)
      case .integer, .bool: number[name]
      case .float: float[name]
      case .range: list[name]
      default: nil
      }
    }

    /// Refuses arguments that Python's method of this name does not take.
    static func check(_ arguments: Arguments, _ name: String) throws {
      if withoutArguments.contains(name) { try arguments.expectNone("\(name)()") }
      guard arguments.keywords.isEmpty || withKeywords.contains(name) else {
        throw Failure("\(name)() takes no keyword arguments")
      }
    }

    private static let withoutArguments: Set<String> = Set(questions.keys).union(cases.keys).union([
      "keys", "values", "items", "copy", "clear", "reverse", "is_integer", "bit_length", "bit_count", "conjugate",
      "as_integer_ratio",
    ])

    private static let withKeywords: Set<String> = [
      "split", "rsplit", "splitlines", "expandtabs", "format", "sort", "update",
    ]

    /// Whether a method would change the value, so that a sandbox refuses it.
    static func changes(_ value: Value, _ name: String) -> Bool {
      switch value {
      case .list: changingList[name] != nil
      case .dictionary: changingDictionary[name] != nil
      default: false
      }
    }

    // MARK: Sequences

    private static let list: [String: Method] = [
      "count": { interpreter, value, arguments in
        let wanted = try given(arguments, "count")
        return .integer(try interpreter.items(of: value).filter { try interpreter.equal($0, wanted) }.count)
      },
      "index": { interpreter, value, arguments in
        let bound = try arguments.bound("index", ["value", "start", "stop"], required: 1)
        let wanted = bound[0] ?? .none, items = try interpreter.items(of: value)
        func place(_ bound: Value?, _ standard: Int) throws -> Int {
          let index = try bound.wholeNumber("index()", standard: standard)
          return min(index < 0 ? max(0, max(index, -items.count) + items.count) : index, items.count)
        }
        let start = try place(bound[1], 0), stop = try place(bound[2], items.count)
        guard start < stop, let found = try items[start..<stop].firstIndex(where: { try interpreter.equal($0, wanted) })
        else { throw Failure("\(try interpreter.representation(wanted)) is not in the \(value.typeName)") }
        return .integer(found)
      },
      "copy": { _, value, _ in
        guard case .list(let list) = value else { throw Failure("copy() needs a list") }
        return .list(try ListObject(list.items))
      },
    ]

    private static let changingList: [String: Method] = [
      "append": { interpreter, value, arguments in
        let new = try given(arguments, "append")
        return try change(interpreter, value) { $0.append(new) }
      },
      "extend": { interpreter, value, arguments in
        let new = try interpreter.items(of: try given(arguments, "extend"))
        return try change(interpreter, value) { $0 += new }
      },
      "insert": { interpreter, value, arguments in
        let bound = try arguments.bound("insert", ["index", "object"], required: 2)
        guard let place = bound[0]?.index, let new = bound[1] else { throw Failure("insert() needs an integer") }
        return try change(interpreter, value) { items in
          items.insert(new, at: place < 0 ? max(0, items.count + max(place, -items.count)) : min(place, items.count))
        }
      },
      "remove": { interpreter, value, arguments in
        let wanted = try given(arguments, "remove")
        return try change(interpreter, value) { items in
          guard let place = try items.firstIndex(where: { try interpreter.equal($0, wanted) }) else {
            throw Failure("list.remove(x): x not in list")
          }
          items.remove(at: place)
        }
      },
      "pop": { interpreter, value, arguments in
        let index = try arguments.bound("pop", ["index"])[0]?.index ?? -1
        var popped = Value.none
        _ = try change(interpreter, value) { items in
          let place = index < 0 ? index + items.count : index
          guard items.indices.contains(place) else { throw Failure("pop index out of range") }
          popped = items.remove(at: place)
        }
        return popped
      },
      "reverse": { interpreter, value, _ in try change(interpreter, value) { $0.reverse() } },
      "sort": { interpreter, value, arguments in
        let bound = try arguments.bound("sort", ["key", "reverse"])
        return try change(interpreter, value) { items in
          items = try interpreter.sorted(items, keys: items.map { [$0] }, reverse: bound[1]?.isTrue ?? false)
        }
      },
      "clear": { interpreter, value, _ in try change(interpreter, value) { $0 = [] } },
    ]

    private static func given(_ arguments: Arguments, _ name: String) throws -> Value {
      guard let value = try arguments.bound(name, ["value"], required: 1)[0] else { return .none }
      return value
    }

    private static func change(
      _ interpreter: Interpreter, _ value: Value, _ body: (inout [Value]) throws -> Void
    ) throws -> Value {
      guard case .list(let list) = value else { return .none }
      interpreter.track(list)
      var items = list.items
      try body(&items)
      try interpreter.reserve(items: items.count)
      list.items = items
      return .none
    }

    // MARK: Dictionaries

    private static let dictionary: [String: Method] = [
      "get": { interpreter, value, arguments in
        let bound = try arguments.bound("get", ["key", "default"], required: 1)
        return try members(value).value(try interpreter.hashKey(bound[0] ?? .none)) ?? bound[1] ?? .none
      },
      "keys": { _, value, _ in .view(DictionaryView(kind: .keys, dictionary: try members(value))) },
      "values": { _, value, _ in .view(DictionaryView(kind: .values, dictionary: try members(value))) },
      "items": { _, value, _ in .view(DictionaryView(kind: .items, dictionary: try members(value))) },
      "copy": { _, value, _ in .dictionary(try members(value).copy()) },
      "fromkeys": { interpreter, _, arguments in
        let bound = try arguments.bound("fromkeys", ["iterable", "value"], required: 1)
        let result = DictionaryObject()
        for key in try interpreter.items(of: bound[0] ?? .none) {
          try result.set(key, key: try interpreter.hashKey(key), to: bound[1] ?? .none)
        }
        return .dictionary(result)
      },
    ]

    private static let changingDictionary: [String: Method] = [
      "update": { interpreter, value, arguments in
        let members = try members(value)
        interpreter.track(members)
        if let source = arguments.positional.first { try Globals.add(source, to: members, interpreter) }
        for keyword in arguments.keywords { try members.set(keyword.name, to: keyword.value) }
        return .none
      },
      "setdefault": { interpreter, value, arguments in
        let bound = try arguments.bound("setdefault", ["key", "default"], required: 1)
        let members = try members(value), key = try interpreter.hashKey(bound[0] ?? .none)
        if let known = members.value(key) { return known }
        interpreter.track(members)
        try members.set(bound[0] ?? .none, key: key, to: bound[1] ?? .none)
        return bound[1] ?? .none
      },
      "pop": { interpreter, value, arguments in
        let bound = try arguments.bound("pop", ["key", "default"], required: 1)
        let members = try members(value)
        try interpreter.charge(members.count)
        guard let popped = members.remove(try interpreter.hashKey(bound[0] ?? .none)) ?? bound[1] else {
          throw Failure("KeyError: \(try interpreter.representation(bound[0] ?? .none))")
        }
        return popped
      },
      "clear": { _, value, _ in
        try members(value).removeAll()
        return .none
      },
    ]

    private static func members(_ value: Value) throws -> DictionaryObject {
      guard case .dictionary(let members) = value else { throw Failure("expected a dictionary") }
      return members
    }
  }
}
