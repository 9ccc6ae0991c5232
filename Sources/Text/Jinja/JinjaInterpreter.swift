import Basics

extension Jinja {
  /// Variables set in one region of the template; a region inside sees those around it.
  final class Scope {
    private(set) var entries: [(name: Int, value: Value)] = []
    let parent: Scope?

    init(parent: Scope?) { self.parent = parent }

    func value(_ name: Int) -> Value? {
      entries.last { $0.name == name }?.value
    }

    func set(_ name: Int, to value: Value) {
      if let place = entries.firstIndex(where: { $0.name == name }) {
        entries[place].value = value
      } else {
        entries.append((name, value))
      }
    }

    func removeAll() { entries = [] }
  }

  /// Bounds on one render, so that a hostile template ends soon and with an error.
  enum Limit {
    static let textLength = 1 << 26
    static let listLength = 1 << 21
    static let evaluationDepth = 400
    static let rangeLength = 100_000
    /// Bytes of text that count as one step.
    static let bytesPerStep = 64
  }

  /// Walks a program once with one set of variables.
  final class Interpreter {
    let program: Program
    let environment: JinjaEnvironment
    private let variables: [JSONObject.Entry]
    private var resolved: [Value?]

    var scope = Scope(parent: nil)
    var position = Position()
    private var steps = 0
    private var depth = 0

    private(set) var output = ""
    /// Bytes of the texts that captures around the present one have gathered.
    private var bytesOutside = 0
    /// Byte ranges of the output inside `{% generation %}`.
    private(set) var generatedSpans: [Swift.Range<Int>] = []
    var random: SeededRandom
    /// Objects that may refer to themselves; emptied at the end so that they are freed one by one.
    private var tracked: [any Emptiable] = []

    init(_ program: Program, _ variables: JSONObject, _ environment: JinjaEnvironment) {
      self.program = program
      self.variables = variables.entries
      self.environment = environment
      resolved = Array(repeating: nil, count: program.names.count)
      random = SeededRandom(seed: environment.seed, stream: "jinja")
    }

    /// Renders the whole template.
    func run() throws -> String {
      defer { for object in tracked { object.empty() } }
      do {
        _ = try execute(program.body)
        return output
      } catch let failure as Failure {
        throw failure.located(in: program.name, source: program.source, options: program.options, at: position)
      }
    }

    // MARK: Bounds

    func charge(_ count: Int = 1) throws {
      steps += count
      guard steps <= environment.maximumSteps else {
        throw Failure("the template takes more than \(environment.maximumSteps) steps; expected a bounded template")
      }
    }

    /// Refuses a text of this many bytes when it is too long, and charges for it.
    func reserve(_ bytes: Int) throws {
      guard bytes <= Limit.textLength else {
        throw Failure("a text grows beyond \(Limit.textLength >> 20) MiB; expected a shorter one")
      }
      try charge(1 + bytes / Limit.bytesPerStep)
    }

    func deeper<Result>(_ body: () throws -> Result) throws -> Result {
      guard depth < Limit.evaluationDepth else {
        throw Failure("macros, loops and expressions are nested deeper than \(Limit.evaluationDepth) levels")
      }
      depth += 1
      defer { depth -= 1 }
      return try body()
    }

    func track(_ object: any Emptiable) { tracked.append(object) }

    // MARK: Names

    func lookUp(_ name: Int) throws -> Value {
      var region: Scope? = scope
      while let current = region {
        if let value = current.value(name) { return value }
        region = current.parent
      }
      if let value = resolved[name] { return value }
      let spelling = program.names[name]
      let value: Value
      if let entry = variables.last(where: { $0.key.isIdentical(to: spelling) }) {
        value = try Value(entry.value)
      } else {
        value = try Globals.value(spelling, self) ?? .undefined(.name(spelling))
      }
      resolved[name] = value
      return value
    }

    /// Runs with a scope inside the given one, or inside the present one.
    func inScope<Result>(of parent: Scope? = nil, _ body: () throws -> Result) throws -> Result {
      let outer = scope
      scope = Scope(parent: parent ?? outer)
      defer { scope = outer }
      return try body()
    }

    func assign(_ target: Target, _ value: Value) throws {
      switch target {
      case .name(let name): scope.set(name, to: value)
      case .attribute(let name, let attribute):
        guard case .object(let object) = try lookUp(name), let space = object as? Namespace else {
          throw Failure("cannot assign to an attribute of '\(program.names[name])'; expected a namespace()")
        }
        try space.set(attribute, to: value)
      case .tuple(let targets):
        let items = try items(of: value)
        guard items.count == targets.count else {
          let problem = items.count < targets.count ? "not enough" : "too many"
          throw Failure("\(problem) values to unpack: found \(items.count), expected \(targets.count)")
        }
        for (target, item) in zip(targets, items) { try assign(target, item) }
      }
    }

    // MARK: Output

    func write(_ text: String) throws {
      guard bytesOutside + output.utf8.count + text.utf8.count <= Limit.textLength else {
        throw Failure("the output grows beyond \(Limit.textLength >> 20) MiB; expected a shorter one")
      }
      try charge(text.utf8.count / Limit.bytesPerStep)
      output += text
    }

    /// What a body writes, without writing it.
    func captured(_ body: () throws -> Void) throws -> String {
      let outer = output
      bytesOutside += outer.utf8.count
      output = ""
      defer {
        output = outer
        bytesOutside -= outer.utf8.count
      }
      try body()
      return output
    }

    func markGenerated(_ body: () throws -> Void) throws {
      let start = bytesOutside + output.utf8.count
      try body()
      generatedSpans.append(start..<bytesOutside + output.utf8.count)
    }
  }

  /// An object that can be part of a cycle.
  protocol Emptiable: AnyObject {
    func empty()
  }
}

extension Jinja.Scope: Jinja.Emptiable {
  func empty() { removeAll() }
}

extension Jinja.ListObject: Jinja.Emptiable {
  func empty() { items = [] }
}

extension Jinja.DictionaryObject: Jinja.Emptiable {
  func empty() { removeAll() }
}
