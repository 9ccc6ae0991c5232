import Basics

/// A value written as Python writes it, such as `['a', "it's", 3, None]`: what templates print of lists.
///
/// As `ast.literal_eval` reads texts, numbers, lists, tuples, dictionaries, `True`, `False` and `None`.
struct PythonLiteral {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  /// The value; nil for a text that is no literal.
  static func value(of text: String) -> JSON? {
    var parser = PythonLiteral(scalars: Array(text.unicodeScalars))
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipSpace()
    return parser.position == parser.scalars.count ? value : nil
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private mutating func value(depth: Int) -> JSON? {
    skipSpace()
    guard depth < 64, position < scalars.count else { return nil }
    switch scalars[position] {
    case "[": return list(until: "]", depth: depth)
    case "(": return list(until: ")", depth: depth)
    case "{": return dictionary(depth: depth)
    case "'", "\"": return strings()
    default: return word()
    }
  }

  private mutating func list(until end: Unicode.Scalar, depth: Int) -> JSON? {
    position += 1
    var items: [JSON] = []
    while true {
      if take(end) { return .array(items) }
      guard items.isEmpty || take(",") else { return nil }
      if take(end) { return .array(items) }
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
    }
  }

  private mutating func dictionary(depth: Int) -> JSON? {
    position += 1
    var object = JSONObject()
    while true {
      if take("}") { return .object(object) }
      guard object.isEmpty || take(",") else { return nil }
      if take("}") { return .object(object) }
      guard let key = value(depth: depth + 1), take(":"), let member = value(depth: depth + 1) else { return nil }
      object[key.stringValue ?? key.text()] = member
    }
  }

  /// Texts side by side are one.
  private mutating func strings() -> JSON? {
    var text = ""
    repeat {
      guard let part = string() else { return nil }
      text += part
      skipSpace()
    } while position < scalars.count && (scalars[position] == "'" || scalars[position] == "\"")
    return .string(text)
  }

  private mutating func string() -> String? {
    let quote = scalars[position]
    position += 1
    var text = String.UnicodeScalarView()
    while position < scalars.count, scalars[position] != quote {
      if scalars[position] == "\\" {
        guard let escaped = escape() else { return nil }
        text.append(escaped)
      } else {
        text.append(scalars[position])
        position += 1
      }
    }
    guard position < scalars.count else { return nil }
    position += 1
    return String(text)
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "0": "\0", "a": "\u{7}", "b": "\u{8}",
    "f": "\u{C}", "v": "\u{B}",
  ]

  private mutating func escape() -> Unicode.Scalar? {
    guard position + 1 < scalars.count else { return nil }
    let kind = scalars[position + 1]
    position += 2
    let digits: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
    guard let count = digits[kind] else { return Self.escapes[kind] }
    guard position + count <= scalars.count else { return nil }
    let text = PythonText.string(scalars[position..<position + count])
    position += count
    return UInt32(text, radix: 16).flatMap { Unicode.Scalar($0) }
  }

  private mutating func word() -> JSON? {
    let start = position
    while position < scalars.count, !",:]}) ".unicodeScalars.contains(scalars[position]) { position += 1 }
    let word = PythonText.string(scalars[start..<position])
    switch word {
    case "True": return true
    case "False": return false
    case "None": return .null
    default: return Int(word).map { .integer($0) } ?? Double(word).map { .number($0) }
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < scalars.count, scalars[position] == scalar else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < scalars.count, PythonText.isWhitespace(scalars[position]) { position += 1 }
  }
}
