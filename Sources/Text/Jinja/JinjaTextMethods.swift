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
      return try list(try interpreter.lines(value.text ?? "", keepEnds: keep), like: value)
    },
    "partition": { try partition($0, $1, $2, fromRight: false) },
    "rpartition": { try partition($0, $1, $2, fromRight: true) },
    "removeprefix": { _, value, arguments in
      let text = value.text ?? "", prefix = try textArgument(arguments, "removeprefix")
      guard text.utf8.starts(with: prefix.utf8) else { return value }
      return kept(value, String(text.utf8.dropFirst(prefix.utf8.count)) ?? "")
    },
    "removesuffix": { _, value, arguments in
      let text = value.text ?? "", suffix = try textArgument(arguments, "removesuffix")
      guard text.utf8.reversed().starts(with: suffix.utf8.reversed()) else { return value }
      return kept(value, String(text.utf8.dropLast(suffix.utf8.count)) ?? "")
    },
    "join": { interpreter, value, arguments in
      guard let parts = try arguments.bound("join", ["iterable"], required: 1)[0] else { return .none }
      let texts = try interpreter.items(of: parts).enumerated().map { index, part in
        if value.isMarkup { return part.isMarkup ? part.text ?? "" : Jinja.escaped(try interpreter.string(part)) }
        guard let text = part.text else {
          throw Jinja.Failure("sequence item \(index): expected str instance, \(part.typeName) found")
        }
        return text
      }
      return kept(value, try interpreter.joined(texts, by: value.text ?? ""))
    },
    "replace": { interpreter, value, arguments in
      let bound = try arguments.bound("replace", ["old", "new", "count"], required: 2)
      guard let old = bound[0]?.text, let new = bound[1]?.text else {
        throw Jinja.Failure("replace() needs two strings")
      }
      let isEscaped = value.isMarkup && !(bound[1]?.isMarkup ?? true)
      return kept(
        value,
        try interpreter.replaced(
          value.text ?? "", old, isEscaped ? Jinja.escaped(new) : new,
          count: try bound[2].wholeNumber("replace()", standard: -1)))
    },
    "format": { interpreter, value, arguments in
      kept(value, try interpreter.formatted(braces: value.text ?? "", arguments, isMarkup: value.isMarkup))
    },
    "format_map": { interpreter, value, arguments in
      guard case .dictionary(let members)? = try arguments.bound("format_map", ["mapping"], required: 1)[0] else {
        throw Jinja.Failure("format_map() needs a dictionary")
      }
      var named = Jinja.Arguments()
      for (key, value) in zip(members.keys, members.values) {
        if let name = key.text { named.keywords.append((name, value)) }
      }
      return kept(value, try interpreter.formatted(braces: value.text ?? "", named, isMarkup: value.isMarkup))
    },
    "expandtabs": { interpreter, value, arguments in
      let size = min(
        max(0, try arguments.bound("expandtabs", ["tabsize"])[0].wholeNumber("expandtabs()", standard: 8)), 1000)
      var result = "", column = 0
      for scalar in (value.text ?? "").unicodeScalars {
        let count = scalar == "\t" ? (size == 0 ? 0 : size - column % size) : 1
        result += scalar == "\t" ? String(repeating: " ", count: count) : String(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + count
      }
      try interpreter.reserve(result.utf8.count)
      return kept(value, result)
    },
    "zfill": { _, value, arguments in
      let text = value.text ?? ""
      let width = try arguments.bound("zfill", ["width"], required: 1)[0].wholeNumber("zfill()", standard: 0)
      let missing = max(0, min(width, Jinja.FieldFormat.maximumWidth) - text.unicodeScalars.count)
      let hasSign = text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
      let scalars = text.unicodeScalars
      return kept(
        value,
        (hasSign ? String(scalars.prefix(1)) : "") + String(repeating: "0", count: missing)
          + String(scalars.dropFirst(hasSign ? 1 : 0)))
    },
    "ljust": { try padded($1, $2, "<") },
    "rjust": { try padded($1, $2, ">") },
    "center": { try centered($1, $2) },
    "translate": { interpreter, value, arguments in
      guard let table = try arguments.bound("translate", ["table"], required: 1)[0] else { return value }
      return kept(value, try translated(value.text ?? "", table, interpreter))
    },
    "maketrans": { try translation($0, $2) },
  ]

  static let cases: [String: Method] = [
    "upper": { _, value, _ in kept(value, Jinja.uppercased(value.text ?? "")) },
    "lower": { _, value, _ in kept(value, Jinja.lowercased(value.text ?? "")) },
    "casefold": { _, value, _ in kept(value, Jinja.caseFolded(value.text ?? "")) },
    "capitalize": { _, value, _ in kept(value, Jinja.capitalized(value.text ?? "")) },
    "swapcase": { _, value, _ in kept(value, Jinja.caseSwapped(value.text ?? "")) },
    "title": { _, value, _ in kept(value, Jinja.titlecased(value.text ?? "")) },
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

  static let questions: [String: Method] = [
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
      for scalar in (value.text ?? "").unicodeScalars {
        let begins = scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter
        let isCased = begins || scalar.properties.isLowercase
        if isCased, begins == afterCased { return .bool(false) }
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

  /// Parts of a text, which stay marked as safe where it was.
  static func list(_ texts: [String], like original: Jinja.Value) throws -> Jinja.Value {
    .list(try Jinja.ListObject(texts.map { kept(original, $0) }))
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
        value.text ?? "", by: separator.text, limit: try bound[1].wholeNumber("split()", standard: -1),
        fromRight: fromRight), like: value)
  }

  private static func partition(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments, fromRight: Bool
  ) throws -> Jinja.Value {
    let text = value.text ?? "", separator = try textArgument(arguments, "partition")
    let parts = try interpreter.split(text, by: separator, limit: 1, fromRight: fromRight)
    let texts = parts.count == 2 ? [parts[0], separator, parts[1]] : fromRight ? ["", "", text] : [text, "", ""]
    return .tuple(try Jinja.ListObject(texts.map { kept(value, $0) }))
  }

  private static func padded(
    _ value: Jinja.Value, _ arguments: Jinja.Arguments, _ alignment: Unicode.Scalar
  ) throws -> Jinja.Value {
    let (width, fill) = try field(arguments, "ljust() or rjust()", value)
    let missing = max(0, width - (value.text ?? "").unicodeScalars.count)
    let padding = String(repeating: fill, count: missing)
    return kept(value, alignment == "<" ? (value.text ?? "") + padding : padding + (value.text ?? ""))
  }

  /// Python's `center` puts the odd space to the left when the width is odd too.
  static func centered(_ value: Jinja.Value, _ arguments: Jinja.Arguments) throws -> Jinja.Value {
    let (width, fill) = try field(arguments, "center()", value)
    let missing = width - (value.text ?? "").unicodeScalars.count
    guard missing > 0 else { return value }
    let left = missing / 2 + (missing & width & 1)
    return kept(
      value,
      String(repeating: fill, count: left) + (value.text ?? "") + String(repeating: fill, count: missing - left))
  }

  /// The arguments of a method that fills up to a width.
  private static func field(
    _ arguments: Jinja.Arguments, _ function: String, _ value: Jinja.Value
  ) throws -> (width: Int, fill: String) {
    let bound = try arguments.bound(function, ["width", "fillchar"], required: 1)
    let width = min(try bound[0].wholeNumber(function, standard: 0), Jinja.FieldFormat.maximumWidth)
    guard let fill = bound[1] else { return (width, " ") }
    guard let text = fill.text, text.unicodeScalars.count == 1 else {
      throw Jinja.Failure("\(function) needs one character to fill with")
    }
    return (width, text)
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
