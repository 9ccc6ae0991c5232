extension Jinja {
  /// `json.dumps` over template values.
  struct JSONText {
    var indent: String?
    var sortsKeys = false
    var escapesNonASCII = false
    var itemSeparator = ", "
    var keySeparator = ": "
    private(set) var output = ""

    static func text(_ value: Value, _ style: JSONText, _ interpreter: Interpreter) throws -> String {
      var writer = style
      if style.indent != nil, style.itemSeparator == ", " { writer.itemSeparator = "," }
      try writer.write(value, level: 0, interpreter)
      try interpreter.reserve(writer.output.utf8.count)
      return writer.output
    }

    private mutating func write(_ value: Value, level: Int, _ interpreter: Interpreter) throws {
      try interpreter.charge()
      guard level <= Jinja.maximumNesting else { throw Failure("values refer to each other without end") }
      guard output.utf8.count <= Limit.textLength else { throw Failure("the JSON text of a value is too long") }
      switch value {
      case .none: output += "null"
      case .bool(let value): output += value ? "true" : "false"
      case .integer(let value): output += String(value)
      case .float(let value): output += Self.number(value)
      case .string(let text), .markup(let text): write(text)
      case .list(let list), .tuple(let list):
        try write(list.items.count, "[", "]", level) { writer, index in
          try writer.write(list.items[index], level: level + 1, interpreter)
        }
      case .dictionary(let dictionary): try write(dictionary, level, interpreter)
      default: throw Failure("Object of type \(value.typeName) is not JSON serializable")
      }
    }

    private mutating func write(_ dictionary: DictionaryObject, _ level: Int, _ interpreter: Interpreter) throws {
      var order = Array(0..<dictionary.count)
      if sortsKeys {
        order = try interpreter.sorted(order, keys: order.map { [dictionary.keys[$0]] }, reverse: false)
      }
      try write(order.count, "{", "}", level) { writer, index in
        let key = dictionary.keys[order[index]]
        switch key {
        case .string(let text), .markup(let text): writer.write(text)
        case .none: writer.output += "\"null\""
        case .bool(let value): writer.output += value ? "\"true\"" : "\"false\""
        case .integer(let value): writer.output += "\"\(value)\""
        case .float(let value): writer.output += "\"\(Self.number(value))\""
        default: throw Failure("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
        writer.output += writer.keySeparator
        try writer.write(dictionary.values[order[index]], level: level + 1, interpreter)
      }
    }

    private mutating func write(
      _ count: Int, _ open: String, _ close: String, _ level: Int, _ element: (inout JSONText, Int) throws -> Void
    ) throws {
      output += open
      for index in 0..<count {
        if index > 0 { output += itemSeparator }
        if let indent { output += "\n" + String(repeating: indent, count: level + 1) }
        try element(&self, index)
      }
      if count > 0, let indent { output += "\n" + String(repeating: indent, count: level) }
      output += close
    }

    private static func number(_ value: Double) -> String {
      value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : Jinja.pythonText(value)
    }

    private mutating func write(_ text: String) {
      output += "\""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": output += "\\\""
        case "\\": output += "\\\\"
        case "\n": output += "\\n"
        case "\r": output += "\\r"
        case "\t": output += "\\t"
        case "\u{8}": output += "\\b"
        case "\u{C}": output += "\\f"
        case "\0"..<" ": output += "\\u" + Jinja.hexadecimal(scalar.value, 4)
        case _ where escapesNonASCII && scalar.value > 0x7E:
          for unit in UTF16.encode(scalar) ?? .init() { output += "\\u" + Jinja.hexadecimal(UInt32(unit), 4) }
        default: output.unicodeScalars.append(scalar)
        }
      }
      output += "\""
    }
  }
}
