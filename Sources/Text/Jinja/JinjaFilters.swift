import Basics
import Foundation

extension Jinja {
  /// The filters, one entry each: `value | name(arguments)`.
  enum Filters {
    typealias Filter = @Sendable (Interpreter, Value, Arguments) throws -> Value

    static let all: [String: Filter] = general.merging(text) { first, _ in first }
      .merging(sequences) { first, _ in first }
      .merging(selections) { first, _ in first }

    /// The filters that have no parameters.
    static let withoutArguments: Set<String> = [
      "abs", "capitalize", "choice", "count", "e", "escape", "first", "forceescape", "items", "last", "length", "list",
      "lower", "most_frequent", "pprint", "random", "reverse", "safe", "string", "striptags", "title", "upper",
      "urlencode", "wordcount",
    ]

    static func unknown(_ name: String, _ kind: String, _ known: some Sequence<String>) -> Failure {
      let hint = nearest(name, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      return Failure("no \(kind) named '\(name)'\(hint)")
    }

    // MARK: Any value

    private static let general: [String: Filter] = [
      "default": { try standard($1, $2) },
      "d": { try standard($1, $2) },
      "tojson": { interpreter, value, arguments in
        // Jinja's own form is made for HTML; chat templates use `chatJSON`.
        let indent = try arguments.bound("tojson", ["indent"])[0]
        var style = JSONText()
        style.indent = try indentation(indent)
        style.sortsKeys = true
        style.escapesNonASCII = true
        var text = try JSONText.text(value, style, interpreter)
        for (character, escape) in [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("'", "\\u0027")] {
          text = try interpreter.replaced(text, character, escape)
        }
        return .markup(text)
      },
      "string": { interpreter, value, _ in .string(try interpreter.string(value)).marked(as: value) },
      "safe": { interpreter, value, _ in .markup(try interpreter.string(value)) },
      "attr": { interpreter, value, arguments in
        guard let name = try first(arguments, "attr", "name").text else {
          throw Failure("the name of an attribute must be a string")
        }
        if case .undefined(let undefined) = value { throw Failure(undefined.message) }
        return try interpreter.ownAttribute(name, of: value)
          ?? .undefined(.attribute(name, of: value.typeDescription))
      },
      "int": { interpreter, value, arguments in
        let bound = try arguments.bound("int", ["default", "base"])
        if case .undefined(let undefined) = value { throw Failure(undefined.message) }
        return try integer(value, base: bound[1]?.index ?? 10).map { .integer($0) } ?? bound[0] ?? .integer(0)
      },
      "float": { interpreter, value, arguments in
        let bound = try arguments.bound("float", ["default"])
        if case .undefined(let undefined) = value { throw Failure(undefined.message) }
        let number = value.double ?? value.text.flatMap { float($0) }
        return number.map { .float($0) } ?? bound[0] ?? .float(0)
      },
      "abs": { interpreter, value, _ in
        if case .undefined(let undefined) = value { throw Failure(undefined.message) }
        guard let number = value.double else { throw Failure("bad operand type for abs(): '\(value.typeName)'") }
        guard let index = value.index else { return .float(abs(number)) }
        return index < 0 ? try interpreter.negated(value) : .integer(index)
      },
      "round": { try rounded($1, $2) },
      "filesizeformat": { _, value, arguments in
        let isBinary = try arguments.bound("filesizeformat", ["binary"])[0]?.isTrue ?? false
        guard let bytes = value.double ?? value.text.flatMap({ float($0) }), bytes.isFinite else {
          throw Failure("filesizeformat needs a number")
        }
        return .string(fileSize(bytes, isBinary))
      },
      "pprint": { interpreter, value, _ in .string(try PrettyText.text(value, interpreter)) },
      "random": { interpreter, value, _ in try choice(interpreter, value) },
      // promptsource's own filters.
      "choice": { interpreter, value, _ in try choice(interpreter, value) },
      "most_frequent": { interpreter, value, _ in try mostFrequent(interpreter, value) },
    ]

    private static func standard(_ value: Value, _ arguments: Arguments) throws -> Value {
      let bound = try arguments.bound("default", ["default_value", "boolean"])
      return value.isUndefined || ((bound[1]?.isTrue ?? false) && !value.isTrue) ? bound[0] ?? .string("") : value
    }

    /// `tojson` of transformers: no HTML escapes, Unicode as it is, keys in their order.
    static func chatJSON(_ interpreter: Interpreter, _ value: Value, _ arguments: Arguments) throws -> Value {
      let bound = try arguments.bound("tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
      var style = JSONText()
      style.escapesNonASCII = bound[0]?.isTrue ?? false
      style.indent = try indentation(bound[1])
      style.sortsKeys = bound[3]?.isTrue ?? false
      if let separators = bound[2], !separators.isNone {
        let pair = try interpreter.items(of: separators)
        guard pair.count == 2, let item = pair[0].text, let key = pair[1].text else {
          throw Failure("tojson(separators=…) needs two strings")
        }
        (style.itemSeparator, style.keySeparator) = (item, key)
      }
      return .string(try JSONText.text(value, style, interpreter))
    }

    static func indentation(_ value: Value?) throws -> String? {
      guard let value, !value.isNone else { return nil }
      if let text = value.text { return text }
      guard let width = value.index, width <= 1000 else { throw Failure("an indent is a number of spaces or a text") }
      return String(repeating: " ", count: max(0, width))
    }

    static func first(_ arguments: Arguments, _ filter: String, _ name: String) throws -> Value {
      try arguments.bound(filter, [name], required: 1)[0] ?? .none
    }

    // MARK: Numbers

    private static func rounded(_ value: Value, _ arguments: Arguments) throws -> Value {
      let bound = try arguments.bound("round", ["precision", "method"])
      let precision = try bound[0].wholeNumber("round", standard: 0)
      guard (-300...300).contains(precision) else { throw Failure("round() takes -300 to 300 digits") }
      guard let number = value.double else {
        throw Failure("type \(value.typeName) doesn't define __round__ method")
      }
      switch bound[1]?.text ?? "common" {
      case "common": return roundedToEven(value, number, precision)
      case "ceil", "floor":
        let scale = pow(10, Double(precision))
        let scaled = bound[1]?.text == "ceil" ? (number * scale).rounded(.up) : (number * scale).rounded(.down)
        guard scaled.isFinite else { throw Failure("a number without end cannot be rounded") }
        // Python rounds to a whole number, which has no negative zero.
        return .float((scaled + 0) / scale)
      default: throw Failure("method must be common, ceil or floor")
      }
    }

    private static func roundedToEven(_ value: Value, _ number: Double, _ precision: Int) -> Value {
      if let index = value.index, precision >= 0 { return .integer(index) }
      guard number.isFinite else { return value }
      let scale = pow(10, Double(-precision))
      if let index = value.index {
        return .integer(Int(exactly: (Double(index) / scale).rounded(.toNearestOrEven) * scale) ?? 0)
      }
      guard precision >= 0 else { return .float((number / scale).rounded(.toNearestOrEven) * scale) }
      return .float(Double(String(format: "%.\(precision)f", number)) ?? number)
    }

    private static func fileSize(_ bytes: Double, _ isBinary: Bool) -> String {
      let base = isBinary ? 1024.0 : 1000.0
      if bytes == 1 { return "1 Byte" }
      if bytes < base { return "\(Int(exactly: bytes.rounded(.towardZero)) ?? 0) Bytes" }
      let prefixes =
        isBinary
        ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
        : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
      var unit = base
      for prefix in prefixes {
        unit *= base
        if bytes < unit || prefix == prefixes.last { return String(format: "%.1f", base * bytes / unit) + " " + prefix }
      }
      return ""
    }

    // MARK: Chance

    private static func choice(_ interpreter: Interpreter, _ value: Value) throws -> Value {
      if case .dictionary = value { throw Failure("a random element needs a list, not a dictionary") }
      let items = try interpreter.items(of: value)
      guard !items.isEmpty else { return .undefined(.reason("No random item, sequence was empty.")) }
      return items[interpreter.random.integer(below: items.count)]
    }

    private static func mostFrequent(_ interpreter: Interpreter, _ value: Value) throws -> Value {
      guard value.isTrue else { return .none }
      let counts = DictionaryObject()
      var highest = 0
      for item in try interpreter.items(of: value) {
        let key = try interpreter.hashKey(item)
        let count = (counts.value(key)?.index ?? 0) + 1
        highest = max(highest, count)
        try counts.set(item, key: key, to: .integer(count))
      }
      return .list(try ListObject(zip(counts.keys, counts.values).filter { $0.1.index == highest }.map { $0.0 }))
    }
  }
}

extension Jinja.Value {
  /// This text, marked as safe where the other is.
  func marked(as other: Jinja.Value) -> Jinja.Value {
    if other.isMarkup, let text { .markup(text) } else { self }
  }
}
