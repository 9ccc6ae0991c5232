/// Turns the tree of a regular expression into the matcher's program.
struct RegularExpressionCompiler {
  typealias Node = RegularExpressionParser.Node
  typealias Instruction = RegularExpression.Instruction

  private var program: [Instruction] = []
  /// Longer programs are refused; what comes behind is not written, so that nested repeats cannot fill the memory.
  private static let maximumLength = 5000

  static func program(of node: Node) -> [Instruction] {
    var compiler = RegularExpressionCompiler()
    compiler.add(node)
    compiler.program.append(.end)
    return compiler.program
  }

  private mutating func add(_ node: Node) {
    guard program.count < Self.maximumLength else { return }
    switch node {
    case .empty: break
    case .scalars(let set): program.append(.scalars(set))
    case .sequence(let parts): for part in parts { add(part) }
    case .alternatives(let branches): add(alternatives: branches)
    case .assertion(let assertion): program.append(.assertion(assertion))
    case .look(let inner, let isNegative):
      addGroup(inner) { .look(isNegative: isNegative, then: $0) }
    case .atomic(let inner): addGroup(inner) { .atomic(then: $0) }
    case .repeated(.scalars(let set), let minimum, let maximum, let greed) where greed != .lazy:
      program.append(.run(set, minimum: minimum, maximum: maximum, givesBack: greed == .greedy))
    case .repeated(let inner, let minimum, let maximum, .possessive):
      add(.atomic(.repeated(inner, minimum: minimum, maximum: maximum, .greedy)))
    case .repeated(let inner, let minimum, let maximum, let greed):
      add(repeated: inner, minimum, maximum, isLazy: greed == .lazy)
    }
  }

  private mutating func addGroup(_ inner: Node, _ instruction: (Int) -> Instruction) {
    let place = program.count
    program.append(.end)
    add(inner)
    program.append(.end)
    program[place] = instruction(program.count)
  }

  private mutating func add(alternatives branches: [Node]) {
    var jumps: [Int] = []
    for branch in branches.dropLast() {
      let fork = program.count
      program.append(.end)
      add(branch)
      jumps.append(program.count)
      program.append(.end)
      program[fork] = .fork(fork + 1, program.count)
    }
    if let last = branches.last { add(last) }
    for jump in jumps { program[jump] = .jump(program.count) }
  }

  private mutating func add(repeated inner: Node, _ minimum: Int, _ maximum: Int, isLazy: Bool) {
    for _ in 0..<minimum where program.count < Self.maximumLength { add(inner) }
    func fork(_ inside: Int, _ outside: Int) -> Instruction { isLazy ? .fork(outside, inside) : .fork(inside, outside) }
    if maximum == .max {
      let loop = program.count
      program.append(.end)
      add(inner)
      program.append(.jump(loop))
      program[loop] = fork(loop + 1, program.count)
      return
    }
    var forks: [Int] = []
    for _ in minimum..<maximum where program.count < Self.maximumLength {
      forks.append(program.count)
      program.append(.end)
      add(inner)
    }
    for place in forks { program[place] = fork(place + 1, program.count) }
  }
}
