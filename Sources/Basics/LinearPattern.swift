/// Why a text is no regular expression, and where.
public struct PatternError: Error, Equatable {
  public var reason: String
  /// In Unicode scalars from the beginning.
  public var offset: Int
}

/// A regular expression that is searched for in time linear in the text, whatever the two are: all ways to go on are
/// followed at once (Thompson 1968; as in RE2), so that there is no backtracking.
///
/// It has literals, `.` (all but a line feed), classes `[a-z]` and `[^…]`, `\d \w \s` and their opposites, `\b \B`, `^`
/// and `$` (the text's begin, and its end or the line feed there, as in Python), groups, `|`, `* + ?` and `{m,n}`, greedy
/// or not, `(?=…)`, `(?!…)`, `(?<=…)` and `(?<!…)` with characters and classes in them, and `(?i)` and `(?s)` before all
/// else; no references back.
public struct LinearPattern: Sendable {
  enum Instruction: Sendable {
    case scalar(ScalarSet)
    case assertion(Assertion)
    case jump(Int)
    /// Goes on at both; the first is preferred.
    case split(Int, Int)
    /// Keeps the position as a group's begin (even numbers) or end.
    case save(Int)
    case match
  }

  enum Assertion: Sendable {
    case start, end, wordBoundary, notWordBoundary
    /// What stands next to the position, ahead of it or behind.
    case around([ScalarSet], isBehind: Bool, isNegated: Bool)
  }

  let program: [Instruction]
  let ignoresCase: Bool
  /// Groups that are kept, beside the whole match.
  public let groupCount: Int

  /// - Throws: `PatternError` for syntax that is wrong or not supported, and for repetitions that grow too large.
  public init(_ text: String, ignoresCase: Bool = false) throws {
    var compiler = PatternCompiler(text)
    program = try compiler.compile()
    groupCount = compiler.groupCount
    self.ignoresCase = ignoresCase || compiler.ignoresCase
  }

  /// Whether the expression matches anywhere in a text.
  public func occurs(in text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var threads = ThreadSet(capacity: program.count), next = ThreadSet(capacity: program.count)
    for position in 0...scalars.count {
      if follow(0, at: position, of: scalars, into: &threads) { return true }
      guard position < scalars.count else { return false }
      let variants = spellings(scalars[position])
      next.removeAll()
      for place in threads.places {
        guard case .scalar(let set) = program[place], set.containsAny(of: variants) else { continue }
        if follow(place + 1, at: position + 1, of: scalars, into: &next) { return true }
      }
      swap(&threads, &next)
    }
    return false
  }

  /// Adds an instruction and those that are reached from it without a scalar; says whether the match is one of them.
  private func follow(_ start: Int, at position: Int, of scalars: [Unicode.Scalar], into threads: inout ThreadSet)
    -> Bool
  {
    var open = [start]
    while let place = open.popLast() {
      guard threads.insert(place) else { continue }
      switch program[place] {
      case .match: return true
      case .scalar: break
      case .jump(let target): open.append(target)
      case .save: open.append(place + 1)
      case .split(let first, let second): open += [second, first]
      case .assertion(let assertion): if holds(assertion, at: position, of: scalars) { open.append(place + 1) }
      }
    }
    return false
  }

  func holds(_ assertion: Assertion, at position: Int, of scalars: [Unicode.Scalar]) -> Bool {
    switch assertion {
    case .start: return position == 0
    case .end: return position == scalars.count || (position == scalars.count - 1 && scalars[position] == "\n")
    case .wordBoundary: return isBoundary(position, of: scalars)
    case .notWordBoundary: return !isBoundary(position, of: scalars)
    case .around(let sets, let isBehind, let isNegated):
      let start = isBehind ? position - sets.count : position
      guard start >= 0, start + sets.count <= scalars.count else { return isNegated }
      let fits = zip(sets, scalars[start...]).allSatisfy { $0.containsAny(of: spellings($1)) }
      return fits != isNegated
    }
  }

  private func isBoundary(_ position: Int, of scalars: [Unicode.Scalar]) -> Bool {
    (position > 0 && ScalarSet.word.contains(scalars[position - 1]))
      != (position < scalars.count && ScalarSet.word.contains(scalars[position]))
  }

  /// A scalar, in all cases where case does not matter.
  func spellings(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] { ignoresCase ? scalar.caseVariants : [scalar] }
}

/// Places in a program, each once.
private struct ThreadSet {
  private(set) var places: [Int] = []
  private var isMember: [Bool]

  init(capacity: Int) { isMember = [Bool](repeating: false, count: capacity) }

  mutating func insert(_ place: Int) -> Bool {
    guard !isMember[place] else { return false }
    isMember[place] = true
    places.append(place)
    return true
  }

  mutating func removeAll() {
    for place in places { isMember[place] = false }
    places.removeAll(keepingCapacity: true)
  }
}

/// Ranges of Unicode scalars, or all others.
struct ScalarSet: Sendable {
  var ranges: [ClosedRange<Unicode.Scalar>] = []
  /// Classes by property, which have too many ranges to list.
  var classes: [@Sendable (Unicode.Scalar) -> Bool] = []
  var isNegated = false

  func contains(_ scalar: Unicode.Scalar) -> Bool { containsAny(of: [scalar]) }

  /// Whether one scalar, of which these are the spellings, is in the set.
  func containsAny(of variants: [Unicode.Scalar]) -> Bool {
    variants.contains { scalar in
      ranges.contains { $0.contains(scalar) } || classes.contains { $0(scalar) }
    } != isNegated
  }

  static let word = ScalarSet(classes: [
    {
      $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
  ])
  static let digit = ScalarSet(classes: [{ $0.properties.numericType == .decimal }])
  /// Python's: Unicode's white space, and the four separators U+001C to U+001F.
  static let space = ScalarSet(classes: [{ $0.properties.isWhitespace || (0x1C...0x1F).contains($0.value) }])
  static let any = ScalarSet(isNegated: true)
  static let notLineFeed = ScalarSet(ranges: ["\n"..."\n"], isNegated: true)
}

extension Unicode.Scalar {
  /// The scalar with its lower and upper case, where these are single scalars.
  var caseVariants: [Unicode.Scalar] {
    let lower = properties.lowercaseMapping.unicodeScalars, upper = properties.uppercaseMapping.unicodeScalars
    return [self] + (lower.count == 1 ? Array(lower) : []) + (upper.count == 1 ? Array(upper) : [])
  }
}
