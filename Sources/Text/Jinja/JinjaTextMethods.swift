extension Jinja.Methods {
  /// The methods of strings.
  static let text: [String: Method] = cutting.merging(cases) { first, _ in first }
    .merging(searching) { first, _ in first }
    .merging(questions) { first, _ in first }

  private static let cutting: [String: Method] = [
    "strip": { try stripped($0, $1, $2, .both) },
    "lstrip": { try stripped($0, $1, $2, .left) },
    "rstrip": { try stripped($0, $1, $2, .right) },
    "split": { try split($0, $1, $2, fromRight: false) },
    "rsplit": { try split($0, $1, $2, fromRight: true) },
    "splitlines": { interpreter, value, arguments in
      let keep = try arguments.bound("splitlines", ["keepends"])[0]?.isTrue ?? false
      return try list(try interpreter.lines(value.text ?? "", keepEnds: keep))
    },
    "partition": { try partition($0, $1, $2, fromRight: false) },
    "rpartition": { try partition($0, $1, $2, fromRight: true) },
    "removeprefix": { _, value, arguments in
      let text = value.text ?? "", prefix = try textArgument(arguments, "removeprefix")
      return .string(text.utf8.starts(with: prefix.utf8) ? String(text.utf8.dropFirst(prefix.utf8.count)) ?? "" : text)
    },
    "removesuffix": { _, value, arguments in
      let text = value.text ?? "", suffix = try textArgument(arguments, "removesuffix")
      let ends = text.utf8.reversed().starts(with: suffix.utf8.reversed())
      return .string(ends ? String(text.utf8.dropLast(suffix.utf8.count)) ?? "" : text)
    },
    "join": { interpreter, value, arguments in
      guard let parts = try arguments.bound("join", ["iterable"], required: 1)[0] else { return .none }
      let texts = try interpreter.items(of: parts).enumerated().map { index, part in
        guard let text = part.text else {
          throw Jinja.Failure("sequence item \(index): expected str instance, \(part.typeName) found")
        }
        return text
      }
      return .string(try interpreter.joined(texts, by: value.text ?? ""))
    },
    "replace": { interpreter, value, arguments in
      let bound = try arguments.bound("replace", ["old", "new", "count"], required: 2)
      guard let old = bound[0]?.text, let new = bound[1]?.text else {
        throw Jinja.Failure("replace() needs two strings")
      }
      return .string(try interpreter.replaced(value.text ?? "", old, new, count: bound[2]?.index ?? -1))
    },
    "format": { interpreter, value, arguments in
      .string(try interpreter.formatted(braces: value.text ?? "", arguments))
    },
    "expandtabs": { interpreter, value, arguments in
      let size = min(max(0, try arguments.bound("expandtabs", ["tabsize"])[0]?.index ?? 8), 1000)
      var result = "", column = 0
      for scalar in (value.text ?? "").unicodeScalars {
        let count = scalar == "\t" ? (size == 0 ? 0 : size - column % size) : 1
        result += scalar == "\t" ? String(repeating: " ", count: count) : String(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + count
      }
      try interpreter.reserve(result.utf8.count)
      return .string(result)
    },
    "zfill": { _, value, arguments in
      let text = value.text ?? ""
      let width = min(try arguments.bound("zfill", ["width"], required: 1)[0]?.index ?? 0, 10_000)
      let missing = max(0, width - text.unicodeScalars.count)
      let hasSign = text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
      return .string(
        (hasSign ? String(text.prefix(1)) : "") + String(repeating: "0", count: missing)
          + (hasSign ? String(text.dropFirst()) : text))
    },
    "ljust": { try padded($1, $2, "<") },
    "rjust": { try padded($1, $2, ">") },
    "center": { try centered($1, $2) },
  ]

  private static let cases: [String: Method] = [
    "upper": { _, value, _ in kept(value, Jinja.uppercased(value.text ?? "")) },
    "lower": { _, value, _ in kept(value, Jinja.lowercased(value.text ?? "")) },
    "casefold": { _, value, _ in
      kept(
        value,
        Jinja.lowercased((value.text ?? "").unicodeScalars.reduce(into: "") { $0 += $1 == "ß" ? "ss" : String($1) }))
    },
    "capitalize": { _, value, _ in kept(value, Jinja.capitalized(value.text ?? "")) },
    "swapcase": { _, value, _ in
      kept(
        value,
        (value.text ?? "").unicodeScalars.reduce(into: "") {
          $0 += $1.properties.isUppercase ? $1.properties.lowercaseMapping : $1.properties.uppercaseMapping
        })
    },
    "title": { _, value, _ in
      var afterCased = false
      var result = ""
      for scalar in (value.text ?? "").unicodeScalars {
        result += afterCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
        afterCased = scalar.properties.isCased
      }
      return kept(value, result)
    },
  ]

  private static let searching: [String: Method] = [
    "startswith": { try affix($0, $1, $2, "startswith") { $0.starts(with: $1) } },
    "endswith": { try affix($0, $1, $2, "endswith") { $0.reversed().starts(with: $1.reversed()) } },
    "find": { .integer(try place($0, $1, $2, "find", last: false) ?? -1) },
    "rfind": { .integer(try place($0, $1, $2, "rfind", last: true) ?? -1) },
    "index": { interpreter, value, arguments in
      guard let place = try place(interpreter, value, arguments, "index", last: false) else {
        throw Jinja.Failure("substring not found")
      }
      return .integer(place)
    },
    "rindex": { interpreter, value, arguments in
      guard let place = try place(interpreter, value, arguments, "rindex", last: true) else {
        throw Jinja.Failure("substring not found")
      }
      return .integer(place)
    },
    "count": { interpreter, value, arguments in
      let (text, part, _) = try window(interpreter, value, arguments, "count")
      guard let text else { return .integer(0) }
      return .integer(try interpreter.occurrences(of: part, in: text).count)
    },
  ]

  private static let questions: [String: Method] = [
    "isdigit": { _, value, _ in
      all(value) { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    },
    "isdecimal": { _, value, _ in all(value) { $0.properties.numericType == .decimal } },
    "isnumeric": { _, value, _ in all(value) { $0.properties.numericType != nil } },
    "isalpha": { _, value, _ in all(value) { $0.isLetter } },
    "isalnum": { _, value, _ in all(value) { $0.isAlphanumeric } },
    "isspace": { _, value, _ in all(value) { $0.isPythonSpace } },
    "isascii": { _, value, _ in .bool((value.text ?? "").utf8.allSatisfy { $0 < 0x80 }) },
    "isprintable": { _, value, _ in .bool((value.text ?? "").unicodeScalars.allSatisfy { $0.isPrintable }) },
    "isidentifier": { _, value, _ in
      let scalars = (value.text ?? "").unicodeScalars
      guard let first = scalars.first else { return .bool(false) }
      return .bool(
        (first == "_" || first.properties.isXIDStart) && scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue })
    },
    "isupper": { _, value, _ in .bool(isUpper(value.text ?? "")) },
    "islower": { _, value, _ in .bool(isLower(value.text ?? "")) },
    "istitle": { _, value, _ in
      var afterCased = false, any = false
      for scalar in (value.text ?? "").unicodeScalars where scalar.properties.isCased || afterCased {
        let isCased = scalar.properties.isCased
        if isCased, scalar.properties.isUppercase == afterCased { return .bool(false) }
        any = any || isCased
        afterCased = isCased
      }
      return .bool(any)
    },
  ]

  static func isUpper(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    return scalars.contains { $0.properties.isUppercase } && !scalars.contains { $0.properties.isLowercase }
  }

  static func isLower(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    return scalars.contains { $0.properties.isLowercase } && !scalars.contains { $0.properties.isUppercase }
  }

  // MARK: Shared parts

  /// A changed text that stays marked as safe where the original was.
  static func kept(_ original: Jinja.Value, _ text: String) -> Jinja.Value {
    original.isMarkup ? .markup(text) : .string(text)
  }

  static func list(_ texts: [String]) throws -> Jinja.Value {
    .list(try Jinja.ListObject(texts.map { .string($0) }))
  }

  private static func all(_ value: Jinja.Value, _ test: (Unicode.Scalar) -> Bool) -> Jinja.Value {
    let text = value.text ?? ""
    return .bool(!text.isEmpty && text.unicodeScalars.allSatisfy(test))
  }

  private static func textArgument(_ arguments: Jinja.Arguments, _ name: String) throws -> String {
    let value = try arguments.bound(name, ["text"], required: 1)[0] ?? .none
    guard let text = value.text else { throw Jinja.Failure("\(name)() needs a string, not \(value.typeName)") }
    return text
  }

  private static func stripped(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, _ side: Jinja.Side
  ) throws -> Jinja.Value {
    try interpreter.charge((value.text ?? "").utf8.count / 16)
    let characters = try arguments.bound("strip", ["chars"])[0] ?? .none
    guard characters.isNone || characters.text != nil else { throw Jinja.Failure("strip arg must be None or str") }
    return kept(value, Jinja.stripped(value.text ?? "", of: characters.text, side))
  }

  private static func split(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, fromRight: Bool
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("split", ["sep", "maxsplit"])
    let separator = bound[0] ?? .none
    guard separator.isNone || separator.text != nil else {
      throw Jinja.Failure("must be str or None, not \(separator.typeName)")
    }
    return try list(
      try interpreter.split(
        value.text ?? "", by: separator.text, limit: bound[1]?.index ?? -1, fromRight: fromRight))
  }

  private static func partition(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, fromRight: Bool
  ) throws -> Jinja.Value {
    let text = value.text ?? "", separator = try textArgument(arguments, "partition")
    let parts = try interpreter.split(text, by: separator, limit: 1, fromRight: fromRight)
    let texts = parts.count == 2 ? [parts[0], separator, parts[1]] : fromRight ? ["", "", text] : [text, "", ""]
    return .tuple(try Jinja.ListObject(texts.map { .string($0) }))
  }

  private static func padded(
    _ value: Jinja.Value, _ arguments: Jinja.Arguments, _ alignment: Unicode.Scalar
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("just", ["width", "fillchar"], required: 1)
    var field = Jinja.FieldFormat()
    field.width = min(bound[0]?.index ?? 0, Jinja.FieldFormat.maximumWidth)
    field.fill = bound[1]?.text?.unicodeScalars.first ?? " "
    return kept(value, field.padded(value.text ?? "", standard: alignment))
  }

  /// Python's `center` puts the odd space to the left when the width is odd too.
  static func centered(_ value: Jinja.Value, _ arguments: Jinja.Arguments) throws -> Jinja.Value {
    let bound = try arguments.bound("center", ["width", "fillchar"], required: 1)
    let text = value.text ?? ""
    let width = min(bound[0]?.index ?? 0, Jinja.FieldFormat.maximumWidth)
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return value }
    let left = missing / 2 + (missing & width & 1)
    let fill = String(bound[1]?.text?.unicodeScalars.first ?? " ")
    return kept(
      value, String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left))
  }

  private static func affix(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, _ name: String,
    _ matches: (Substring.UTF8View, String.UTF8View) -> Bool
  ) throws -> Jinja.Value {
    let bound = try arguments.bound(name, ["prefix", "start", "end"], required: 1)
    var candidates = [bound[0] ?? .none]
    if case .tuple(let tuple)? = bound[0] { candidates = tuple.items }
    let text = value.text ?? ""
    guard let (start, end) = Self.bounds(text, bound[1], bound[2]) else { return .bool(false) }
    let part = text.unicodeScalars[start..<end]
    for candidate in candidates {
      guard let affix = candidate.text else {
        throw Jinja.Failure("\(name) first arg must be str or a tuple of str, not \(candidate.typeName)")
      }
      if matches(Substring(part).utf8, affix.utf8) { return .bool(true) }
    }
    return .bool(false)
  }

  /// The part of a text between Python's `start` and `end`; nil when they cross.
  private static func bounds(
    _ text: String, _ start: Jinja.Value?, _ end: Jinja.Value?
  ) -> (String.Index, String.Index)? {
    let scalars = text.unicodeScalars
    guard start != nil || end != nil else { return (scalars.startIndex, scalars.endIndex) }
    let count = scalars.count
    func place(_ value: Jinja.Value?, _ standard: Int) -> Int {
      guard let index = value?.index else { return standard }
      return index < 0 ? max(0, max(index, -count) + count) : index
    }
    let low = place(start, 0), high = min(place(end, count), count)
    guard low <= high else { return nil }
    return (scalars.index(scalars.startIndex, offsetBy: low), scalars.index(scalars.startIndex, offsetBy: high))
  }

  private static func window(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, _ name: String
  ) throws -> (text: String?, part: String, offset: Int) {
    let bound = try arguments.bound(name, ["sub", "start", "end"], required: 1)
    let text = value.text ?? ""
    guard let part = bound[0]?.text else { throw Jinja.Failure("\(name)() needs a string") }
    guard let (start, end) = bounds(text, bound[1], bound[2]) else { return (nil, part, 0) }
    let offset = text.unicodeScalars.distance(from: text.startIndex, to: start)
    return (String(text.unicodeScalars[start..<end]), part, offset)
  }

  private static func place(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, _ name: String, last: Bool
  ) throws -> Int? {
    let (text, part, offset) = try window(interpreter, value, arguments, name)
    guard let text else { return nil }
    let places =
      last
      ? try interpreter.lastPlaces(of: part, in: text, 1) : try interpreter.occurrences(of: part, in: text, limit: 1)
    return places.first.map { place in
      offset + text.utf8.prefix(place).reduce(0) { $1 & 0xC0 != 0x80 ? $0 + 1 : $0 }
    }
  }
}

extension Jinja.Interpreter {
  func joined(_ texts: [String], by separator: String) throws -> String {
    try reserve(texts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count })
    return texts.joined(separator: separator)
  }
}
