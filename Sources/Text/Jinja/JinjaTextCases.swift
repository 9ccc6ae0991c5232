// Upper and lower case as Python's strings have it.
extension Jinja {
  static func uppercased(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { $0 += $1.properties.uppercaseMapping }
  }

  static func lowercased(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    return scalars.indices.reduce(into: "") { $0 += lowercased(scalars, $1) }
  }

  /// One scalar of a text in lower case.
  private static func lowercased(_ scalars: [Unicode.Scalar], _ index: Int) -> String {
    guard scalars[index] == "Σ" else { return scalars[index].properties.lowercaseMapping }
    return endsWord(scalars, index) ? "ς" : "σ"
  }

  /// Whether the sigma at this place is the last letter of a word, so that its small form is `ς`.
  private static func endsWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return (before?.properties.isCased ?? false) && !(after?.properties.isCased ?? false)
  }

  static func capitalized(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first else { return "" }
    return scalars.indices.dropFirst().reduce(into: first.properties.titlecaseMapping) { $0 += lowercased(scalars, $1) }
  }

  /// Python's `title`: each run of letters begins with an upper one.
  static func titlecased(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var afterCased = false
    return scalars.indices.reduce(into: "") { result, index in
      let properties = scalars[index].properties
      result += afterCased ? lowercased(scalars, index) : properties.titlecaseMapping
      afterCased = properties.isCased
    }
  }

  /// Python's `casefold`, for comparison without regard to case.
  static func caseFolded(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar.value {
      case 0x00...0x7F: result += scalar.properties.lowercaseMapping
      // The dotless i has no other case than its own here; Cherokee folds to capitals.
      case 0x131: result.unicodeScalars.append(scalar)
      case 0x13A0...0x13F5: result.unicodeScalars.append(scalar)
      case 0x13F8...0x13FD, 0xAB70...0xABBF: result += scalar.properties.uppercaseMapping
      default:
        let lower = String(
          scalars: scalar.properties.lowercaseMapping.unicodeScalars.flatMap {
            $0.properties.uppercaseMapping.unicodeScalars
          })
        result += lower.unicodeScalars.reduce(into: "") { $0 += $1.properties.lowercaseMapping }
      }
    }
  }

  /// Python's `swapcase`.
  static func caseSwapped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    return scalars.indices.reduce(into: "") { result, index in
      switch scalars[index].properties {
      case let properties where properties.isUppercase: result += lowercased(scalars, index)
      case let properties where properties.isLowercase: result += properties.uppercaseMapping
      default: result.unicodeScalars.append(scalars[index])
      }
    }
  }
}

extension Jinja.Methods {
  /// Python's `text.translate(table)`: a table from code points to texts, code points or none.
  static func translated(
    _ text: String, _ table: Jinja.Value, _ interpreter: Jinja.Interpreter
  ) throws -> String {
    guard case .dictionary(let members) = table else {
      throw Jinja.Failure("translate() needs a dictionary; found a value of type '\(table.typeName)'")
    }
    try interpreter.charge(text.utf8.count / 16)
    var result = String.UnicodeScalarView()
    var length = text.utf8.count
    for scalar in text.unicodeScalars {
      switch members.value(.integer(Int(scalar.value))) {
      case nil: result.append(scalar)
      case .none?: break
      case let value?:
        if let part = value.text {
          length += part.utf8.count
          guard length <= Jinja.Limit.textLength else { throw Jinja.Failure("a translated text is too long") }
          try interpreter.charge(1 + part.utf8.count / Jinja.Limit.bytesPerStep)
          result.append(contentsOf: part.unicodeScalars)
        } else if let other = value.index.flatMap({ UInt32(exactly: $0) }).flatMap({ Unicode.Scalar($0) }) {
          result.append(other)
        } else {
          throw Jinja.Failure("character mapping must return integer, None or str")
        }
      }
    }
    return String(result)
  }

  /// Python's `str.maketrans`.
  static func translation(_ interpreter: Jinja.Interpreter, _ arguments: Jinja.Arguments) throws -> Jinja.Value {
    let bound = try arguments.bound("maketrans", ["x", "y", "z"], required: 1)
    let result = Jinja.DictionaryObject()
    func add(_ scalar: Unicode.Scalar, _ value: Jinja.Value) throws {
      let code = Int(scalar.value)
      try result.set(.integer(code), key: .integer(code), to: value)
    }
    if let second = bound[1] {
      guard let from = bound[0]?.text, let to = second.text, from.unicodeScalars.count == to.unicodeScalars.count else {
        throw Jinja.Failure("the first two arguments of maketrans() must be texts of equal length")
      }
      try interpreter.reserve(items: from.unicodeScalars.count)
      for (a, b) in zip(from.unicodeScalars, to.unicodeScalars) { try add(a, .integer(Int(b.value))) }
      for scalar in (bound[2]?.text ?? "").unicodeScalars { try add(scalar, .none) }
      return .dictionary(result)
    }
    guard case .dictionary(let members)? = bound[0] else {
      throw Jinja.Failure("if you give only one argument to maketrans it must be a dict")
    }
    for (key, value) in zip(members.keys, members.values) {
      if let code = key.index {
        try result.set(.integer(code), key: .integer(code), to: value)
      } else if let text = key.text, let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 {
        try add(scalar, value)
      } else {
        throw Jinja.Failure("keys in translate table must be strings of length 1 or integers")
      }
    }
    return .dictionary(result)
  }
}
