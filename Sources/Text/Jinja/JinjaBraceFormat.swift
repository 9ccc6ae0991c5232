import Foundation

// Python's `"{} {name:>8}".format(…)`.
extension Jinja.Interpreter {
  func formatted(braces format: String, _ arguments: Jinja.Arguments) throws -> String {
    let scalars = Array(format.unicodeScalars)
    var result = ""
    var place = 0
    var automatic = 0
    while place < scalars.count {
      let scalar = scalars[place]
      let isDoubled = place + 1 < scalars.count && scalars[place + 1] == scalar
      if scalar == "{", !isDoubled {
        result += try field(scalars, &place, arguments, &automatic)
      } else if scalar == "}", !isDoubled {
        throw Jinja.Failure("Single '}' encountered in format string")
      } else {
        result.unicodeScalars.append(scalar)
        place += scalar == "{" || scalar == "}" ? 2 : 1
      }
      try reserve(0)
      guard result.utf8.count <= Jinja.Limit.textLength else { throw Jinja.Failure("a formatted text is too long") }
    }
    return result
  }

  private func field(
    _ format: [Unicode.Scalar], _ place: inout Int, _ arguments: Jinja.Arguments, _ automatic: inout Int
  ) throws -> String {
    guard let end = format[place...].firstIndex(of: "}") else {
      throw Jinja.Failure("expected '}' before end of string")
    }
    let content = format[(place + 1)..<end]
    place = end + 1
    guard !content.contains("{") else { throw Jinja.Failure("a field inside a field of a format is not supported") }
    let colon = content.firstIndex(of: ":") ?? content.endIndex
    let mark = content[..<colon].firstIndex(of: "!") ?? colon
    var value = try self.value(Array(content[..<mark]), arguments, &automatic)
    if mark < colon {
      let isRepresentation = content[content.index(after: mark)..<colon].elementsEqual(["r"])
      value = .string(isRepresentation ? try representation(value) : try string(value))
    }
    return try laidOut(value, Array(content[colon...].dropFirst()))
  }

  /// The value that a field such as `0.name[key]` names.
  private func value(
    _ path: [Unicode.Scalar], _ arguments: Jinja.Arguments, _ automatic: inout Int
  ) throws -> Jinja.Value {
    var at = 0
    while at < path.count, path[at] != ".", path[at] != "[" { at += 1 }
    let head = String(scalars: path[..<at])
    var value: Jinja.Value
    if head.isEmpty || Int(head) != nil {
      let index = Int(head) ?? automatic
      if head.isEmpty { automatic += 1 }
      guard arguments.positional.indices.contains(index) else {
        throw Jinja.Failure("Replacement index \(index) out of range for positional args tuple")
      }
      value = arguments.positional[index]
    } else {
      guard let found = arguments.keywords.first(where: { $0.name == head }) else {
        throw Jinja.Failure("KeyError: '\(head)'")
      }
      value = found.value
    }
    while at < path.count {
      let isItem = path[at] == "["
      let start = at + 1
      at = start
      while at < path.count, isItem ? path[at] != "]" : (path[at] != "." && path[at] != "[") { at += 1 }
      let name = String(scalars: path[start..<at])
      if isItem { at += 1 }
      let key: Jinja.Value = isItem ? Int(name).map { .integer($0) } ?? .string(name) : .string(name)
      value = isItem ? try item(key, of: value) : try attribute(name, of: value)
    }
    return value
  }

  /// Python's `format(value, specification)`.
  private func laidOut(_ value: Jinja.Value, _ specification: [Unicode.Scalar]) throws -> String {
    guard !specification.isEmpty else { return try string(value) }
    let field = try Jinja.FieldFormat(specification)
    if let text = value.text {
      guard field.type ?? "s" == "s" else { throw Jinja.Failure("Unknown format code for object of type 'str'") }
      let cut = field.precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
      return field.padded(cut, standard: "<")
    }
    guard let number = value.double else {
      throw Jinja.Failure("unsupported format string passed to \(value.typeName).__format__")
    }
    switch field.type {
    case "f", "F", "e", "E", "g", "G":
      return field.laidOut(number: field.text(of: number, type: field.type ?? "f"))
    case "%":
      var percent = field
      percent.precision = field.precision ?? 6
      return percent.laidOut(number: percent.text(of: number * 100, type: "f") + "%")
    case nil where value.index == nil:
      var general = field.precision == nil ? Jinja.pythonText(number) : field.text(of: number, type: "g")
      if general.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) { general += ".0" }
      return field.laidOut(number: general)
    case nil, "d", "x", "X", "o", "b":
      guard let index = value.index else { throw Jinja.Failure("Unknown format code 'd' for object of type 'float'") }
      return field.laidOut(integer: index, type: field.type ?? "d")
    default: throw Jinja.Failure("Unknown format code '\(field.type.map { String($0) } ?? "")'")
    }
  }
}

extension Jinja.FieldFormat {
  /// Reads `[[fill]align][sign][#][0][width][,][.precision][type]`.
  init(_ text: [Unicode.Scalar]) throws {
    self.init()
    var at = 0
    func isAlignment(_ index: Int) -> Bool { index < text.count && "<>^=".unicodeScalars.contains(text[index]) }
    if isAlignment(1) {
      (fill, alignment) = (text[0], text[1])
      at = 2
    } else if isAlignment(0) {
      alignment = text[0]
      at = 1
    }
    if at < text.count, "+- ".unicodeScalars.contains(text[at]) {
      sign = text[at]
      at += 1
    }
    if at < text.count, text[at] == "#" {
      isAlternate = true
      at += 1
    }
    if at < text.count, text[at] == "0", alignment == nil { (fill, alignment) = ("0", "=") }
    width = try Jinja.digits(text, &at) ?? 0
    if at < text.count, text[at] == "," || text[at] == "_" {
      groups = text[at]
      at += 1
    }
    if at < text.count, text[at] == "." {
      at += 1
      precision = try Jinja.digits(text, &at)
    }
    if at < text.count {
      type = text[at]
      at += 1
    }
    guard at == text.count else { throw Jinja.Failure("Invalid format specifier") }
  }
}
