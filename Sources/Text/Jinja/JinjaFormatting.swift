import Foundation

// Python's `format % values` and `format.format(…)`.
extension Jinja {
  /// Width, precision and flags of one value to lay out.
  struct FieldFormat {
    var fill: Unicode.Scalar = " "
    /// `<`, `>`, `^` or `=`; nil is the standard of the type.
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var groups: Unicode.Scalar?
    var width = 0
    var precision: Int?
    var type: Unicode.Scalar?

    static let maximumWidth = 10_000

    /// A number with the sign, grouping and width asked for.
    func laidOut(number: String, prefix: String = "") -> String {
      let isNegative = number.utf8.first == UInt8(ascii: "-")
      let lead = (isNegative ? "-" : sign == "-" ? "" : String(sign)) + prefix
      let room = width - lead.unicodeScalars.count
      var digits = isNegative ? String(number.dropFirst()) : number
      if let groups {
        digits = Self.grouped(
          digits, groups, inBits: "xXob".unicodeScalars.contains(type ?? "d"),
          width: alignment == "=" && fill == "0" ? room : 0)
      }
      guard alignment == "=" else { return padded(lead + digits, standard: ">") }
      return lead + String(repeating: String(fill), count: max(0, room - digits.unicodeScalars.count)) + digits
    }

    func padded(_ text: String, standard: Unicode.Scalar) -> String {
      let missing = width - text.unicodeScalars.count
      guard missing > 0 else { return text }
      let left: Int
      switch alignment ?? standard {
      case "<": left = 0
      case "^": left = missing / 2
      default: left = missing
      }
      return String(repeating: String(fill), count: left) + text
        + String(repeating: String(fill), count: missing - left)
    }

    /// The digits before a point in groups of three, or of four where each stands for bits; zeros fill up a width.
    private static func grouped(
      _ number: String, _ separator: Unicode.Scalar, inBits: Bool, width: Int
    ) -> String {
      let size = inBits ? 4 : 3
      let whole = Array(number.unicodeScalars.prefix { inBits ? $0.hexadecimalValue != nil : $0.isASCIIDigit })
      let rest = number.unicodeScalars.dropFirst(whole.count)
      func length(_ digits: Int) -> Int { digits + (digits - 1) / size + rest.count }
      var count = whole.count
      while count > 0, length(count) < width { count += 1 }
      var result = String.UnicodeScalarView()
      for index in 0..<count {
        if index > 0, (count - index) % size == 0 { result.append(separator) }
        result.append(index < count - whole.count ? "0" : whole[index - (count - whole.count)])
      }
      return String(result) + String(rest)
    }

    /// A float with `f`, `e` or `g`.
    func text(of value: Double, type: Unicode.Scalar) -> String {
      guard value.isFinite else {
        let text = value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
        return type.properties.isUppercase ? text.uppercased() : text
      }
      return String(format: "%\(isAlternate ? "#" : "").\(precision ?? 6)\(type)", value)
    }

    /// A whole number in the base of the type.
    func laidOut(integer value: Int, type: Unicode.Scalar) -> String {
      let radix = type == "x" || type == "X" ? 16 : type == "o" ? 8 : type == "b" ? 2 : 10
      let digits = String(value.magnitude, radix: radix, uppercase: type == "X")
      return laidOut(
        digits: digits, isNegative: value < 0, prefix: isAlternate && radix != 10 ? "0\(type)" : "")
    }

    /// A float without its fraction, however large it is.
    func laidOut(whole value: Double) -> String {
      laidOut(digits: String(format: "%.0f", value.magnitude.rounded(.down)), isNegative: value <= -1, prefix: "")
    }

    private func laidOut(digits: String, isNegative: Bool, prefix: String) -> String {
      let zeros = String(repeating: "0", count: max(0, (precision ?? 0) - digits.utf8.count))
      return laidOut(number: (isNegative ? "-" : "") + zeros + digits, prefix: prefix)
    }

    /// A float without a type: as Python prints it, or with a precision that does not make it a whole number.
    func general(_ value: Double) -> String {
      guard value.isFinite else { return Jinja.pythonText(value) }
      guard let precision else {
        let text = Jinja.pythonText(value)
        guard isAlternate, !text.utf8.contains(UInt8(ascii: ".")) else { return text }
        return text.replacing("e", with: ".e", maxReplacements: 1)
      }
      let scientific = String(format: "%\(isAlternate ? "#" : "").\(max(1, precision) - 1)e", value)
      let parts = scientific.split(separator: "e")
      guard parts.count == 2, let exponent = Int(parts[1]), exponent >= max(1, precision) - 1 else {
        return text(of: value, type: "g")
      }
      guard !isAlternate, parts[0].utf8.contains(UInt8(ascii: ".")) else { return scientific }
      var mantissa = parts[0]
      while mantissa.utf8.last == UInt8(ascii: "0") { mantissa.removeLast() }
      if mantissa.utf8.last == UInt8(ascii: ".") { mantissa.removeLast() }
      return mantissa + "e" + parts[1]
    }
  }
}

extension Jinja.Interpreter {
  /// Python's `format % values`.
  func formatted(_ format: String, _ values: Jinja.Value, isMarkup: Bool) throws -> Jinja.Value {
    var arguments = [values]
    if case .tuple(let tuple) = values { arguments = tuple.items }
    var reader = PercentReader(format: Array(format.unicodeScalars), arguments: arguments, mapping: values)
    var result = ""
    while let piece = try reader.next(self) {
      let text = isMarkup && piece.isValue ? Jinja.escaped(piece.text) : piece.text
      try reserve(result.utf8.count + text.utf8.count)
      result += text
    }
    // Python takes a single value with elements for a mapping, which need not be used up.
    let isMapping =
      switch values {
      case .dictionary, .list, .range, .undefined: true
      default: false
      }
    guard reader.used == arguments.count || reader.usedNames || (isMapping && reader.used == 0) else {
      throw Jinja.Failure("not all arguments converted during string formatting")
    }
    return isMarkup ? .markup(result) : .string(result)
  }
}

/// Reads a `%` format piece by piece.
private struct PercentReader {
  let format: [Unicode.Scalar]
  let arguments: [Jinja.Value]
  let mapping: Jinja.Value
  var place = 0
  var used = 0
  var usedNames = false

  mutating func next(_ interpreter: Jinja.Interpreter) throws -> (text: String, isValue: Bool)? {
    guard place < format.count else { return nil }
    let start = place
    while place < format.count, format[place] != "%" { place += 1 }
    if place > start { return (String(scalars: format[start..<place]), false) }
    place += 1
    var named: Jinja.Value?
    if place < format.count, format[place] == "(" { named = try member(interpreter) }
    var field = try flags()
    while place < format.count, "hlL".unicodeScalars.contains(format[place]) { place += 1 }
    guard place < format.count else { throw Jinja.Failure("incomplete format") }
    let type = format[place]
    place += 1
    if type == "%" { return ("%", false) }
    let value = try named ?? argument()
    return (try text(of: value, type, &field, interpreter), true)
  }

  private mutating func argument() throws -> Jinja.Value {
    guard used < arguments.count else { throw Jinja.Failure("not enough arguments for format string") }
    used += 1
    return arguments[used - 1]
  }

  private mutating func member(_ interpreter: Jinja.Interpreter) throws -> Jinja.Value {
    let start = place + 1
    while place < format.count, format[place] != ")" { place += 1 }
    guard place < format.count else { throw Jinja.Failure("incomplete format key") }
    let name = String(scalars: format[start..<place])
    place += 1
    usedNames = true
    guard case .dictionary(let members) = mapping else { throw Jinja.Failure("format requires a mapping") }
    guard let value = members.value(name) else { throw Jinja.Failure("KeyError: '\(name)'") }
    return value
  }

  private mutating func flags() throws -> Jinja.FieldFormat {
    var field = Jinja.FieldFormat()
    var zeros = false
    loop: while place < format.count {
      switch format[place] {
      case "-": field.alignment = "<"
      case "0": zeros = true
      case "+": field.sign = "+"
      case " ": if field.sign != "+" { field.sign = " " }
      case "#": field.isAlternate = true
      default: break loop
      }
      place += 1
    }
    if zeros, field.alignment == nil {
      field.fill = "0"
      field.alignment = "="
    }
    field.width = try number() ?? 0
    if place < format.count, format[place] == "." {
      place += 1
      field.precision = try number() ?? 0
    }
    return field
  }

  private mutating func number() throws -> Int? {
    if place < format.count, format[place] == "*" {
      place += 1
      guard let value = try argument().index, (0...Jinja.FieldFormat.maximumWidth).contains(value) else {
        throw Jinja.Failure("* wants a small int")
      }
      return value
    }
    return try Jinja.digits(format, &place)
  }

  private func text(
    of value: Jinja.Value, _ type: Unicode.Scalar, _ field: inout Jinja.FieldFormat, _ interpreter: Jinja.Interpreter
  ) throws -> String {
    switch type {
    case "s", "r", "a":
      var text = type == "s" ? try interpreter.string(value) : try interpreter.representation(value)
      if type == "a" { text = Jinja.ascii(text) }
      if let precision = field.precision { text = String(scalars: text.unicodeScalars.prefix(precision)) }
      if field.fill == "0" { (field.fill, field.alignment) = (" ", ">") }
      return field.padded(text, standard: ">")
    case "d", "i", "u":
      if let index = value.index { return field.laidOut(integer: index, type: "d") }
      guard let number = value.double, number.isFinite else {
        throw Jinja.Failure("%\(type) format: a real number is required, not \(value.typeName)")
      }
      return field.laidOut(whole: number)
    case "x", "X", "o":
      guard let index = value.index else { throw Jinja.Failure("%\(type) format: an integer is required") }
      return field.laidOut(integer: index, type: type)
    case "f", "F", "e", "E", "g", "G":
      guard let number = value.double else { throw Jinja.Failure("must be real number, not \(value.typeName)") }
      return field.laidOut(number: field.text(of: number, type: type))
    case "c":
      if field.fill == "0" { (field.fill, field.alignment) = (" ", ">") }
      if let text = value.text, text.unicodeScalars.count == 1 { return field.padded(text, standard: ">") }
      guard let index = value.index, let scalar = UInt32(exactly: index).flatMap({ Unicode.Scalar($0) }) else {
        throw Jinja.Failure("%c requires int or char")
      }
      return field.padded(String(scalar), standard: ">")
    default: throw Jinja.Failure("unsupported format character '\(type)'")
    }
  }
}

extension Jinja {
  /// A small decimal number at `place`; nil when there is none.
  static func digits(_ text: [Unicode.Scalar], _ place: inout Int) throws -> Int? {
    let start = place
    var value = 0
    while place < text.count, text[place].isASCIIDigit {
      value = value * 10 + Int(text[place].value) - 0x30
      guard value <= FieldFormat.maximumWidth else {
        throw Failure("a width in a format is above \(FieldFormat.maximumWidth)")
      }
      place += 1
    }
    return place > start ? value : nil
  }
}
