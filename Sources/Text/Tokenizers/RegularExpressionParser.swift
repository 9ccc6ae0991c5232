/// Reads Oniguruma's syntax into a tree.
struct RegularExpressionParser {
  indirect enum Node {
    case empty
    case scalars(ScalarSet)
    case sequence([Node])
    case alternatives([Node])
    case repeated(Node, minimum: Int, maximum: Int, Greed)
    case look(Node, isNegative: Bool)
    case atomic(Node)
    case assertion(RegularExpression.Assertion)
  }

  enum Greed { case greedy, lazy, possessive }

  private struct Options {
    var ignoresCase = false
    var dotTakesLineFeed = false
  }

  private static let maximumDepth = 64
  private static let maximumCount = 1000
  /// Quantifiers behind each other, which nest as groups do.
  private static let maximumQuantifierDepth = 4

  let pattern: [UInt32]
  var position = 0
  var depth = 0
  private var options = Options()

  init(_ pattern: String) { self.pattern = [UInt32](scalarsOf: pattern) }

  var next: Unicode.Scalar? { position < pattern.count ? Unicode.Scalar(pattern[position]) : nil }

  mutating func parse() throws(RegularExpression.SyntaxError) -> Node {
    let node = try alternatives()
    guard position == pattern.count else { throw error("has a ')' without '('") }
    return node
  }

  func error(_ reason: String) -> RegularExpression.SyntaxError { RegularExpression.SyntaxError(reason: reason) }

  mutating func take(_ text: String) -> Bool {
    let scalars = [UInt32](scalarsOf: text)
    guard pattern[position...].starts(with: scalars) else { return false }
    position += scalars.count
    return true
  }

  private mutating func alternatives() throws(RegularExpression.SyntaxError) -> Node {
    depth += 1
    guard depth <= Self.maximumDepth else { throw error("nests too deeply") }
    defer { depth -= 1 }
    let saved = options
    defer { options = saved }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() throws(RegularExpression.SyntaxError) -> Node {
    var parts: [Node] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      var node = try atom(), quantifierDepth = 0
      while let (minimum, maximum) = quantifierCount() {
        quantifierDepth += 1
        guard quantifierDepth <= Self.maximumQuantifierDepth else { throw error("repeats repeats too deeply") }
        node = .repeated(node, minimum: minimum, maximum: maximum, greed())
        guard maximum <= Self.maximumCount || maximum == .max else { throw error("repeats too often") }
      }
      parts.append(node)
    }
    return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// Consumes `*`, `+`, `?`, `{n}`, `{n,}`, `{,m}` or `{n,m}`; anything else is no quantifier.
  private mutating func quantifierCount() -> (Int, Int)? {
    if take("*") { return (0, .max) }
    if take("+") { return (1, .max) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{") else { return nil }
    let minimum = number()
    var maximum = minimum
    if take(",") { maximum = number() ?? (minimum == nil ? nil : .max) }
    guard take("}"), let maximum, minimum ?? 0 <= maximum, minimum ?? 0 <= Self.maximumCount else {
      position = start
      return nil
    }
    return (minimum ?? 0, maximum)
  }

  /// After an interval in braces, `+` is not possessive but one more quantifier.
  private mutating func greed() -> Greed {
    if take("?") { return .lazy }
    let followsBrace = position > 0 && pattern[position - 1] == UInt32(UInt8(ascii: "}"))
    return !followsBrace && take("+") ? .possessive : .greedy
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next, ("0"..."9").contains(digit), value ?? 0 < 100_000 {
      value = (value ?? 0) * 10 + Int(digit.value - 0x30)
      position += 1
    }
    return value
  }

  private mutating func atom() throws(RegularExpression.SyntaxError) -> Node {
    guard let scalar = next else { throw error("ends too early") }
    position += 1
    switch scalar {
    case "(": return try group()
    case "[": return .scalars(ScalarSet(try bracketed()))
    case ".":
      let lineFeed = ScalarSet.Content.ranges([0x0A...0x0A])
      return .scalars(ScalarSet(options.dotTakesLineFeed ? .ranges([0...0x10FFFF]) : .complement(lineFeed)))
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "*", "+", "?": throw error("has a '\(scalar)' that repeats nothing")
    case "\\":
      position -= 1
      if let node = assertionEscape() { return node }
      return .scalars(ScalarSet(folded(try escape())))
    default: return .scalars(ScalarSet(folded(.ranges([scalar.value...scalar.value]))))
    }
  }

  private mutating func group() throws(RegularExpression.SyntaxError) -> Node {
    if take("?#") {
      while let scalar = next, scalar != ")" { position += 1 + (scalar == "\\" ? 1 : 0) }
      return try closed(.empty)
    }
    if take("?:") { return try closed(try alternatives()) }
    if take("?=") { return try closed(.look(try alternatives(), isNegative: false)) }
    if take("?!") { return try closed(.look(try alternatives(), isNegative: true)) }
    if take("?>") { return try closed(.atomic(try alternatives())) }
    if take("?<=") || take("?<!") { throw error("looks behind") }
    if take("?<") {
      while let scalar = next, scalar != ">" { position += scalar == ")" ? pattern.count : 1 }
      guard take(">") else { throw error("has a name without '>'") }
      return try closed(try alternatives())
    }
    guard take("?") else { return try closed(try alternatives()) }
    return try optionGroup()
  }

  /// `(?i:…)`, or `(?i)`, which holds to the end of the group around it.
  private mutating func optionGroup() throws(RegularExpression.SyntaxError) -> Node {
    let saved = options
    var isOn = true
    while let scalar = next, scalar != ":", scalar != ")" {
      switch scalar {
      case "-": isOn = false
      case "i": options.ignoresCase = isOn
      case "m": options.dotTakesLineFeed = isOn
      default: throw error("has the group (?\(scalar), which is not supported")
      }
      position += 1
    }
    if take(":") {
      let node = try alternatives()
      options = saved
      return try closed(node)
    }
    guard take(")") else { throw error("has '(' without ')'") }
    return try alternatives()
  }

  private mutating func closed(_ node: Node) throws(RegularExpression.SyntaxError) -> Node {
    guard take(")") else { throw error("has '(' without ')'") }
    return node
  }

  private mutating func assertionEscape() -> Node? {
    let known: [(String, RegularExpression.Assertion)] = [
      ("\\A", .textStart), ("\\z", .textEnd), ("\\Z", .textEndOrLastLine), ("\\b", .wordEdge), ("\\B", .noWordEdge),
    ]
    for (text, assertion) in known where take(text) { return .assertion(assertion) }
    guard take("\\R") else { return nil }
    let pair: [Node] = [.scalars(ScalarSet(0x0D...0x0D)), .scalars(ScalarSet(0x0A...0x0A))]
    return .atomic(
      .alternatives([.sequence(pair), .scalars(ScalarSet(0x0A...0x0D, 0x85...0x85, 0x2028...0x2029))]))
  }

  /// The set with the other cases of its scalars where case does not count.
  func folded(_ content: ScalarSet.Content) -> ScalarSet.Content {
    guard options.ignoresCase, case .ranges(let ranges) = content else { return content }
    var all = ranges
    for range in ranges where range.count <= 0x400 {
      for value in range { all += Self.otherCases(value) }
    }
    return .ranges(all)
  }

  private static func otherCases(_ value: UInt32) -> [ClosedRange<UInt32>] {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    let upper = scalar.properties.uppercaseMapping, lower = scalar.properties.lowercaseMapping
    var cases = [upper, lower].compactMap { $0.unicodeScalars.count == 1 ? $0.unicodeScalars.first?.value : nil }
    switch lower {
    case "k": cases.append(0x212A)
    case "s": cases.append(0x17F)
    case "å": cases.append(0x212B)
    default: break
    }
    return cases.map { $0...$0 }
  }
}
