import Basics

// How values become text, as Python's `str`, `repr` and `json.dumps` write them.
extension Jinja.Interpreter {
  /// Python's `str(value)`.
  func string(_ value: Jinja.Value) throws -> String {
    switch value {
    case .string(let text), .markup(let text): return text
    case .undefined: return ""
    default: return try representation(value)
    }
  }

  /// Python's `repr(value)`.
  func representation(_ value: Jinja.Value) throws -> String {
    var text = ""
    try represent(value, into: &text, depth: 0)
    return text
  }

  private func represent(_ value: Jinja.Value, into text: inout String, depth: Int) throws {
    try charge()
    guard text.utf8.count <= Jinja.Limit.textLength else { throw Jinja.Failure("the text of a value is too long") }
    guard depth <= Jinja.maximumNesting else { throw Jinja.Failure("values refer to each other without end") }
    switch value {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .bool(let value): text += value ? "True" : "False"
    case .integer(let value): text += String(value)
    case .float(let value): text += Jinja.pythonText(value)
    case .string(let string): text += Jinja.quoted(string)
    case .markup(let string): text += "Markup(\(Jinja.quoted(string)))"
    case .range(let range):
      text += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
    case .generator: text += "<generator object>"
    case .object(let object):
      if let space = object as? Jinja.Namespace {
        text += "<Namespace "
        try represent(.dictionary(space.attributes), into: &text, depth: depth + 1)
        text += ">"
      } else {
        text += object.summary
      }
    case .list(let list): try represent(list.items, "[", "]", into: &text, depth)
    case .tuple(let tuple): try represent(tuple.items, "(", tuple.items.count == 1 ? ",)" : ")", into: &text, depth)
    case .dictionary(let dictionary): try represent(dictionary, into: &text, depth)
    case .view(let view):
      try represent(try items(of: value), "dict_\(view.kind.rawValue)([", "])", into: &text, depth)
    }
  }

  private func represent(
    _ items: [Jinja.Value], _ open: String, _ close: String, into text: inout String, _ depth: Int
  ) throws {
    text += open
    for (index, item) in items.enumerated() {
      if index > 0 { text += ", " }
      try represent(item, into: &text, depth: depth + 1)
    }
    text += close
  }

  private func represent(_ dictionary: Jinja.DictionaryObject, into text: inout String, _ depth: Int) throws {
    text += "{"
    for index in 0..<dictionary.count {
      if index > 0 { text += ", " }
      try represent(dictionary.keys[index], into: &text, depth: depth + 1)
      text += ": "
      try represent(dictionary.values[index], into: &text, depth: depth + 1)
    }
    text += "}"
  }

  /// The value as JSON, for functions written in Swift.
  func json(_ value: Jinja.Value, depth: Int = 0) throws -> JSON {
    try charge()
    guard depth <= Jinja.maximumNesting else { throw Jinja.Failure("values refer to each other without end") }
    switch value {
    case .undefined, .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .float(let value): return .number(value)
    case .string(let text), .markup(let text): return .string(text)
    case .list(let list), .tuple(let list): return .array(try list.items.map { try json($0, depth: depth + 1) })
    case .dictionary(let dictionary):
      return .object(
        JSONObject(
          entries: try zip(dictionary.keys, dictionary.values).map {
            JSONObject.Entry(key: try string($0), value: try json($1, depth: depth + 1))
          }))
    case .view, .range, .generator: return .array(try items(of: value).map { try json($0, depth: depth + 1) })
    case .object(let object): throw Jinja.Failure("a value of type '\(object.typeName)' cannot be passed on")
    }
  }
}

extension Jinja {
  /// The shortest digits that read back the same, laid out as Python's `repr` does.
  static func pythonText(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let plain = "\(value)"
    guard abs(value) >= 1e16 || plain.utf8.contains(UInt8(ascii: "e")) else { return plain }
    var digits: [UInt8] = []
    var exponent = 0
    let parts = plain.split(separator: "e")
    var pointAt: Int?
    for byte in parts[0].utf8 {
      if byte == UInt8(ascii: ".") { pointAt = digits.count } else if byte != UInt8(ascii: "-") { digits.append(byte) }
    }
    exponent = (pointAt ?? digits.count) - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    let sign = value < 0 ? "-" : ""
    let text = String(decoding: digits, as: UTF8.self)
    if exponent >= 0, exponent < 16 {
      return sign + text + String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + ".0"
    }
    let mantissa = text.prefix(1) + (digits.count > 1 ? "." + text.dropFirst() : "")
    let magnitude = String(abs(exponent))
    return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
  }

  /// A string as Python source.
  static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView([quote])
    for scalar in scalars {
      switch scalar {
      case "\\", quote: result.append(contentsOf: ["\\", scalar])
      case "\n": result.append(contentsOf: ["\\", "n"])
      case "\r": result.append(contentsOf: ["\\", "r"])
      case "\t": result.append(contentsOf: ["\\", "t"])
      case _ where scalar.isPrintable: result.append(scalar)
      default: result.append(contentsOf: escape(scalar.value).unicodeScalars)
      }
    }
    result.append(quote)
    return String(result)
  }

  /// The text with Python's escapes in place of all that is not ASCII.
  static func ascii(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { $0 += $1.isASCII ? String($1) : escape($1.value) }
  }

  private static func escape(_ value: UInt32) -> String {
    value < 0x100
      ? "\\x" + hexadecimal(value, 2) : value < 0x10000 ? "\\u" + hexadecimal(value, 4) : "\\U" + hexadecimal(value, 8)
  }

  static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
