extension Jinja {
  /// The tests, one entry each: `value is name(arguments)`.
  enum Tests {
    typealias Test = @Sendable (Interpreter, Value, Arguments) throws -> Bool

    static let all: [String: Test] = kinds.merging(numbers) { first, _ in first }
      .merging(comparisons) { first, _ in first }

    /// The tests that compare with something; the others have no parameters.
    static let withArgument: Set<String> = Set(comparisons.keys).union(["sameas", "divisibleby"])

    private static let kinds: [String: Test] = [
      "defined": { _, value, _ in !value.isUndefined },
      "undefined": { _, value, _ in value.isUndefined },
      "none": { _, value, _ in value.isNone },
      "boolean": { _, value, _ in if case .bool = value { true } else { false } },
      "true": { _, value, _ in if case .bool(true) = value { true } else { false } },
      "false": { _, value, _ in if case .bool(false) = value { true } else { false } },
      "integer": { _, value, _ in if case .integer = value { true } else { false } },
      "float": { _, value, _ in if case .float = value { true } else { false } },
      "number": { _, value, _ in value.double != nil },
      "string": { _, value, _ in value.text != nil },
      "mapping": { _, value, _ in if case .dictionary = value { true } else { false } },
      "sequence": { _, value, _ in isSequence(value) },
      "iterable": { _, value, _ in
        switch value {
        case .none, .bool, .integer, .float: false
        case .object(let object): object is LoopState
        default: true
        }
      },
      "callable": { _, value, _ in
        switch value {
        case .object(let object): object.isCallable
        case .undefined: true
        default: false
        }
      },
      "escaped": { _, value, _ in value.isMarkup },
      "sameas": { interpreter, value, arguments in
        try isSame(value, try Filters.first(arguments, "sameas", "other"), interpreter)
      },
      "lower": { interpreter, value, _ in Methods.isLower(try interpreter.string(value)) },
      "upper": { interpreter, value, _ in Methods.isUpper(try interpreter.string(value)) },
      "filter": { interpreter, value, _ in
        value.text.map { Filters.all[$0] != nil || interpreter.environment.filters[$0] != nil } ?? false
      },
      "test": { _, value, _ in value.text.map { all.keys.contains($0) } ?? false },
    ]

    private static func isSequence(_ value: Value) -> Bool {
      switch value {
      case .string, .markup, .list, .tuple, .dictionary, .range, .undefined: true
      default: false
      }
    }

    /// Python's `is`; small values of one kind count as the same object.
    private static func isSame(_ a: Value, _ b: Value, _ interpreter: Interpreter) throws -> Bool {
      switch (a, b) {
      case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left === right
      case (.dictionary(let left), .dictionary(let right)): left === right
      case (.undefined, _): false
      default: a.typeName == b.typeName ? try interpreter.equal(a, b) : false
      }
    }

    private static let numbers: [String: Test] = [
      "odd": { interpreter, value, _ in try remainder(interpreter, value, .integer(2)) == 1 },
      "even": { interpreter, value, _ in try remainder(interpreter, value, .integer(2)) == 0 },
      "divisibleby": { interpreter, value, arguments in
        try remainder(interpreter, value, try Filters.first(arguments, "divisibleby", "num")) == 0
      },
    ]

    private static func remainder(_ interpreter: Interpreter, _ value: Value, _ divisor: Value) throws -> Double? {
      try interpreter.calculate(.modulo, value, divisor).double
    }

    private static let comparisons: [String: Test] = {
      let spellings: [(Comparison.Operator, [String])] = [
        (.equal, ["==", "eq", "equalto"]), (.notEqual, ["!=", "ne"]), (.greater, [">", "gt", "greaterthan"]),
        (.greaterOrEqual, [">=", "ge"]), (.less, ["<", "lt", "lessthan"]), (.lessOrEqual, ["<=", "le"]),
        (.contained, ["in"]),
      ]
      var tests: [String: Test] = [:]
      for (comparator, names) in spellings {
        for name in names {
          tests[name] = { interpreter, value, arguments in
            try interpreter.holds(comparator, value, try Filters.first(arguments, name, "other"))
          }
        }
      }
      return tests
    }()
  }
}
