/// Turns the text of a regular expression into the program of a `LinearPattern`.
struct PatternCompiler {
  /// Instructions that an expression may have, with its repetitions written out.
  private static let maximumLength = 5000
  private static let maximumDepth = 100

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private(set) var groupCount = 0
  /// What `(?i)` and `(?s)` at the begin ask for.
  private(set) var ignoresCase = false
  private var dotIsAny = false

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  mutating func compile() throws -> [LinearPattern.Instruction] {
    try flags()
    let body = try alternatives()
    guard position == scalars.count else { throw error("unexpected ')'") }
    return body + [.match]
  }

  private mutating func flags() throws {
    guard scalars.starts(with: ["(", "?"]), let end = scalars.firstIndex(of: ")"), end > 2,
      scalars[2..<end].allSatisfy({ $0 == "i" || $0 == "s" })
    else { return }
    ignoresCase = scalars[2..<end].contains("i")
    dotIsAny = scalars[2..<end].contains("s")
    position = end + 1
  }

  // MARK: Grammar. Every part is a program whose jumps are relative to its own begin.

  private mutating func alternatives() throws -> [LinearPattern.Instruction] {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw error("groups nested deeper than \(Self.maximumDepth) levels") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    var program = branches.removeLast()
    for branch in branches.reversed() {
      let end = 1 + branch.count + 1
      program =
        [.split(1, end)] + shifted(branch, by: 1) + [.jump(end + program.count)] + shifted(program, by: end)
      try checkLength(program.count)
    }
    return program
  }

  private mutating func sequence() throws -> [LinearPattern.Instruction] {
    var program: [LinearPattern.Instruction] = []
    while position < scalars.count, scalars[position] != "|", scalars[position] != ")" {
      program += shifted(try repeated(), by: program.count)
      try checkLength(program.count)
    }
    return program
  }

  private mutating func repeated() throws -> [LinearPattern.Instruction] {
    var program = try atom()
    while position < scalars.count {
      let bounds: (least: Int, most: Int?)
      switch scalars[position] {
      case "*": bounds = (0, nil)
      case "+": bounds = (1, nil)
      case "?": bounds = (0, 1)
      case "{": bounds = try braces()
      default: return program
      }
      position += 1
      program = try repetition(of: program, least: bounds.least, most: bounds.most, isGreedy: !take("?"))
    }
    return program
  }

  private func repetition(
    of part: [LinearPattern.Instruction], least: Int, most: Int?, isGreedy: Bool
  ) throws -> [LinearPattern.Instruction] {
    try checkLength((part.count + 2) * max(least + 1, most ?? 0))
    func choice(_ within: Int, _ behind: Int) -> LinearPattern.Instruction {
      isGreedy ? .split(within, behind) : .split(behind, within)
    }
    var program: [LinearPattern.Instruction] = []
    for _ in 0..<least { program += shifted(part, by: program.count) }
    if let most {
      for _ in least..<most {
        let start = program.count
        program += [choice(start + 1, start + 1 + part.count)] + shifted(part, by: start + 1)
      }
    } else {
      let start = program.count, end = start + 1 + part.count
      program += [choice(start + 1, end + 1)] + shifted(part, by: start + 1) + [.jump(start)]
    }
    return program
  }

  /// The bounds of `{m}`, `{m,}` or `{m,n}`; stands at the closing brace afterwards.
  private mutating func braces() throws -> (least: Int, most: Int?) {
    let start = position
    position += 1
    let least = number()
    var most = least
    if take(",") { most = number() }
    guard let least, position < scalars.count, scalars[position] == "}", most ?? least >= least else {
      position = start
      throw error("expected {m}, {m,} or {m,n}; write \\{ for the character")
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while position < scalars.count, ("0"..."9").contains(scalars[position]), digits.utf8.count < 5 {
      digits.unicodeScalars.append(scalars[position])
      position += 1
    }
    return Int(digits)
  }

  private mutating func atom() throws -> [LinearPattern.Instruction] {
    let scalar = scalars[position]
    switch scalar {
    case "*", "+", "?", "{": throw error("nothing to repeat before '\(scalar)'")
    case "(":
      position += 1
      var group: Int?
      if take("?") {
        if let around = try lookAround() { return [.assertion(around)] }
        guard take(":") else { throw error("groups that begin with '(?' are not supported, other than '(?:'") }
      } else {
        groupCount += 1
        group = groupCount
      }
      let body = try alternatives()
      guard take(")") else { throw error("a group is never closed") }
      return group.map { [.save(2 * $0)] + shifted(body, by: 1) + [.save(2 * $0 + 1)] } ?? body
    case "[": return [.scalar(try scalarClass())]
    case "\\": return [try escape()]
    default:
      position += 1
      switch scalar {
      case ".": return [.scalar(dotIsAny ? .any : .notLineFeed)]
      case "^": return [.assertion(.start)]
      case "$": return [.assertion(.end)]
      default: return [.scalar(ScalarSet(ranges: [scalar...scalar]))]
      }
    }
  }

  /// What follows the question mark of `(?=…)`, `(?!…)`, `(?<=…)` and `(?<!…)`; nil for other groups.
  private mutating func lookAround() throws -> LinearPattern.Assertion? {
    let start = position
    let isBehind = take("<")
    guard position < scalars.count, scalars[position] == "=" || scalars[position] == "!" else {
      position = start
      return nil
    }
    let isNegated = scalars[position] == "!"
    position += 1
    let body = try alternatives()
    guard take(")") else { throw error("a group is never closed") }
    let sets = body.compactMap { if case .scalar(let set) = $0 { set } else { nil } }
    guard sets.count == body.count else {
      position = start
      throw error("looking around is supported for characters and classes one behind the other")
    }
    return .around(sets, isBehind: isBehind, isNegated: isNegated)
  }

  private mutating func escape() throws -> LinearPattern.Instruction {
    if position + 1 < scalars.count {
      let assertions: [Unicode.Scalar: LinearPattern.Assertion] = ["b": .wordBoundary, "B": .notWordBoundary]
      if let assertion = assertions[scalars[position + 1]] {
        position += 2
        return .assertion(assertion)
      }
    }
    return .scalar(try escapedSet())
  }

  /// The set that an escape stands for: a class, or one scalar.
  private mutating func escapedSet() throws -> ScalarSet {
    guard position + 1 < scalars.count else { throw error("nothing follows the backslash") }
    let scalar = scalars[position + 1]
    let classes: [Unicode.Scalar: ScalarSet] = ["d": .digit, "w": .word, "s": .space]
    let controls: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r", "f": "\u{C}", "v": "\u{B}"]
    if let found = classes[scalar] {
      position += 2
      return found
    }
    if let lower = scalar.properties.lowercaseMapping.unicodeScalars.first, lower != scalar, var found = classes[lower]
    {
      position += 2
      found.isNegated = true
      return found
    }
    if controls[scalar] == nil, scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
      throw error("the escape \\\(scalar) is not supported")
    }
    position += 2
    let plain = controls[scalar] ?? scalar
    return ScalarSet(ranges: [plain...plain])
  }

  private mutating func scalarClass() throws -> ScalarSet {
    let start = position
    position += 1
    var set = ScalarSet()
    let isNegated = take("^")
    var isFirst = true
    while position < scalars.count, scalars[position] != "]" || isFirst {
      isFirst = false
      let item = try classItem()
      let isRange =
        position + 1 < scalars.count && scalars[position] == "-" && scalars[position + 1] != "]"
      guard isRange else {
        set.ranges += item.ranges
        if !item.classes.isEmpty { set.classes.append { item.contains($0) } }
        continue
      }
      position += 1
      let last = try classItem()
      guard let lower = item.ranges.first?.lowerBound, let upper = last.ranges.first?.lowerBound,
        item.classes.isEmpty, last.classes.isEmpty, lower <= upper
      else { throw error("a range in a class ends before it begins") }
      set.ranges.append(lower...upper)
    }
    guard take("]") else {
      position = start
      throw error("a class is never closed")
    }
    set.isNegated = isNegated
    return set
  }

  private mutating func classItem() throws -> ScalarSet {
    if scalars[position] == "\\" { return try escapedSet() }
    defer { position += 1 }
    return ScalarSet(ranges: [scalars[position]...scalars[position]])
  }

  // MARK: Helpers

  private func shifted(_ program: [LinearPattern.Instruction], by offset: Int) -> [LinearPattern.Instruction] {
    program.map { instruction in
      switch instruction {
      case .jump(let target): .jump(target + offset)
      case .split(let first, let second): .split(first + offset, second + offset)
      default: instruction
      }
    }
  }

  private func checkLength(_ count: Int) throws {
    guard count <= Self.maximumLength else { throw error("too large; use fewer or smaller repetitions") }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard position < scalars.count, scalars[position] == scalar else { return false }
    position += 1
    return true
  }

  private func error(_ reason: String) -> PatternError { PatternError(reason: reason, offset: position) }
}
