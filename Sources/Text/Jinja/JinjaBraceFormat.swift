import Foundation

// Python's `"{} {name:>8}".format(…)`.
extension Jinja.Interpreter {
  func formatted(braces format: String, _ arguments: Jinja.Arguments, isMarkup: Bool = false) throws -> String {
    var reader = BraceReader(arguments: arguments, isMarkup: isMarkup)
    return try reader.formatted(Array(format.unicodeScalars), isNested: false, self)
  }

  /// Python's `format(value, specification)`.
  fileprivate func laidOut(_ value: Jinja.Value, _ specification: [Unicode.Scalar]) throws -> String {
    guard !specification.isEmpty else { return try string(value) }
    if let text = value.text {
      let field = try Jinja.FieldFormat(specification, isText: true)
      let cut = field.precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
      return field.padded(cut, standard: "<")
    }
    guard let number = value.double else {
      throw Jinja.Failure("unsupported format string passed to \(value.typeName).__format__")
    }
    let field = try Jinja.FieldFormat(specification, isText: false)
    switch field.type {
    case "f", "F", "e", "E", "g", "G":
      return field.laidOut(number: field.text(of: number, type: field.type ?? "f"))
    case "%":
      return field.laidOut(number: field.text(of: number * 100, type: "f") + "%")
    case "n" where value.index == nil: return field.laidOut(number: field.text(of: number, type: "g"))
    case nil where value.index == nil:
      var general = field.general(number)
      if general.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) { general += ".0" }
      return field.laidOut(number: general)
    case nil, "d", "n", "x", "X", "o", "b", "c":
      guard let index = value.index else {
        throw Jinja.Failure("Unknown format code '\(field.type ?? "d")' for object of type 'float'")
      }
      guard field.precision == nil else { throw Jinja.Failure("Precision not allowed in integer format specifier") }
      guard field.type == "c" else { return field.laidOut(integer: index, type: field.type ?? "d") }
      guard let scalar = UInt32(exactly: index).flatMap({ Unicode.Scalar($0) }) else {
        throw Jinja.Failure("%c arg not in range(0x110000)")
      }
      return field.padded(String(scalar), standard: "<")
    default:
      throw Jinja.Failure("Unknown format code '\(field.type ?? "s")' for object of type '\(value.typeName)'")
    }
  }
}

/// Fills the fields of one format; fields count on, or are all numbered.
private struct BraceReader {
  let arguments: Jinja.Arguments
  let isMarkup: Bool
  private var next = 0
  private var isNumbered: Bool?

  init(arguments: Jinja.Arguments, isMarkup: Bool) {
    self.arguments = arguments
    self.isMarkup = isMarkup
  }

  mutating func formatted(
    _ format: [Unicode.Scalar], isNested: Bool, _ interpreter: Jinja.Interpreter
  ) throws -> String {
    var result = ""
    var place = 0
    while place < format.count {
      let scalar = format[place]
      let isDoubled = place + 1 < format.count && format[place + 1] == scalar
      if scalar == "{", !isDoubled {
        result += try field(format, &place, isNested, interpreter)
      } else if scalar == "}", !isDoubled {
        throw Jinja.Failure("Single '}' encountered in format string")
      } else {
        result.unicodeScalars.append(scalar)
        place += scalar == "{" || scalar == "}" ? 2 : 1
      }
      try interpreter.reserve(0)
      guard result.utf8.count <= Jinja.Limit.textLength else { throw Jinja.Failure("a formatted text is too long") }
    }
    return result
  }

  private mutating func field(
    _ format: [Unicode.Scalar], _ place: inout Int, _ isNested: Bool, _ interpreter: Jinja.Interpreter
  ) throws -> String {
    let start = place + 1
    var depth = 1
    place = start
    while place < format.count {
      if format[place] == "{" { depth += 1 } else if format[place] == "}" { depth -= 1 }
      if depth == 0 { break }
      place += 1
    }
    guard place < format.count else { throw Jinja.Failure("expected '}' before end of string") }
    let content = format[start..<place]
    place += 1
    return try field(content, isNested, interpreter)
  }

  /// The text of `name!conversion:specification`.
  private mutating func field(
    _ content: ArraySlice<Unicode.Scalar>, _ isNested: Bool, _ interpreter: Jinja.Interpreter
  ) throws -> String {
    var end = content.startIndex
    var isInBrackets = false
    while end < content.endIndex, isInBrackets || (content[end] != ":" && content[end] != "!") {
      if content[end] == "[" { isInBrackets = true } else if content[end] == "]" { isInBrackets = false }
      end += 1
    }
    var value = try self.value(Array(content[..<end]), interpreter)
    if end < content.endIndex, content[end] == "!" {
      let conversion = content[(end + 1)...].prefix { $0 != ":" }
      end = conversion.endIndex
      value = try converted(value, String(scalars: conversion), interpreter)
    }
    var specification = Array(content[end...].dropFirst())
    if specification.contains("{") || specification.contains("}") {
      guard !isNested else { throw Jinja.Failure("Max string recursion exceeded") }
      specification = Array(try formatted(specification, isNested: true, interpreter).unicodeScalars)
    }
    let text = try interpreter.laidOut(value, specification)
    return isMarkup && !value.isMarkup ? Jinja.escaped(text) : text
  }

  private func converted(
    _ value: Jinja.Value, _ conversion: String, _ interpreter: Jinja.Interpreter
  ) throws -> Jinja.Value {
    switch conversion {
    case "s": return .string(try interpreter.string(value))
    case "r": return .string(try interpreter.representation(value))
    case "a": return .string(Jinja.ascii(try interpreter.representation(value)))
    default: throw Jinja.Failure("Unknown conversion specifier \(conversion)")
    }
  }

  /// The value that a field such as `0.name[key]` names.
  private mutating func value(_ path: [Unicode.Scalar], _ interpreter: Jinja.Interpreter) throws -> Jinja.Value {
    var at = path.firstIndex { $0 == "." || $0 == "[" } ?? path.count
    var value = try argument(String(scalars: path[..<at]))
    while at < path.count {
      let isItem = path[at] == "["
      let start = at + 1
      at = start
      while at < path.count, isItem ? path[at] != "]" : (path[at] != "." && path[at] != "[") { at += 1 }
      let name = String(scalars: path[start..<at])
      guard !name.isEmpty else { throw Jinja.Failure("Empty attribute in format string") }
      if isItem {
        guard at < path.count else { throw Jinja.Failure("Missing ']' in format string") }
        at += 1
        guard at == path.count || path[at] == "." || path[at] == "[" else {
          throw Jinja.Failure("Only '.' or '[' may follow ']' in format field specifier")
        }
      }
      let key: Jinja.Value = isItem ? Int(name).map { .integer($0) } ?? .string(name) : .string(name)
      value = isItem ? try interpreter.item(key, of: value) : try interpreter.attribute(name, of: value)
    }
    return value
  }

  private mutating func argument(_ name: String) throws -> Jinja.Value {
    let number = name.isEmpty ? nil : Int(name)
    guard name.isEmpty || number != nil else {
      guard let found = arguments.keywords.first(where: { $0.name.isIdentical(to: name) }) else {
        throw Jinja.Failure("KeyError: '\(name)'")
      }
      return found.value
    }
    guard isNumbered ?? !name.isEmpty == !name.isEmpty else {
      throw Jinja.Failure("fields without a number and fields with one stand in one format")
    }
    isNumbered = !name.isEmpty
    let index = number ?? next
    if number == nil { next += 1 }
    guard arguments.positional.indices.contains(index) else {
      throw Jinja.Failure("Replacement index \(index) out of range for positional args tuple")
    }
    return arguments.positional[index]
  }
}

extension Jinja.FieldFormat {
  /// Reads `[[fill]align][sign][#][0][width][,][.precision][type]`.
  init(_ text: [Unicode.Scalar], isText: Bool) throws {
    self.init()
    var at = 0
    func isAlignment(_ index: Int) -> Bool { index < text.count && "<>^=".unicodeScalars.contains(text[index]) }
    var hasFill = false
    if isAlignment(1) {
      (fill, alignment, hasFill) = (text[0], text[1], true)
      at = 2
    } else if isAlignment(0) {
      alignment = text[0]
      at = 1
    }
    var hasSign = false
    if at < text.count, "+- ".unicodeScalars.contains(text[at]) {
      (sign, hasSign) = (text[at], true)
      at += 1
    }
    if at < text.count, text[at] == "#" {
      isAlternate = true
      at += 1
    }
    if at < text.count, text[at] == "0", !hasFill {
      fill = "0"
      if alignment == nil, !isText { alignment = "=" }
      at += 1
    }
    width = try Jinja.digits(text, &at) ?? 0
    if at < text.count, text[at] == "," || text[at] == "_" {
      groups = text[at]
      at += 1
    }
    if at < text.count, text[at] == "." {
      at += 1
      precision = try Jinja.digits(text, &at)
      guard precision != nil else { throw Jinja.Failure("Format specifier missing precision") }
    }
    if at < text.count {
      type = text[at]
      at += 1
    }
    guard at == text.count else { throw Jinja.Failure("Invalid format specifier") }
    try check(isText: isText, hasSign: hasSign)
  }

  private func check(isText: Bool, hasSign: Bool) throws {
    let name = type.map { String($0) } ?? "s"
    if isText {
      guard name == "s" else { throw Jinja.Failure("Unknown format code '\(name)' for object of type 'str'") }
      guard !hasSign else { throw Jinja.Failure("Sign not allowed in string format specifier") }
      guard !isAlternate else { throw Jinja.Failure("Alternate form (#) not allowed in string format specifier") }
      guard alignment != "=" else { throw Jinja.Failure("'=' alignment not allowed in string format specifier") }
    }
    guard type != "c" || !isAlternate else {
      throw Jinja.Failure("Alternate form (#) not allowed with integer format specifier 'c'")
    }
    guard type != "c" || !hasSign else { throw Jinja.Failure("Sign not allowed with integer format specifier 'c'") }
    guard let groups else { return }
    let allowed = groups == "," ? "dfFeEgG%" : "dfFeEgG%xXob"
    guard !isText, type.map({ allowed.unicodeScalars.contains($0) }) ?? true else {
      throw Jinja.Failure("Cannot specify '\(groups)' with '\(name)'.")
    }
  }
}
