import Foundation

extension Jinja {
  /// The functions that every template may call.
  enum Globals {
    typealias Body = @Sendable (Interpreter, Arguments) throws -> Value

    static let standard: [String: Body] = [
      "range": { _, arguments in .range(try range(arguments)) },
      "dict": dictionary,
      "namespace": namespace,
      "cycler": { _, arguments in .object(try Cycler(arguments.positional)) },
      "joiner": { _, arguments in
        .object(Joiner(try arguments.bound("joiner", ["sep"])[0] ?? .string(", ")))
      },
    ]

    /// What promptsource adds for prompt templates.
    static let prompt: [String: Body] = ["zip": zipped]

    /// What transformers adds for chat templates.
    static let chat: [String: Body] = ["raise_exception": raise, "strftime_now": now]

    static func names(_ options: JinjaTemplate.Options) -> Set<String> {
      Set(standard.keys).union((options.isChat ? chat : prompt).keys)
    }

    static func value(_ name: String, _ interpreter: Interpreter) throws -> Value? {
      if let custom = interpreter.environment.functions[name] {
        return .object(
          Function(name) { interpreter, arguments in
            try Value(try custom(try arguments.positional.map { try interpreter.json($0) }))
          })
      }
      let special = interpreter.program.options.isChat ? chat : prompt
      guard let body = standard[name] ?? special[name] else { return nil }
      return .object(Function(name) { try body($0, $1) })
    }

    private static func range(_ arguments: Arguments) throws -> Range {
      let bounds = try arguments.positional.map { value in
        guard let bound = value.index else {
          throw Failure("range() needs integers; found a value of type '\(value.typeName)'")
        }
        return bound
      }
      guard arguments.keywords.isEmpty, (1...3).contains(bounds.count) else {
        throw Failure("range() takes 1 to 3 arguments; \(bounds.count) were given")
      }
      let start = bounds.count > 1 ? bounds[0] : 0
      let stop = bounds.count > 1 ? bounds[1] : bounds[0]
      let step = bounds.count > 2 ? bounds[2] : 1
      guard step != 0 else { throw Failure("range() arg 3 must not be zero") }
      let (distance, overflow) =
        step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
      guard !overflow, step != Int.min else { throw Failure("the bounds of range() are too far apart") }
      let count = distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
      guard count <= Limit.rangeLength else {
        throw Failure("range too big: \(count) numbers; expected at most \(Limit.rangeLength)")
      }
      return Range(start: start, stop: stop, step: step, count: count)
    }

    private static let dictionary: Body = { interpreter, arguments in
      .dictionary(try members(interpreter, arguments))
    }

    private static func members(_ interpreter: Interpreter, _ arguments: Arguments) throws -> DictionaryObject {
      let result = DictionaryObject()
      guard arguments.positional.count <= 1 else { throw Failure("dict() takes at most 1 positional argument") }
      if let source = arguments.positional.first { try add(source, to: result, interpreter) }
      for keyword in arguments.keywords { try result.set(keyword.name, to: keyword.value) }
      return result
    }

    static func add(_ source: Value, to result: DictionaryObject, _ interpreter: Interpreter) throws {
      if case .dictionary(let other) = source {
        for (key, value) in zip(other.keys, other.values) {
          try result.set(key, key: try interpreter.hashKey(key), to: value)
        }
        return
      }
      for item in try interpreter.items(of: source) {
        let pair = try interpreter.items(of: item)
        guard pair.count == 2 else { throw Failure("dict() needs pairs; found \(pair.count) elements") }
        try result.set(pair[0], key: try interpreter.hashKey(pair[0]), to: pair[1])
      }
    }

    private static let namespace: Body = { interpreter, arguments in
      let space = Namespace()
      interpreter.track(space)
      let initial = try members(interpreter, arguments)
      for (key, value) in zip(initial.keys, initial.values) {
        try space.attributes.set(key, key: try interpreter.hashKey(key), to: value)
      }
      return .object(space)
    }

    private static let zipped: Body = { interpreter, arguments in
      let columns = try arguments.positional.map { try interpreter.items(of: $0) }
      let count = columns.map { $0.count }.min() ?? 0
      try interpreter.charge(count * columns.count)
      return .generator(
        try GeneratorObject(
          (0..<count).map { row in .tuple(try ListObject(columns.map { $0[row] })) }))
    }

    private static let raise: Body = { interpreter, arguments in
      throw Failure(try arguments.bound("raise_exception", ["message"])[0].map { try interpreter.string($0) } ?? "")
    }

    private static let now: Body = { interpreter, arguments in
      guard let format = try arguments.bound("strftime_now", ["format"], required: 1)[0]?.text else {
        throw Failure("strftime_now() needs a format such as '%d %b %Y'")
      }
      return .string(formatted(interpreter.environment.now(), format))
    }

    /// `strftime` in local time.
    static func formatted(_ date: Date, _ format: String) -> String {
      guard !format.isEmpty, format.utf8.count < 1 << 10 else { return "" }
      var seconds = time_t(date.timeIntervalSince1970)
      var fields = tm()
      localtime_r(&seconds, &fields)
      var buffer = [CChar](repeating: 0, count: 1 << 14)
      let length = strftime(&buffer, buffer.count, format, &fields)
      return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
