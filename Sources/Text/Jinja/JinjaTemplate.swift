import Basics
import Foundation

/// A template of the language Jinja 3.1, parsed once and rendered any number of times.
///
///     let template = try JinjaTemplate("{{ document }} ||| {{ summary }}", name: "summary")
///     try template.render(["document": "A long story.", "summary": "Story."])
///
/// Results equal those of Python's `jinja2` 3.1 in its sandbox, and what it refuses is refused. By design whole numbers
/// have 64 bits, there are no bytes and no complex numbers, `map`, `select` and the like work at once instead of when
/// their result is read, and templates stand alone: no `include`, `import`, `extends` or `autoescape`. Steps, output
/// and recursion are bounded, and nothing outside the template's variables can be reached.
public struct JinjaTemplate: Sendable {
  /// How white space around tags is treated, and which functions and tags there are.
  public struct Options: Sendable, Equatable {
    /// Whether the line feed after a block tag or comment is dropped.
    public var trimBlocks: Bool
    /// Whether spaces before a block tag or comment that begins a line are dropped.
    public var lstripBlocks: Bool
    /// Whether a line feed at the very end of the template is kept.
    public var keepTrailingNewline: Bool
    /// Whether this is a chat template: `break`, `continue` and `generation` tags, `raise_exception`, `strftime_now`,
    /// plain `tojson`, and no method that changes a list or dictionary.
    public var isChat: Bool

    public init(
      trimBlocks: Bool = false, lstripBlocks: Bool = false, keepTrailingNewline: Bool = false, isChat: Bool = false
    ) {
      self.trimBlocks = trimBlocks
      self.lstripBlocks = lstripBlocks
      self.keepTrailingNewline = keepTrailingNewline
      self.isChat = isChat
    }

    /// As the library transformers renders chat templates.
    public static let chat = Options(trimBlocks: true, lstripBlocks: true, isChat: true)
    /// Jinja's own defaults with promptsource's filters `choice` and `most_frequent` and its function `zip`.
    public static let plain = Options()
  }

  private let program: Jinja.Program

  /// The variables that the template reads and does not set itself, as `jinja2.meta.find_undeclared_variables` finds
  /// them.
  public let referencedNames: Set<String>

  /// Parses a template.
  ///
  /// - Parameter name: what error messages call the template, such as a file name.
  /// - Throws: `TuneError.data` with `name:line:column` and the tag there when the source is no template.
  public init(_ source: String, name: String, options: Options = .plain) throws {
    do {
      program = try Jinja.Parser.program(source, name: name, options: options)
    } catch let failure as Jinja.Failure {
      throw failure.located(in: name, source: source, options: options, at: Jinja.Position())
    }
    referencedNames = Jinja.References.undeclared(in: program)
  }

  /// The text of the template with these variables.
  ///
  /// - Throws: `TuneError.data` with `name:line:column` and the tag there when an expression fails,
  ///   `raise_exception` is called, or the render takes too many steps, too much output or too deep a recursion.
  public func render(_ variables: JSONObject, environment: JinjaEnvironment = JinjaEnvironment()) throws -> String {
    try Jinja.Interpreter(program, variables, environment).run()
  }

  /// The text and the UTF-8 byte ranges of it that stand inside `{% generation %}`.
  func renderWithSpans(
    _ variables: JSONObject, environment: JinjaEnvironment = JinjaEnvironment()
  ) throws -> (text: String, spans: [Range<Int>]) {
    let interpreter = Jinja.Interpreter(program, variables, environment)
    return (try interpreter.run(), interpreter.generatedSpans)
  }
}

/// What a render may use besides its variables.
public struct JinjaEnvironment: Sendable {
  /// A function or filter written in Swift; a filter's value is its first argument.
  public typealias Function = @Sendable ([JSON]) throws -> JSON

  /// Filters by name; they come before the built-in ones.
  public var filters: [String: Function]
  /// Functions by name; variables of the same name hide them.
  public var functions: [String: Function]
  /// Where the filters `random` and `choice` begin; the same seed makes the same choices.
  public var seed: UInt64
  /// Evaluations, loop rounds and 64-byte pieces of text after which a render is given up.
  public var maximumSteps = 5_000_000
  /// The time that `strftime_now` prints.
  public var now: @Sendable () -> Date

  public init(
    filters: [String: Function] = [:], functions: [String: Function] = [:], seed: UInt64 = 0,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.filters = filters
    self.functions = functions
    self.seed = seed
    self.now = now
  }
}
