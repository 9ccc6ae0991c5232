import Basics

/// Parses the text of a `RecordCondition`: `or` binds least, then `and`, then `not`.
struct ConditionParser {
  private typealias Node = RecordCondition.Node
  private typealias Operand = RecordCondition.Operand

  private static let maximumDepth = 100
  private static let keywords: Set<String> = ["and", "or", "not", "in", "is", "empty", "contains", "matches"]

  private enum Token {
    /// A name or keyword.
    case word(String)
    /// A name in backquotes.
    case quotedName(String)
    case value(JSON)
    case symbol(String)
    case end
  }

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var token = Token.end
  /// Where the token begins.
  private var tokenStart = 0
  private var depth = 0

  init(_ text: String) throws {
    scalars = Array(text.unicodeScalars)
    try advance()
  }

  mutating func parse() throws -> RecordCondition.Node {
    let node = try disjunction()
    guard case .end = token else { throw expected("and, or, or the end") }
    return node
  }

  // MARK: Grammar

  private mutating func disjunction() throws -> Node {
    var node = try conjunction()
    while try take(word: "or") { node = .or(node, try conjunction()) }
    return node
  }

  private mutating func conjunction() throws -> Node {
    var node = try negation()
    while try take(word: "and") { node = .and(node, try negation()) }
    return node
  }

  private mutating func negation() throws -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw problem("nested deeper than \(Self.maximumDepth) levels") }
    if try take(word: "not") { return .not(try negation()) }
    guard try take(symbol: "(") else { return try comparison() }
    let node = try disjunction()
    guard try take(symbol: ")") else { throw expected("')'") }
    return node
  }

  private mutating func comparison() throws -> Node {
    let left = try operand()
    if case .symbol(let symbol) = token,
      let comparison = RecordCondition.Comparison(rawValue: symbol == "=" ? "==" : symbol)
    {
      try advance()
      return .comparison(left, comparison, try operand())
    }
    if try take(word: "is") {
      let isNegated = try take(word: "not")
      guard try take(word: "empty") else { throw expected("empty") }
      return isNegated ? .not(.isEmpty(left)) : .isEmpty(left)
    }
    let isNegated = try take(word: "not")
    if try take(word: "in") { return negated(isNegated, .isIn(left, try list())) }
    if try take(word: "contains") { return negated(isNegated, .contains(left, try operand())) }
    if case .word("matches") = token { return negated(isNegated, .matches(left, try pattern())) }
    if isNegated { throw expected("in, contains or matches") }
    return .truth(left)
  }

  private func negated(_ isNegated: Bool, _ node: Node) -> Node { isNegated ? .not(node) : node }

  private mutating func operand() throws -> Operand {
    switch token {
    case .value(let value):
      try advance()
      return .value(value)
    case .quotedName(let name):
      try advance()
      return .field([name])
    case .word(let word) where !Self.keywords.contains(word):
      try advance()
      if let constant = ["true": JSON.bool(true), "false": .bool(false)][word] { return .value(constant) }
      let path = word.split(onBytes: ".")
      return .field(path)
    default: throw expected("a field, a text in quotes or a number")
    }
  }

  private mutating func list() throws -> [Operand] {
    guard try take(symbol: "[") else { throw expected("a list such as ['a', 'b']") }
    var list: [Operand] = []
    if try take(symbol: "]") { return list }
    while true {
      list.append(try operand())
      if try take(symbol: "]") { return list }
      guard try take(symbol: ",") else { throw expected("',' or ']'") }
    }
  }

  /// The `/regular expression/` behind `matches`, which is the current token.
  private mutating func pattern() throws -> LinearPattern {
    skipSpace()
    tokenStart = position
    guard position < scalars.count, scalars[position] == "/" else {
      throw problem("expected a regular expression between slashes, as in /^re:/i")
    }
    position += 1
    let start = position
    var text = String.UnicodeScalarView()
    while position < scalars.count, scalars[position] != "/" {
      if scalars[position] == "\\", position + 1 < scalars.count {
        if scalars[position + 1] != "/" { text.append(scalars[position]) }
        position += 1
      }
      text.append(scalars[position])
      position += 1
    }
    guard position < scalars.count else { throw problem("the regular expression has no closing '/'") }
    position += 1
    let ignoresCase = position < scalars.count && scalars[position] == "i"
    if ignoresCase { position += 1 }
    do {
      let pattern = try LinearPattern(String(text), ignoresCase: ignoresCase)
      try advance()
      return pattern
    } catch let error as PatternError {
      tokenStart = start + error.offset
      throw problem("in the regular expression: \(error.reason)")
    }
  }

  // MARK: Tokens

  private mutating func take(word: String) throws -> Bool {
    guard case .word(let found) = token, found == word else { return false }
    try advance()
    return true
  }

  private mutating func take(symbol: String) throws -> Bool {
    guard case .symbol(let found) = token, found == symbol else { return false }
    try advance()
    return true
  }

  private mutating func skipSpace() {
    while position < scalars.count, scalars[position].isPythonSpace { position += 1 }
  }

  private mutating func advance() throws {
    skipSpace()
    tokenStart = position
    guard position < scalars.count else {
      token = .end
      return
    }
    let first = scalars[position]
    switch first {
    case "'", "\"": token = .value(.string(try quoted(first)))
    case "`": token = .quotedName(try quoted(first))
    case "0"..."9", "-", "+": token = .value(try number())
    case "=", "!", "<", ">":
      let isDouble = position + 1 < scalars.count && scalars[position + 1] == "="
      let symbol = String(Character(first)) + (isDouble ? "=" : "")
      guard symbol != "!" else { throw problem("unexpected '!'; expected !=, or the word not") }
      position += isDouble ? 2 : 1
      token = .symbol(symbol)
    case "(", ")", "[", "]", ",":
      position += 1
      token = .symbol(String(Character(first)))
    default: token = .word(try word())
    }
  }

  private mutating func word() throws -> String {
    var text = String.UnicodeScalarView()
    while position < scalars.count, Self.isPartOfName(scalars[position]) {
      text.append(scalars[position])
      position += 1
    }
    guard !text.isEmpty else { throw problem("unexpected '\(scalars[position])'; put names with it in backquotes") }
    return String(text)
  }

  private static func isPartOfName(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "." || scalar == "-" || scalar.properties.isAlphabetic
      || scalar.properties.numericType != nil
  }

  private mutating func quoted(_ quote: Unicode.Scalar) throws -> String {
    position += 1
    var text = String.UnicodeScalarView()
    while position < scalars.count, scalars[position] != quote {
      if scalars[position] == "\\", position + 1 < scalars.count {
        position += 1
        let escapes: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r"]
        text.append(escapes[scalars[position]] ?? scalars[position])
      } else {
        text.append(scalars[position])
      }
      position += 1
    }
    guard position < scalars.count else { throw problem("the quote is never closed") }
    position += 1
    return String(text)
  }

  private mutating func number() throws -> JSON {
    var text = String.UnicodeScalarView()
    while position < scalars.count, Self.isPartOfName(scalars[position]) || scalars[position] == "+" {
      text.append(scalars[position])
      position += 1
    }
    if let integer = Int(String(text)) { return .integer(integer) }
    guard let number = Double(String(text)), number.isFinite else {
      throw problem("'\(String(text))' is no number; put texts in quotes and such field names in backquotes")
    }
    return .number(number)
  }

  // MARK: Errors

  private func expected(_ what: String) -> TuneError {
    let found: String
    if case .end = token {
      found = "the end"
    } else {
      found = "'\(String(String.UnicodeScalarView(scalars[tokenStart..<max(position, tokenStart + 1)])))'"
    }
    return problem("found \(found) where \(what) was expected")
  }

  private func problem(_ reason: String) -> TuneError {
    .usage("--where, column \(tokenStart + 1): \(reason)")
  }
}
