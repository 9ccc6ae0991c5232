extension Jinja {
  /// A parsed template.
  struct Program: Sendable {
    let name: String
    /// The text that was parsed, for messages.
    let source: String
    let options: JinjaTemplate.Options
    let body: [Statement]
    /// The spelling of each name; expressions refer to names by their place in this table.
    let names: [String]
  }

  /// An expression and where it stands.
  struct Expression: Sendable {
    let kind: Kind
    let position: Position
    /// Levels of the tree below and including this node; bounded by the parser.
    let depth: Int

    indirect enum Kind: Sendable {
      case none
      case bool(Bool)
      case integer(Int)
      case float(Double)
      case string(String)
      case name(Int)
      case list([Expression])
      case tuple([Expression])
      case dictionary([Pair])
      case attribute(Expression, String)
      case item(Expression, Expression)
      case slice(Expression, [Expression?])
      case call(Expression, CallArguments)
      case filter(Expression, Application)
      case test(Expression, Application)
      case not(Expression)
      case negative(Expression)
      case positive(Expression)
      case binary(Operator, Expression, Expression)
      case and(Expression, Expression)
      case or(Expression, Expression)
      case concatenation([Expression])
      case comparison(Expression, [Comparison])
      case conditional(test: Expression, then: Expression, otherwise: Expression?)
    }
  }

  struct Pair: Sendable {
    let key: Expression
    let value: Expression
  }

  enum Operator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
  }

  struct Comparison: Sendable {
    enum Operator: String, Sendable {
      case equal = "=="
      case notEqual = "!="
      case less = "<"
      case lessOrEqual = "<="
      case greater = ">"
      case greaterOrEqual = ">="
      case contained = "in"
      case notContained = "not in"
    }
    let comparator: Operator
    let right: Expression
  }

  struct CallArguments: Sendable {
    var positional: [Expression] = []
    var keywords: [Keyword] = []
    /// `*list`
    var spread: Expression?
    /// `**dictionary`
    var spreadKeywords: Expression?

    struct Keyword: Sendable {
      let name: String
      let value: Expression
    }
  }

  /// The use of a filter or a test: its name and further arguments.
  struct Application: Sendable {
    let name: String
    let arguments: CallArguments
    let position: Position
  }

  /// What an assignment fills.
  indirect enum Target: Sendable {
    case name(Int)
    case tuple([Target])
    case attribute(of: Int, String)
  }

  struct Statement: Sendable {
    let kind: Kind
    let position: Position

    indirect enum Kind: Sendable {
      case text(String)
      case output(Expression)
      case set(Target, Expression)
      case setBlock(Target, filters: [Application], body: [Statement])
      case conditional([Branch], otherwise: [Statement])
      case loop(Loop)
      case macro(Int, MacroDefinition)
      case call(Expression, CallArguments, caller: MacroDefinition)
      case filterBlock([Application], body: [Statement])
      case with([Assignment], body: [Statement])
      /// A body in a scope of its own.
      case scope([Statement])
      /// The part of a chat that the assistant writes.
      case generation([Statement])
      case breakLoop
      case continueLoop
    }
  }

  struct Branch: Sendable {
    let test: Expression
    let body: [Statement]
  }

  struct Assignment: Sendable {
    let target: Target
    let value: Expression
  }

  struct Loop: Sendable {
    let target: Target
    let items: Expression
    let filter: Expression?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]
    /// The place of the name `loop`.
    let loopName: Int
    /// Whether the body can see the variable `loop`, which knows how many items there are: then a filter decides about
    /// all items first, and else before each round.
    let mentionsLoop: Bool
  }

  struct MacroDefinition: Sendable {
    struct Parameter: Sendable {
      let name: Int
      let standard: Expression?
    }
    /// Nil for the body of a `call` tag.
    let name: String?
    let parameters: [Parameter]
    let body: [Statement]
    /// Places of `caller`, `varargs` and `kwargs`; nil where the body does not use them.
    let callerName: Int?
    let extraPositionalName: Int?
    let extraKeywordsName: Int?
  }
}
