/// A regular expression as the stages Split and Replace have them: Oniguruma's syntax (version 6.9, syntax of Ruby)
/// without captures, back-references, look-behind and `\X`.
///
/// A backtracking matcher over scalars. Where a match takes many steps, the places that failed are kept in mind, so that
/// no expression takes more than expression times text: a damaged file cannot make it hang.
struct RegularExpression: Sendable {
  /// One step of the program.
  enum Instruction: Sendable {
    case scalars(ScalarSet)
    /// Tries the first place, then the second.
    case fork(Int, Int)
    case jump(Int)
    /// Goes on at the place behind where the program that begins at the next instruction matches, or does not.
    case look(isNegative: Bool, then: Int)
    /// The program at the next instruction, whose first match is final.
    case atomic(then: Int)
    /// As many scalars of the set as there are, each of which may be given back. Goes back no further than `minimum`.
    case run(ScalarSet, minimum: Int, maximum: Int, givesBack: Bool)
    case assertion(Assertion)
    case end
  }

  enum Assertion: Sendable {
    case textStart, textEnd, textEndOrLastLine, lineStart, lineEnd, wordEdge, noWordEdge
  }

  let program: [Instruction]

  /// From so many steps on, places that failed are kept in mind.
  private static let patience = 2000

  /// - Throws: `SyntaxError` for what is no expression or not supported.
  init(_ pattern: String) throws(SyntaxError) {
    var parser = RegularExpressionParser(pattern)
    program = RegularExpressionCompiler.program(of: try parser.parse())
    // Repeats are written out: bounded by the text, so that a small file cannot fill the memory.
    guard program.count <= min(4000, 100 + 10 * pattern.utf8.count) else { throw SyntaxError(reason: "is too long") }
  }

  struct SyntaxError: Error {
    let reason: String
  }

  /// The first match at or after `start` within `text[..<end]`; the text counts as ending there.
  ///
  /// - Parameter lowerBound: where the text begins.
  func firstMatch(in text: [UInt32], from start: Int, lowerBound: Int, end: Int) -> Range<Int>? {
    var matcher = Matcher(program: program, text: text, lowerBound: lowerBound, end: end)
    var position = start
    while position <= end {
      if let stop = matcher.match(from: 0, at: position) { return position..<stop }
      position += 1
    }
    return nil
  }

  private struct Matcher {
    let program: [Instruction]
    let text: [UInt32]
    let lowerBound: Int
    let end: Int
    private var steps = 0
    /// Places of program and text that were tried in vain; failing does not depend on what came before.
    private var failed: Set<UInt64> = []

    init(program: [Instruction], text: [UInt32], lowerBound: Int, end: Int) {
      self.program = program
      self.text = text
      self.lowerBound = lowerBound
      self.end = end
    }

    /// Where to go on when the way tried last fails; a run gives one scalar back at a time.
    private struct Choice {
      var instruction: Int
      var position: Int
      /// The least position to go back to.
      var lowest: Int
    }

    /// Where the match of the program at `first` ends.
    mutating func match(from first: Int, at start: Int, isOutermost: Bool = true) -> Int? {
      var choices: [Choice] = []
      var instruction = first
      var position = start
      // What fails inside a group that matches once fails there alone.
      let outerFailures = failed
      if !isOutermost { failed = [] }
      defer { if !isOutermost { failed = outerFailures } }
      while true {
        if let next = step(&instruction, &position, &choices) {
          if !next { return position }
        } else {
          guard let choice = choices.popLast() else { return nil }
          (instruction, position) = (choice.instruction, choice.position)
          if position > choice.lowest {
            choices.append(Choice(instruction: instruction, position: position - 1, lowest: choice.lowest))
          }
        }
      }
    }

    /// Whether there is more to do; nil where this way fails.
    private mutating func step(_ instruction: inout Int, _ position: inout Int, _ choices: inout [Choice]) -> Bool? {
      switch program[instruction] {
      case .scalars(let set):
        guard position < end, set.contains(text[position]) else { return nil }
        position += 1
        instruction += 1
      case .run(let set, let minimum, let maximum, let givesBack):
        let limit = maximum < end - position ? position + maximum : end
        var stop = position
        while stop < limit, set.contains(text[stop]) { stop += 1 }
        guard stop - position >= minimum else { return nil }
        instruction += 1
        if givesBack, stop > position + minimum {
          choices.append(Choice(instruction: instruction, position: stop - 1, lowest: position + minimum))
        }
        steps += stop - position
        position = stop
        guard isNew(instruction, position) else { return nil }
      case .fork(let first, let second):
        guard isNew(instruction, position) else { return nil }
        choices.append(Choice(instruction: second, position: position, lowest: position))
        instruction = first
      case .jump(let target): instruction = target
      case .look(let isNegative, let then):
        guard (match(from: instruction + 1, at: position, isOutermost: false) != nil) != isNegative else { return nil }
        instruction = then
      case .atomic(let then):
        guard let stop = match(from: instruction + 1, at: position, isOutermost: false) else { return nil }
        (instruction, position) = (then, stop)
      case .assertion(let assertion):
        guard holds(assertion, position) else { return nil }
        instruction += 1
      case .end: return false
      }
      return true
    }

    /// Whether this place was not tried before, as far as that is known.
    private mutating func isNew(_ instruction: Int, _ position: Int) -> Bool {
      steps += 1
      return steps < RegularExpression.patience
        || failed.insert(UInt64(instruction) << 40 | UInt64(position)).inserted
    }

    private func holds(_ assertion: Assertion, _ position: Int) -> Bool {
      func isLineFeed(_ position: Int) -> Bool { text[position] == 0x0A }
      func isWord(_ position: Int) -> Bool {
        position >= lowerBound && position < end && ScalarClasses.shared[text[position]].contains(.word)
      }
      return switch assertion {
      case .textStart: position == lowerBound
      case .textEnd: position == end
      case .textEndOrLastLine: position == end || (position + 1 == end && isLineFeed(position))
      case .lineStart: position == lowerBound || (isLineFeed(position - 1) && position < end)
      case .lineEnd: position == end || isLineFeed(position)
      case .wordEdge: isWord(position - 1) != isWord(position)
      case .noWordEdge: isWord(position - 1) == isWord(position)
      }
    }
  }
}
