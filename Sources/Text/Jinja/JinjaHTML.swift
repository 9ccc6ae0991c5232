// Filters that write and read HTML, as `markupsafe` 3.0 does.
extension Jinja {
  /// Text with the characters escaped that mean something in HTML.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "'": result += "&#39;"
      case "\"": result += "&#34;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Without comments and tags, with single spaces, and with characters in place of references such as `&eacute;`.
  static func strippedTags(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var plain: [Unicode.Scalar] = []
    var place = 0
    while let start = scalars[place...].firstIndex(of: "<") {
      let isComment = scalars[start...].starts(with: "<!--".unicodeScalars)
      guard let end = isComment ? commentEnd(scalars, start + 4) : scalars[start...].firstIndex(of: ">") else { break }
      plain += scalars[place..<start]
      place = end + 1
    }
    plain += scalars[place...]
    let words = plain.split { $0.isPythonSpace }
    return unescaped(Array(words.joined(separator: [" "])))
  }

  /// The last character of the mark `-->` that follows.
  private static func commentEnd(_ scalars: [Unicode.Scalar], _ start: Int) -> Int? {
    guard start + 2 < scalars.count else { return nil }
    return (start + 2..<scalars.count).first {
      scalars[$0] == ">" && scalars[$0 - 1] == "-" && scalars[$0 - 2] == "-"
    }
  }

  /// Python's `html.unescape`.
  private static func unescaped(_ text: [Unicode.Scalar]) -> String {
    var result = ""
    var place = 0
    while place < text.count {
      guard text[place] == "&", let (character, end) = reference(text, place + 1) else {
        result.unicodeScalars.append(text[place])
        place += 1
        continue
      }
      result += character
      place = end
    }
    return result
  }

  /// What the reference stands for whose `&` has just passed, and its end.
  private static func reference(_ text: [Unicode.Scalar], _ start: Int) -> (String, Int)? {
    if start < text.count, text[start] == "#" { return numericReference(text, start + 1) }
    let name = text[start...].prefix(32).prefix { !"\t\n\u{C} <&#;".unicodeScalars.contains($0) }
    var end = name.endIndex
    if !name.isEmpty, end < text.count, text[end] == ";" {
      end += 1
      if let character = HTMLEntities.characters[ExactText(text: String(scalars: text[start..<end]))] {
        return (character, end)
      }
      end -= 1
    }
    while end - start > 1 {
      if let character = HTMLEntities.characters[ExactText(text: String(scalars: text[start..<end]))] {
        return (character, end)
      }
      end -= 1
    }
    return nil
  }

  private static func numericReference(_ text: [Unicode.Scalar], _ start: Int) -> (String, Int)? {
    let isHexadecimal = start < text.count && (text[start] == "x" || text[start] == "X")
    let first = isHexadecimal ? start + 1 : start
    var end = first
    var value: UInt32 = 0
    while end < text.count, let digit = text[end].hexadecimalValue, isHexadecimal || digit < 10 {
      // Anything beyond Unicode is the same.
      value = min(value * (isHexadecimal ? 16 : 10) + UInt32(digit), 0x110000)
      end += 1
    }
    guard end > first else { return nil }
    if end < text.count, text[end] == ";" { end += 1 }
    return (character(value), end)
  }

  private static func character(_ value: UInt32) -> String {
    if let windows = HTMLEntities.windows1252[value] { return String(windows) }
    switch value {
    case 0x0D: return "\r"
    case 1...8, 0xB, 0xE...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF: return ""
    case _ where value < 0x110000 && value & 0xFFFE == 0xFFFE: return ""
    default: return value == 0 ? "\u{FFFD}" : String(Unicode.Scalar(value) ?? "\u{FFFD}")
    }
  }
}

extension Jinja.Filters {
  /// The members of a dictionary as attributes of a tag.
  static func attributes(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    guard case .dictionary(let members) = value else { throw Jinja.Failure("xmlattr needs a dictionary") }
    let hasSpace = try arguments.bound("xmlattr", ["autospace"])[0]?.isTrue ?? true
    var result: [String] = []
    for (key, value) in zip(members.keys, members.values) where !value.isNone && !value.isUndefined {
      guard let name = key.text else {
        throw Jinja.Failure("xmlattr needs strings as names; found a value of type '\(key.typeName)'")
      }
      guard !name.unicodeScalars.contains(where: { "/>= \t\n\u{B}\u{C}\r".unicodeScalars.contains($0) }) else {
        throw Jinja.Failure("the name '\(name)' of an attribute has a space, '/', '>' or '='")
      }
      result.append("\(Jinja.escaped(name))=\"\(try escapedText(value, interpreter))\"")
    }
    return .string((hasSpace && !result.isEmpty ? " " : "") + (try interpreter.joined(result, by: " ")))
  }

  private static func escapedText(_ value: Jinja.Value, _ interpreter: Jinja.Interpreter) throws -> String {
    let text = try interpreter.string(value)
    return value.isMarkup ? text : Jinja.escaped(text)
  }

  /// The filter `urlize`.
  static func linked(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("urlize", ["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"])
    func given(_ place: Int) -> Jinja.Value? { bound[place].flatMap { $0.isNone ? nil : $0 } }
    var links = Jinja.Links()
    links.limit = try given(0).map { try Optional($0).wholeNumber("urlize", standard: 0) }
    var words = Set(
      try interpreter.split(try interpreter.string(given(3) ?? .string("")), by: nil, limit: -1, fromRight: false)
    ).union(["noopener"])
    if bound[1]?.isTrue ?? false { words.insert("nofollow") }
    let relation = words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: " ")
    links.attributes = " rel=\"\(Jinja.escaped(relation))\""
    if let target = given(2), target.isTrue {
      links.attributes += " target=\"\(try escapedText(target, interpreter))\""
    }
    links.schemes = try interpreter.items(of: given(4) ?? .list(Jinja.ListObject([]))).map { scheme in
      guard let text = scheme.text, Jinja.Address.isScheme(text) else {
        throw Jinja.Failure(
          "\(try interpreter.representation(scheme)) is not a valid URI scheme prefix; expected one such as 'tel:'")
      }
      return text
    }
    let text = try escapedText(value, interpreter)
    try interpreter.reserve(text.utf8.count * 4)
    let result = links.linked(text)
    try interpreter.reserve(result.utf8.count)
    return .string(result)
  }
}
