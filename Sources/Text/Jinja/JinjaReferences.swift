extension Jinja {
  /// Finds the names that a template reads and does not define: its variables.
  ///
  /// Source: `jinja2.meta.find_undeclared_variables` and `jinja2/idtracking.py`. Each scope is looked at as a whole
  /// before the scopes inside it; a name that only the branches of an `if` set stays undeclared.
  struct References {
    private let names: [String]
    private let ignored: Set<String>
    /// For each open scope the names it reads or sets, innermost last.
    private var known: [Set<Int>] = []
    private(set) var found: Set<String> = []

    static func undeclared(in program: Program) -> Set<String> {
      var walk = References(names: program.names, ignored: Globals.names(program.options).union(["self"]))
      walk.inScope([]) {
        $0.visit(program.body)
      } inner: {
        $0.visitInner(program.body)
      }
      return walk.found
    }

    private init(names: [String], ignored: Set<String>) {
      self.names = names
      self.ignored = ignored
    }

    private mutating func read(_ name: Int) {
      guard !known.contains(where: { $0.contains(name) }) else { return }
      known[known.count - 1].insert(name)
      report(name)
    }

    private mutating func report(_ name: Int) {
      if !ignored.contains(names[name]) { found.insert(names[name]) }
    }

    private mutating func declare(_ target: Target) {
      switch target {
      case .name(let name): known[known.count - 1].insert(name)
      case .tuple(let targets): for target in targets { declare(target) }
      case .attribute(let name, _): read(name)
      }
    }

    private mutating func inScope(
      _ targets: [Target], _ own: (inout References) -> Void, inner: (inout References) -> Void
    ) {
      known.append([])
      for target in targets { declare(target) }
      own(&self)
      inner(&self)
      known.removeLast()
    }

    private mutating func scope(_ targets: [Target], _ body: [Statement]) {
      inScope(targets) {
        $0.visit(body)
      } inner: {
        $0.visitInner(body)
      }
    }

    // MARK: The names of one scope

    private mutating func visit(_ body: [Statement]) { for statement in body { visit(statement) } }

    private mutating func visit(_ statement: Statement) {
      switch statement.kind {
      case .text, .breakLoop, .continueLoop, .scope, .generation: break
      case .output(let expression): visit(expression)
      case .set(let target, let expression):
        visit(expression)
        declare(target)
      case .setBlock(let target, let filters, _):
        for filter in filters { visit(filter.arguments) }
        declare(target)
      case .conditional(let branches, let otherwise): visit(branches, otherwise)
      case .loop(let loop): visit(loop.items)
      case .macro(let name, _): declare(.name(name))
      case .call(let callee, let arguments, _):
        visit(callee)
        visit(arguments)
      case .filterBlock(let filters, _): for filter in filters { visit(filter.arguments) }
      case .with(let assignments, _): for assignment in assignments { visit(assignment.value) }
      }
    }

    private mutating func visit(_ branches: [Branch], _ otherwise: [Statement]) {
      for branch in branches { visit(branch.test) }
      let before = known[known.count - 1]
      var after = before
      for body in branches.map({ $0.body }) + [otherwise] {
        known[known.count - 1] = before
        visit(body)
        after.formUnion(known[known.count - 1])
      }
      known[known.count - 1] = after
      let outer = known.dropLast()
      for name in after.subtracting(before) where !outer.contains(where: { $0.contains(name) }) { report(name) }
    }

    // MARK: The scopes inside

    private mutating func visitInner(_ body: [Statement]) { for statement in body { visitInner(statement) } }

    private mutating func visitInner(_ statement: Statement) {
      switch statement.kind {
      case .text, .output, .set, .breakLoop, .continueLoop: break
      case .setBlock(_, _, let body), .filterBlock(_, let body), .scope(let body), .generation(let body):
        scope([], body)
      case .conditional(let branches, let otherwise):
        for branch in branches { visitInner(branch.body) }
        visitInner(otherwise)
      case .loop(let loop): visitInner(loop)
      case .macro(_, let definition), .call(_, _, let definition): visitInner(definition)
      case .with(let assignments, let body): scope(assignments.map { $0.target }, body)
      }
    }

    private mutating func visitInner(_ loop: Loop) {
      if let filter = loop.filter {
        inScope([loop.target]) {
          $0.visit(filter)
        } inner: { _ in
        }
      }
      scope([loop.target, .name(loop.loopName)], loop.body)
      scope([], loop.otherwise)
    }

    private mutating func visitInner(_ definition: MacroDefinition) {
      let special = [definition.callerName, definition.extraPositionalName, definition.extraKeywordsName]
      let parameters = definition.parameters.map { $0.name } + special.compactMap { $0 }
      inScope(parameters.map { .name($0) }) { walk in
        for parameter in definition.parameters { if let standard = parameter.standard { walk.visit(standard) } }
        walk.visit(definition.body)
      } inner: {
        $0.visitInner(definition.body)
      }
    }

    // MARK: Expressions

    private mutating func visit(_ arguments: CallArguments) { for argument in arguments.all { visit(argument) } }

    private mutating func visit(_ expression: Expression) {
      switch expression.kind {
      case .none, .bool, .integer, .float, .string: break
      case .name(let name): read(name)
      case .list(let parts), .tuple(let parts), .concatenation(let parts): for part in parts { visit(part) }
      case .dictionary(let pairs):
        for pair in pairs {
          visit(pair.key)
          visit(pair.value)
        }
      case .attribute(let base, _): visit(base)
      case .slice(let base, let bounds):
        visit(base)
        for bound in bounds.compactMap({ $0 }) { visit(bound) }
      case .call(let callee, let arguments):
        visit(callee)
        visit(arguments)
      case .filter(let subject, let application), .test(let subject, let application):
        visit(subject)
        visit(application.arguments)
      case .not(let operand), .negative(let operand), .positive(let operand): visit(operand)
      case .item(let left, let right), .binary(_, let left, let right), .and(let left, let right),
        .or(let left, let right):
        visit(left)
        visit(right)
      case .comparison(let left, let comparisons):
        visit(left)
        for comparison in comparisons { visit(comparison.right) }
      case .conditional(let test, let then, let otherwise):
        visit(test)
        visit(then)
        if let otherwise { visit(otherwise) }
      }
    }
  }
}
