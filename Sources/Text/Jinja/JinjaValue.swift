import Basics

/// The template language Jinja 3.1, as Python's `jinja2` defines it; the public face is `JinjaTemplate`.
enum Jinja {}

extension Jinja {
  /// A value at run time, with the distinctions Python makes.
  ///
  /// Containers are objects: they have identity, and their nesting is bounded when they are built.
  enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    /// Text marked as safe HTML: plain text joined to it by `+` is escaped, as Python's `Markup` does.
    case markup(String)
    case list(ListObject)
    case tuple(ListObject)
    case dictionary(DictionaryObject)
    case view(DictionaryView)
    case range(Range)
    /// The lazily produced result of `map`, `select` and the like: it can be walked once and has no length.
    case generator(GeneratorObject)
    case object(any RuntimeObject)

    static func text(_ scalars: some Sequence<Unicode.Scalar>) -> Value { .string(String(scalars: scalars)) }
  }

  /// Why a value is missing; the text is made only when somebody asks.
  enum Undefined {
    case name(String)
    case attribute(String, of: String)
    case element(String, of: String)
    case reason(String)

    var message: String {
      switch self {
      case .name(let name): "'\(name)' is undefined"
      case .attribute(let name, let type): "'\(type)' has no attribute '\(name)'"
      case .element(let key, let type): "\(type) has no element \(key)"
      case .reason(let text): text
      }
    }
  }

  /// Containers nested deeper than this are refused, so that no walk over a value can exhaust the stack.
  static let maximumNesting = 200

  /// Python's list or tuple.
  final class ListObject {
    var items: [Value]
    let nesting: Int
    /// Names of the elements, as the tuples of `groupby` have.
    let fields: [String]

    init(_ items: [Value], fields: [String] = []) throws {
      self.items = items
      self.fields = fields
      nesting = try Jinja.nesting(around: items)
    }
  }

  /// An iterator that is walked at most once.
  final class GeneratorObject {
    var items: [Value]
    let nesting: Int

    init(_ items: [Value]) throws {
      self.items = items
      nesting = try Jinja.nesting(around: items)
    }
  }

  /// What `keys()`, `values()` and `items()` of a dictionary give.
  struct DictionaryView {
    enum Kind: String { case keys, values, items }
    let kind: Kind
    let dictionary: DictionaryObject
  }

  /// Python's `range`.
  struct Range {
    let start: Int
    let stop: Int
    let step: Int
    let count: Int

    subscript(index: Int) -> Int { start + index * step }
  }

  /// Anything else with attributes or a call: macros, functions, `loop`, namespaces.
  protocol RuntimeObject: AnyObject {
    /// The class name as error messages print it.
    var typeName: String { get }
    /// What `repr` prints.
    var summary: String { get }
    var nesting: Int { get }
    var isCallable: Bool { get }
    func attribute(_ name: String) throws -> Value?
    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value
  }

  static func nesting(around items: [Value]) throws -> Int {
    var deepest = 0
    for item in items { deepest = max(deepest, item.nesting) }
    guard deepest < maximumNesting else { throw Failure("values are nested deeper than \(maximumNesting) levels") }
    return deepest + 1
  }
}

extension Jinja.RuntimeObject {
  var nesting: Int { 1 }
  var isCallable: Bool { false }
  func attribute(_ name: String) throws -> Jinja.Value? { nil }
  func call(_ arguments: Jinja.Arguments, _ interpreter: Jinja.Interpreter) throws -> Jinja.Value {
    throw Jinja.Failure("'\(typeName)' object is not callable")
  }
}

extension Jinja.Value {
  var nesting: Int {
    switch self {
    case .list(let list), .tuple(let list): list.nesting
    case .dictionary(let dictionary): dictionary.nesting
    case .view(let view): view.dictionary.nesting + 1
    case .generator(let generator): generator.nesting
    case .object(let object): object.nesting
    default: 0
    }
  }

  /// The text of a string, plain or marked safe.
  var text: String? {
    switch self {
    case .string(let text), .markup(let text): text
    default: nil
    }
  }

  /// The integer, also of a boolean, as Python counts it.
  var index: Int? {
    switch self {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The number as a float; nil when this is no number.
  var double: Double? {
    if case .float(let value) = self { value } else { index.map { Double($0) } }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
  var isNone: Bool { if case .none = self { true } else { false } }

  /// Python's name of the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .string: "str"
    case .markup: "Markup"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .view(let view): "dict_\(view.kind.rawValue)"
    case .range: "range"
    case .generator: "generator"
    case .object(let object): object.typeName
    }
  }

  /// The name of the type as messages about missing attributes print it.
  var typeDescription: String { isNone ? "None" : "\(typeName) object" }

  /// Python's `bool(value)`.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .string(let text), .markup(let text): !text.isEmpty
    case .list(let list), .tuple(let list): !list.items.isEmpty
    case .dictionary(let dictionary): !dictionary.isEmpty
    case .view(let view): !view.dictionary.isEmpty
    case .range(let range): range.count > 0
    case .generator, .object: true
    }
  }

  /// The value of parsed JSON.
  init(_ json: JSON) throws {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .float(value)
    // An integer of more than 64 bits is only printed.
    case .exactNumber(let text):
      let isInteger = text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
      }
      self = isInteger ? (Int(text).map { .integer($0) } ?? .string(text)) : .float(json.doubleValue ?? .nan)
    case .string(let value): self = .string(value)
    case .array(let elements): self = try Self.list(elements)
    case .object(let object): self = try Self.dictionary(object)
    }
  }

  // Not part of `init`: the recursion goes through small stack frames.
  private static func list(_ elements: [JSON]) throws -> Self {
    .list(try Jinja.ListObject(elements.map { try Self($0) }))
  }

  private static func dictionary(_ object: JSONObject) throws -> Self {
    let dictionary = Jinja.DictionaryObject()
    for entry in object { try dictionary.set(.string(entry.key), key: .text(entry.key), to: Self(entry.value)) }
    return .dictionary(dictionary)
  }
}

extension String {
  init(scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }

  /// Equality of bytes; Swift's own `==` would also join canonically equivalent texts.
  func isIdentical(to other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    var a = self, b = other
    return a.withUTF8 { a in b.withUTF8 { b in a.elementsEqual(b) } }
  }
}
