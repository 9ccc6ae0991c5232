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
    "striptags": { interpreter, value, _ in .string(strippedTags(try interpreter.string(value))) },
    "center": { interpreter, value, arguments in
      var arguments = arguments
      if arguments.positional.isEmpty, arguments.keywords.isEmpty { arguments.positional = [.integer(80)] }
      return try Jinja.Methods.centered(.string(try interpreter.string(value)), arguments)
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
    "xmlattr": { interpreter, value, arguments in
      guard case .dictionary(let members) = value else { throw Jinja.Failure("xmlattr needs a dictionary") }
      let pairs = try zip(members.keys, members.values).filter { !$1.isNone && !$1.isUndefined }.map { key, value in
        "\(Jinja.escaped(try interpreter.string(key)))=\"\(Jinja.escaped(try interpreter.string(value)))\""
      }
      let hasSpace = try arguments.bound("xmlattr", ["autospace"])[0]?.isTrue ?? true
      return .string((hasSpace && !pairs.isEmpty ? " " : "") + pairs.joined(separator: " "))
    },
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

  /// Without comments and tags, with single spaces.
  private static func strippedTags(_ text: String) -> String {
    func without(_ text: String, from open: String, to close: String) -> String {
      var rest = Array(text.unicodeScalars)[...]
      let open = Array(open.unicodeScalars), close = Array(close.unicodeScalars)
      var result: [Unicode.Scalar] = []
      while let start = rest.firstRange(of: open), let end = rest[start.upperBound...].firstRange(of: close) {
        result += rest[..<start.lowerBound]
        rest = rest[end.upperBound...]
      }
      return String(scalars: result + rest)
    }
    let plain = without(without(text, from: "<!--", to: "-->"), from: "<", to: ">")
    let words = plain.unicodeScalars.split { $0.isPythonSpace }.map { String(scalars: $0) }.joined(separator: " ")
    return [("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&#34;", "\""), ("&quot;", "\""), ("&amp;", "&")].reduce(
      words
    ) {
      $0.replacing($1.0, with: $1.1)
    }
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
    let length = bound[0]?.index ?? 255, leeway = bound[3]?.index ?? 5
    let end = bound[2]?.text ?? "..."
    guard let text = value.text else {
      throw Jinja.Failure("truncate needs a text; found a value of type '\(value.typeName)'")
    }
    guard length >= end.unicodeScalars.count, leeway >= 0 else {
      throw Jinja.Failure("expected length >= \(end.unicodeScalars.count), got \(length)")
    }
    let scalars = Array(text.unicodeScalars)
    if scalars.count <= length.addingReportingOverflow(leeway).partialValue || scalars.count <= length { return value }
    var kept = scalars[..<(length - end.unicodeScalars.count)]
    if !(bound[1]?.isTrue ?? false), let space = kept.lastIndex(of: " ") { kept = kept[..<space] }
    return .string(String(scalars: kept) + end)
  }

  /// Lines of at most `width` characters, cut at white space.
  private static func wrapped(
    _ interpreter: Jinja.Interpreter, _ value: Jinja.Value, _ arguments: Jinja.Arguments
  ) throws -> Jinja.Value {
    let bound = try arguments.bound("wordwrap", ["width", "break_long_words", "wrapstring", "break_on_hyphens"])
    let width = bound[0]?.index ?? 79
    guard width > 0 else { throw Jinja.Failure("invalid width \(width) (must be > 0)") }
    let breaksWords = bound[1]?.isTrue ?? true
    let breaksHyphens = bound[3]?.isTrue ?? true
    let paragraphs = try interpreter.lines(try interpreter.string(value))
    let lines = paragraphs.flatMap { wrapped($0, width, breaksWords, breaksHyphens) }
    return .string(try interpreter.joined(lines, by: bound[2]?.text ?? "\n"))
  }

  private static func wrapped(_ text: String, _ width: Int, _ breaksWords: Bool, _ breaksHyphens: Bool) -> [String] {
    var lines: [String] = []
    var line: [Unicode.Scalar] = []
    func finish() {
      while let last = line.last, last.isPythonSpace { line.removeLast() }
      if !line.isEmpty { lines.append(String(scalars: line)) }
      line = []
    }
    for chunk in chunks(text, breaksHyphens) {
      var chunk = chunk[...]
      if line.count + chunk.count > width, !(line.isEmpty && chunk.count <= width) {
        if breaksWords, chunk.count > width {
          while line.count + chunk.count > width {
            let room = max(1, width - line.count)
            line += chunk.prefix(room)
            chunk = chunk.dropFirst(room)
            finish()
          }
        } else {
          finish()
        }
      }
      if line.isEmpty, !lines.isEmpty, chunk.first?.isPythonSpace ?? true { continue }
      line += chunk
    }
    finish()
    return lines.isEmpty ? [] : lines
  }

  /// Runs of white space and words; words also end after a hyphen between letters.
  private static func chunks(_ text: String, _ breaksHyphens: Bool) -> [[Unicode.Scalar]] {
    let scalars = Array(text.unicodeScalars)
    var chunks: [[Unicode.Scalar]] = []
    for (index, scalar) in scalars.enumerated() {
      let previous = index > 0 ? scalars[index - 1] : nil
      let afterHyphen = breaksHyphens && previous == "-" && index > 1 && scalars[index - 2].isLetter && scalar.isLetter
      if let previous, previous.isPythonSpace == scalar.isPythonSpace, !afterHyphen, !chunks.isEmpty {
        chunks[chunks.count - 1].append(scalar)
      } else {
        chunks.append([scalar])
      }
    }
    return chunks
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
    case .list, .tuple, .view, .generator:
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
