extension Jinja.Filters {
  /// Filters on texts; other values are taken as their text.
  static let text: [String: Filter] = [
    "upper": { interpreter, value, _ in .string(Jinja.uppercased(try interpreter.string(value))).marked(as: value) },
    "lower": { interpreter, value, _ in .string(Jinja.lowercased(try interpreter.string(value))).marked(as: value) },
    "capitalize": { interpreter, value, _ in .string(Jinja.capitalized(try interpreter.string(value))).marked(as: value)
    },
    "title": { interpreter, value, _ in .string(titled(try interpreter.string(value))).marked(as: value) },
    "trim": { interpreter, value, arguments in
      let characters = try arguments.bound("trim", ["chars"])[0] ?? .none
      guard characters.isNone || characters.text != nil else { throw Jinja.Failure("trim needs a text of characters") }
      let text = try interpreter.string(value)
      try interpreter.charge(text.utf8.count / 16)
      return .string(Jinja.stripped(text, of: characters.text)).marked(as: value)
    },
    "replace": { interpreter, value, arguments in
      let bound = try arguments.bound("replace", ["old", "new", "count"], required: 2)
      let old = try interpreter.string(bound[0] ?? .none), new = try interpreter.string(bound[1] ?? .none)
      return .string(try interpreter.replaced(try interpreter.string(value), old, new, count: bound[2]?.index ?? -1))
    },
    "format": { interpreter, value, arguments in
      guard arguments.positional.isEmpty || arguments.keywords.isEmpty else {
        throw Jinja.Failure("can't handle positional and keyword arguments at the same time")
      }
      var values = Jinja.Value.tuple(try Jinja.ListObject(arguments.positional))
      if !arguments.keywords.isEmpty {
        let members = Jinja.DictionaryObject()
        for keyword in arguments.keywords { try members.set(keyword.name, to: keyword.value) }
        values = .dictionary(members)
      }
      return try interpreter.formatted(try interpreter.string(value), values, isMarkup: value.isMarkup)
    },
    "escape": { interpreter, value, _ in value.isMarkup ? value : .markup(Jinja.escaped(try interpreter.string(value)))
    },
    "e": { interpreter, value, _ in value.isMarkup ? value : .markup(Jinja.escaped(try interpreter.string(value))) },
    "forceescape": { interpreter, value, _ in .markup(Jinja.escaped(try interpreter.string(value))) },
    "striptags": { interpreter, value, _ in .string(Jinja.strippedTags(try interpreter.string(value))) },
    "center": { interpreter, value, arguments in
      let width = try arguments.bound("center", ["width"])[0] ?? .integer(80)
      var arguments = Jinja.Arguments()
      arguments.positional = [width]
      return try Jinja.Methods.centered(.string(try interpreter.string(value)).marked(as: value), arguments)
    },
    "indent": { try indented($0, $1, $2) },
    "truncate": { try truncated($0, $1, $2) },
    "wordcount": { interpreter, value, _ in
      var count = 0
      var inWord = false
      for scalar in try interpreter.string(value).unicodeScalars {
        if scalar.isWordScalar, !inWord { count += 1 }
        inWord = scalar.isWordScalar
      }
      return .integer(count)
    },
    "wordwrap": { try wrapped($0, $1, $2) },
    "urlencode": { interpreter, value, _ in try encoded(interpreter, value) },
    "xmlattr": { try attributes($0, $1, $2) },
    "urlize": { try linked($0, $1, $2) },
  ]

  /// Upper case after white space, `-` and opening brackets, lower case elsewhere.
  private static func titled(_ text: String) -> String {
    var result = ""
    var startsWord = true
    var word: [Unicode.Scalar] = []
    func flush() {
      guard let first = word.first else { return }
      result += first.properties.uppercaseMapping + Jinja.lowercased(String(scalars: word.dropFirst()))
      word = []
    }
    for scalar in text.unicodeScalars {
      startsWord = scalar.isPythonSpace || ["-", "(", "{", "[", "<"].contains(scalar)
      if startsWord {
        flush()
        result.unicodeScalars.append(scalar)
      } else {
        word.append(scalar)
      }
    }
    flush()
    return result
  }

  private static func indented(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("indent", ["width", "first", "blank"])
    guard let text = value.text else {
      throw Jinja.Failure("indent needs a text; found a value of type '\(value.typeName)'")
    }
    let indentation = try indentation(bound[0] ?? .integer(4)) ?? ""
    let lines = try interpreter.lines(text + "\n")
    try interpreter.reserve(text.utf8.count + lines.count * indentation.utf8.count)
    let blank = bound[2]?.isTrue ?? false
    let tail = lines.dropFirst().map { ($0.isEmpty && !blank ? "" : indentation) + $0 }
    let result = ([lines.first ?? ""] + tail).joined(separator: "\n")
    return .string((bound[1]?.isTrue ?? false ? indentation : "") + result).marked(as: value)
  }

  private static func truncated(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("truncate", ["length", "killwords", "end", "leeway"])
    let length = try bound[0].wholeNumber("truncate", standard: 255)
    let leeway = try bound[3].flatMap { $0.isNone ? nil : $0 }.wholeNumber("truncate", standard: 5)
    let end = bound[2]?.text ?? "..."
    guard length >= end.unicodeScalars.count, leeway >= 0 else {
      throw Jinja.Failure("expected length >= \(end.unicodeScalars.count), got \(length)")
    }
    let count = try interpreter.length(of: value)
    if count <= length || count - length <= leeway { return value }
    guard let text = value.text else {
      throw Jinja.Failure("truncate needs a text; found a value of type '\(value.typeName)'")
    }
    let scalars = Array(text.unicodeScalars)
    var kept = scalars[..<(length - end.unicodeScalars.count)]
    if !(bound[1]?.isTrue ?? false), let space = kept.lastIndex(of: " ") { kept = kept[..<space] }
    return .string(String(scalars: kept) + end)
  }

  /// Lines of at most `width` characters, cut at white space.
  private static func wrapped(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("wordwrap", ["width", "break_long_words", "wrapstring", "break_on_hyphens"])
    let width = try bound[0].wholeNumber("wordwrap", standard: 79)
    guard let text = value.text else {
      throw Jinja.Failure("wordwrap needs a text; found a value of type '\(value.typeName)'")
    }
    let wrap = Jinja.WordWrap(
      width: width, breaksLongWords: bound[1]?.isTrue ?? true, breaksOnHyphens: bound[3]?.isTrue ?? true)
    try interpreter.charge(text.utf8.count / 4)
    let separator = bound[2]?.text ?? "\n"
    let paragraphs = try interpreter.lines(text)
    guard width > 0 || paragraphs.isEmpty else { throw Jinja.Failure("invalid width \(width) (must be > 0)") }
    let lines = try paragraphs.map { try interpreter.joined(wrap.lines(of: $0), by: separator) }
    return .string(try interpreter.joined(lines, by: separator))
  }

  private static func encoded(_ interpreter: Jinja.Interpreter, _ value: Jinja.Value) throws -> Jinja.Value {
    func quote(_ text: String, inQuery: Bool) -> String {
      var result = ""
      for byte in text.utf8 {
        let scalar = Unicode.Scalar(byte)
        let isPlain = byte < 0x80 && (scalar.isAlphanumeric || "_.-~".unicodeScalars.contains(scalar))
        if isPlain || (scalar == "/" && !inQuery) {
          result.unicodeScalars.append(scalar)
        } else if scalar == " ", inQuery {
          result += "+"
        } else {
          result += "%" + Jinja.hexadecimal(UInt32(byte), 2).uppercased()
        }
      }
      return result
    }
    var pairs: [(Jinja.Value, Jinja.Value)] = []
    switch value {
    case .dictionary(let members): pairs = Array(zip(members.keys, members.values))
    case .list, .tuple, .view, .range, .generator:
      pairs = try interpreter.items(of: value).map { item in
        let pair = try interpreter.items(of: item)
        guard pair.count == 2 else { throw Jinja.Failure("urlencode needs pairs") }
        return (pair[0], pair[1])
      }
    default: return .string(quote(try interpreter.string(value), inQuery: false))
    }
    let texts = try pairs.map { key, value in
      quote(try interpreter.string(key), inQuery: true) + "=" + quote(try interpreter.string(value), inQuery: true)
    }
    return .string(texts.joined(separator: "&"))
  }
}
