extension Jinja {
  /// Python's `pprint.pformat(value)`: lines of at most 80 characters, members of dictionaries in order.
  ///
  /// Source of the rules: `Lib/pprint.py` of Python 3.11.
  struct PrettyText {
    private static let width = 80
    /// Bytes of one text that is cut into lines: each takes several times its size on the way, and every escape doubles
    /// when its result is written again.
    private static let longestText = 1 << 17
    private let interpreter: Interpreter
    private var output = ""

    static func text(_ value: Value, _ interpreter: Interpreter) throws -> String {
      var writer = PrettyText(interpreter: interpreter)
      try writer.write(value, indent: 0, allowance: 0, level: 0)
      return writer.output
    }

    private init(interpreter: Interpreter) { self.interpreter = interpreter }

    /// - Parameters:
    ///   - indent: characters on the line already.
    ///   - allowance: characters that will follow on the line.
    private mutating func write(_ value: Value, indent: Int, allowance: Int, level: Int) throws {
      if case .string(let text) = value, text.utf8.count > Self.longestText {
        throw Failure("pprint takes texts of at most \(Self.longestText >> 10) KiB; found \(text.utf8.count) bytes")
      }
      let text = try representation(value, level: level)
      guard text.unicodeScalars.count > Self.width - indent - allowance else { return try append(text) }
      switch value {
      case .list(let list): try write(list.items, "[", "]", indent, allowance, level + 1)
      case .tuple(let tuple):
        try write(tuple.items, "(", tuple.items.count == 1 ? ",)" : ")", indent, allowance, level + 1)
      case .dictionary(let dictionary): try write(dictionary, indent, allowance, level + 1)
      case .string(let text): try write(text, indent, allowance, isOutermost: level == 0)
      default: try append(text)
      }
    }

    private mutating func append(_ text: String) throws {
      guard output.utf8.count + text.utf8.count <= Limit.textLength else {
        throw Failure("the text of a value is too long")
      }
      try interpreter.charge(1 + text.utf8.count / Limit.bytesPerStep)
      output += text
    }

    private func newLine(_ indent: Int) -> String { "\n" + String(repeating: " ", count: indent) }

    private mutating func write(
      _ items: [Value], _ open: String, _ close: String, _ indent: Int, _ allowance: Int, _ level: Int
    ) throws {
      try append(open)
      for (index, item) in items.enumerated() {
        if index > 0 { try append("," + newLine(indent + 1)) }
        let isLast = index == items.count - 1
        try write(
          item, indent: indent + 1, allowance: isLast ? allowance + close.utf8.count : 1, level: level)
      }
      try append(close)
    }

    private mutating func write(
      _ dictionary: DictionaryObject, _ indent: Int, _ allowance: Int, _ level: Int
    ) throws {
      try append("{")
      for (index, member) in sorted(dictionary).enumerated() {
        if index > 0 { try append("," + newLine(indent + 1)) }
        let key = try representation(dictionary.keys[member], level: level) + ": "
        try append(key)
        try write(
          dictionary.values[member], indent: indent + 1 + key.unicodeScalars.count,
          allowance: index == dictionary.count - 1 ? allowance + 1 : 1, level: level)
      }
      try append("}")
    }

    /// A long string as several literals, cut at the ends of lines and before words.
    private mutating func write(_ text: String, _ indent: Int, _ allowance: Int, isOutermost: Bool) throws {
      let indent = isOutermost ? indent + 1 : indent, allowance = isOutermost ? allowance + 1 : allowance
      let width = Self.width - indent
      var literals: [String] = []
      let lines = try interpreter.lines(text, keepEnds: true)
      for (index, line) in lines.enumerated() {
        let isLast = index == lines.count - 1
        let literal = Jinja.quoted(line)
        if literal.unicodeScalars.count <= (isLast ? width - allowance : width) {
          literals.append(literal)
        } else {
          literals += try words(of: line, width: width, lastWidth: isLast ? width - allowance : width)
        }
      }
      if literals.count <= 1 { return try append(Jinja.quoted(lines.last ?? "")) }
      try append((isOutermost ? "(" : "") + literals.joined(separator: newLine(indent)) + (isOutermost ? ")" : ""))
    }

    /// The literals of one line.
    private func words(of line: String, width: Int, lastWidth: Int) throws -> [String] {
      var words: [[Unicode.Scalar]] = []
      var previous: Unicode.Scalar?
      for scalar in line.unicodeScalars {
        let isNew = previous.map { $0.isPythonSpace && !scalar.isPythonSpace } ?? true
        if isNew { words.append([scalar]) } else { words[words.count - 1].append(scalar) }
        previous = scalar
      }
      var literals: [String] = []
      var current: [Unicode.Scalar] = []
      for (index, word) in words.enumerated() {
        try interpreter.charge(1 + current.count / Limit.bytesPerStep)
        let candidate = Jinja.quoted(String(scalars: current + word))
        if candidate.unicodeScalars.count > (index == words.count - 1 ? lastWidth : width) {
          if !current.isEmpty { literals.append(Jinja.quoted(String(scalars: current))) }
          current = word
        } else {
          current += word
        }
      }
      if !current.isEmpty { literals.append(Jinja.quoted(String(scalars: current))) }
      return literals
    }

    /// `repr` with the members of dictionaries in order.
    private func representation(_ value: Value, level: Int) throws -> String {
      try interpreter.charge()
      guard level <= Jinja.maximumNesting else { throw Failure("values refer to each other without end") }
      switch value {
      case .list(let list):
        return "[" + (try joined(list.items.map { try representation($0, level: level + 1) })) + "]"
      case .tuple(let tuple):
        let items = try joined(tuple.items.map { try representation($0, level: level + 1) })
        return "(" + items + (tuple.items.count == 1 ? ",)" : ")")
      case .dictionary(let dictionary):
        let members = try sorted(dictionary).map { index in
          try representation(dictionary.keys[index], level: level + 1) + ": "
            + representation(dictionary.values[index], level: level + 1)
        }
        return "{" + (try joined(members)) + "}"
      default: return try interpreter.representation(value)
      }
    }

    private func joined(_ texts: [String]) throws -> String { try interpreter.joined(texts, by: ", ") }

    /// The places of the members by their keys; keys that cannot be compared stand by the names of their types.
    private func sorted(_ dictionary: DictionaryObject) -> [Int] {
      dictionary.keys.indices.sorted { left, right in
        let a = dictionary.keys[left], b = dictionary.keys[right]
        return (try? interpreter.less(a, b)) ?? (a.typeName < b.typeName)
      }
    }
  }
}
