extension Jinja.Filters {
  /// Filters on sequences.
  static let sequences: [String: Filter] = [
    "length": { interpreter, value, _ in .integer(try interpreter.length(of: value)) },
    "count": { interpreter, value, _ in .integer(try interpreter.length(of: value)) },
    "list": { interpreter, value, _ in .list(try Jinja.ListObject(try interpreter.items(of: value))) },
    "items": { interpreter, value, _ in
      if value.isUndefined { return .generator(try Jinja.GeneratorObject([])) }
      guard case .dictionary(let members) = value else {
        throw Jinja.Failure("Can only get item pairs from a mapping.")
      }
      return .generator(try Jinja.GeneratorObject(try members.items()))
    },
    "first": { interpreter, value, _ in
      if case .generator(let generator) = value, !generator.items.isEmpty { return generator.items.removeFirst() }
      return try interpreter.items(of: value).first ?? .undefined(.reason("No first item, sequence was empty."))
    },
    "last": { interpreter, value, _ in
      if case .generator = value { throw Jinja.Failure("'generator' object is not reversible") }
      return try interpreter.items(of: value).last ?? .undefined(.reason("No last item, sequence was empty."))
    },
    "join": { interpreter, value, arguments in
      let bound = try arguments.bound("join", ["d", "attribute"])
      var items = try interpreter.items(of: value)
      if let path = bound[1], !path.isNone { items = try items.map { try interpreter.member(path, of: $0) } }
      return .string(
        try interpreter.joined(
          try items.map { try interpreter.string($0) }, by: try interpreter.string(bound[0] ?? .string(""))))
    },
    "reverse": { interpreter, value, _ in
      if let text = value.text { return .text(text.unicodeScalars.reversed()) }
      return .generator(try Jinja.GeneratorObject(try interpreter.items(of: value).reversed()))
    },
    "sort": { interpreter, value, arguments in
      let bound = try arguments.bound("sort", ["reverse", "case_sensitive", "attribute"])
      let items = try interpreter.items(of: value)
      let ignoresCase = !(bound[1]?.isTrue ?? false)
      let paths =
        bound[2]?.text?.split(separator: ",", omittingEmptySubsequences: false).map {
          Jinja.Value.string(String($0))
        } ?? [bound[2] ?? .none]
      let keys = try items.map { item in
        try paths.map { try interpreter.sortKey($0, of: item, ignoresCase: ignoresCase) }
      }
      return .list(try Jinja.ListObject(try interpreter.sorted(items, keys: keys, reverse: bound[0]?.isTrue ?? false)))
    },
    "dictsort": { interpreter, value, arguments in
      let bound = try arguments.bound("dictsort", ["case_sensitive", "by", "reverse"])
      guard case .dictionary(let members) = value else {
        throw Jinja.Failure("dictsort needs a dictionary; found a value of type '\(value.typeName)'")
      }
      let by = bound[1]?.text ?? "key"
      guard by == "key" || by == "value" else {
        throw Jinja.Failure("You can only sort by either \"key\" or \"value\"")
      }
      let ignoresCase = !(bound[0]?.isTrue ?? false)
      let keys = try (by == "key" ? members.keys : members.values).map {
        [try interpreter.sortKey(.none, of: $0, ignoresCase: ignoresCase)]
      }
      let items = try interpreter.sorted(
        try members.items(), keys: keys, reverse: bound[2]?.isTrue ?? false, comparesEqualKeys: true)
      return .list(try Jinja.ListObject(items))
    },
    "unique": { interpreter, value, arguments in
      let bound = try arguments.bound("unique", ["case_sensitive", "attribute"])
      var seen: Set<Jinja.Key> = []
      let kept = try interpreter.items(of: value).filter { item in
        let key = try interpreter.sortKey(
          bound[1] ?? .none, of: item, ignoresCase: !(bound[0]?.isTrue ?? false))
        return seen.insert(try interpreter.hashKey(key)).inserted
      }
      return .generator(try Jinja.GeneratorObject(kept))
    },
    "min": { try extreme($0, $1, $2) { try $0.less($1, $2) } },
    "max": { try extreme($0, $1, $2) { try $0.less($2, $1) } },
    "sum": { interpreter, value, arguments in
      let bound = try arguments.bound("sum", ["attribute", "start"])
      var total = bound[1] ?? .integer(0)
      if total.text != nil { throw Jinja.Failure("sum() can't sum strings [use ''.join(seq) instead]") }
      for item in try interpreter.items(of: value) {
        let term = try bound[0].flatMap { $0.isNone ? nil : $0 }.map { try interpreter.member($0, of: item) } ?? item
        total = try interpreter.calculate(.add, total, term)
      }
      return total
    },
    "groupby": { try grouped($0, $1, $2) },
    "batch": { interpreter, value, arguments in
      let bound = try arguments.bound("batch", ["linecount", "fill_with"], required: 1)
      guard let count = bound[0]?.index, count > 0, count <= Jinja.Limit.listLength else {
        throw Jinja.Failure("batch needs a positive number")
      }
      let items = try interpreter.items(of: value)
      var rows = stride(from: 0, to: items.count, by: count).map { Array(items[$0..<min($0 + count, items.count)]) }
      if let fill = bound[1], !fill.isNone, let last = rows.last, last.count < count {
        try interpreter.reserve(items: count)
        rows[rows.count - 1] += Array(repeating: fill, count: count - last.count)
      }
      return .generator(try Jinja.GeneratorObject(rows.map { .list(try Jinja.ListObject($0)) }))
    },
    "slice": { interpreter, value, arguments in
      let bound = try arguments.bound("slice", ["slices", "fill_with"], required: 1)
      guard let count = bound[0]?.index, count > 0 else { throw Jinja.Failure("slice needs a positive number") }
      try interpreter.reserve(items: count)
      let items = try interpreter.items(of: value)
      let size = items.count / count, extra = items.count % count
      let rows = try (0..<count).map { row in
        let start = row * size + min(row, extra)
        var part = Array(items[start..<start + size + (row < extra ? 1 : 0)])
        if let fill = bound[1], !fill.isNone, row >= extra { part.append(fill) }
        return Jinja.Value.list(try Jinja.ListObject(part))
      }
      return .generator(try Jinja.GeneratorObject(rows))
    },
  ]

  /// `map` and the filters that keep some elements.
  static let selections: [String: Filter] = [
    "map": { interpreter, value, arguments in
      var arguments = arguments
      var transform: (Jinja.Value) throws -> Jinja.Value
      if arguments.positional.isEmpty, let path = arguments.keywords.first(where: { $0.name == "attribute" }) {
        let bound = try arguments.bound("map", ["attribute", "default"])
        transform = { try interpreter.member(path.value, of: $0, standard: bound[1]) }
      } else {
        guard !arguments.positional.isEmpty else { throw Jinja.Failure("map requires a filter argument") }
        let name = try interpreter.string(arguments.positional.removeFirst())
        let rest = arguments
        transform = { try interpreter.apply(filter: name, to: $0, rest) }
      }
      guard value.isTrue else { return .generator(try Jinja.GeneratorObject([])) }
      return .generator(try Jinja.GeneratorObject(try interpreter.items(of: value).map { try transform($0) }))
    },
    "select": { try kept($0, $1, $2, byAttribute: false, wanted: true) },
    "reject": { try kept($0, $1, $2, byAttribute: false, wanted: false) },
    "selectattr": { try kept($0, $1, $2, byAttribute: true, wanted: true) },
    "rejectattr": { try kept($0, $1, $2, byAttribute: true, wanted: false) },
  ]

  private static func kept(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, byAttribute: Bool,
    wanted: Bool
  ) throws -> Jinja.Value {
    guard value.isTrue else { return .generator(try Jinja.GeneratorObject([])) }
    var arguments = arguments
    var path = Jinja.Value.none
    if byAttribute {
      guard !arguments.positional.isEmpty else { throw Jinja.Failure("Missing parameter for attribute name") }
      path = arguments.positional.removeFirst()
    }
    let test = arguments.positional.isEmpty ? nil : try interpreter.string(arguments.positional.removeFirst())
    let items = try interpreter.items(of: value).filter { item in
      let subject = byAttribute ? try interpreter.member(path, of: item) : item
      let passes = try test.map { try interpreter.passes(test: $0, subject, arguments) } ?? subject.isTrue
      return passes == wanted
    }
    return .generator(try Jinja.GeneratorObject(items))
  }

  private static func extreme(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments,
    _ beats: (Jinja.Interpreter, Jinja.Value, Jinja.Value) throws -> Bool
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("min or max", ["case_sensitive", "attribute"])
    var best: (item: Jinja.Value, key: Jinja.Value)?
    for item in try interpreter.items(of: value) {
      let key = try interpreter.sortKey(bound[1] ?? .none, of: item, ignoresCase: !(bound[0]?.isTrue ?? false))
      if let current = best {
        if try beats(interpreter, key, current.key) { best = (item, key) }
      } else {
        best = (item, key)
      }
    }
    return best?.item ?? .undefined(.reason("No aggregated item, sequence was empty."))
  }

  private static func grouped(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("groupby", ["attribute", "default", "case_sensitive"], required: 1)
    let path = bound[0] ?? .none
    let ignoresCase = !(bound[2]?.isTrue ?? false)
    let items = try interpreter.items(of: value)
    let keys = try items.map { [try interpreter.sortKey(path, of: $0, ignoresCase: ignoresCase, standard: bound[1])] }
    let order = try interpreter.sorted(Array(items.indices), keys: keys, reverse: false, comparesEqualKeys: true)
    var groups: [(key: Jinja.Value, items: [Jinja.Value])] = []
    for index in order {
      if let last = groups.last, try interpreter.equal(last.key, keys[index][0]) {
        groups[groups.count - 1].items.append(items[index])
      } else {
        groups.append((keys[index][0], [items[index]]))
      }
    }
    return .list(
      try Jinja.ListObject(
        groups.map { group in
          let grouper = try interpreter.member(path, of: group.items[0], standard: bound[1])
          return .tuple(
            try Jinja.ListObject([grouper, .list(try Jinja.ListObject(group.items))], fields: ["grouper", "list"]))
        }))
  }
}

extension Jinja.Interpreter {
  /// The member that a dotted path such as `address.0.city` names; none is the value itself.
  func member(_ path: Jinja.Value, of value: Jinja.Value, standard: Jinja.Value? = nil) throws -> Jinja.Value {
    if path.isNone { return value }
    guard let text = path.text else { return try step(path, value, standard) }
    var value = value
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let isNumber = !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      let key: Jinja.Value = isNumber ? Int(part).map { .integer($0) } ?? .string(String(part)) : .string(String(part))
      value = try step(key, value, standard)
    }
    return value
  }

  private func step(_ key: Jinja.Value, _ value: Jinja.Value, _ standard: Jinja.Value?) throws -> Jinja.Value {
    let found = try item(key, of: value)
    if let standard, !standard.isNone, found.isUndefined { return standard }
    return found
  }

  func sortKey(
    _ path: Jinja.Value, of value: Jinja.Value, ignoresCase: Bool, standard: Jinja.Value? = nil
  ) throws -> Jinja.Value {
    let key = try member(path, of: value, standard: standard)
    return ignoresCase ? key.text.map { .string(Jinja.lowercased($0)) } ?? key : key
  }

  /// A stable sort by keys that are compared one after the other.
  func sorted<Element>(
    _ items: [Element], keys: [[Jinja.Value]], reverse: Bool, comparesEqualKeys: Bool = false
  ) throws -> [Element] {
    func isLess(_ a: Int, _ b: Int) throws -> Bool {
      for (left, right) in zip(keys[a], keys[b]) where try comparesEqualKeys || !equal(left, right) {
        return try less(left, right)
      }
      return false
    }
    let order = try items.indices.sorted { a, b in
      if try reverse ? isLess(b, a) : isLess(a, b) { return true }
      if try reverse ? isLess(a, b) : isLess(b, a) { return false }
      return a < b
    }
    return order.map { items[$0] }
  }
}
