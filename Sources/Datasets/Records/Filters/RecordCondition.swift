import Basics

/// A condition on a record's fields, as `--where` takes it:
///
///     stars >= 4 and category in ['Books', 'Music'] and not (body is empty or title matches /^re:/i)
///
/// - Fields are names, with dots for members of nested objects (`meta.lang`) and places in lists (`tags.0`); a name with
///   other characters is put in backquotes.
/// - `= == != < <= > >=` compare numbers where both sides are numbers or texts of numbers, else texts by their bytes.
///   A field that is missing or null makes every comparison false, except `!=` and `not in`.
/// - `contains` looks for a text in a text, or for a value in a list; `matches /…/` for a regular expression (RE2's
///   subset: no references back, so that the time is linear), `/…/i` without regard to case.
/// - `is empty` is true of what is missing, null, blank, `[]` and `{}`; `is not empty` of the rest. A field alone is
///   true when it holds true, a number that is not 0, or a text other than blank, `false`, `no`, `n` and `0`.
public struct RecordCondition: Sendable {
  indirect enum Node: Sendable {
    case and(Node, Node)
    case or(Node, Node)
    case not(Node)
    case comparison(Operand, Comparison, Operand)
    case isIn(Operand, [Operand])
    case contains(Operand, Operand)
    case matches(Operand, LinearPattern)
    case isEmpty(Operand)
    case truth(Operand)
  }

  enum Operand: Sendable {
    case field([String])
    case value(JSON)
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case unequal = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
  }

  private let root: Node

  /// - Throws: `TuneError.usage` that names the column of the expression, what was found and what was expected.
  public init(_ text: String) throws {
    var parser = try ConditionParser(text)
    root = try parser.parse()
  }

  /// Whether the condition holds for a record.
  public func holds(for record: JSONObject) -> Bool { Self.holds(root, record) }

  /// The first names of the fields that the condition asks for, so that a misspelt one can be told from an absent one.
  public var fieldNames: [String] {
    var names: [String] = []
    Self.collect(root, into: &names)
    return names
  }

  private static func holds(_ node: Node, _ record: JSONObject) -> Bool {
    switch node {
    case .and(let first, let second): holds(first, record) && holds(second, record)
    case .or(let first, let second): holds(first, record) || holds(second, record)
    case .not(let inner): !holds(inner, record)
    case .comparison(let left, let comparison, let right):
      compare(value(left, record), value(right, record), comparison)
    case .isIn(let operand, let list):
      list.contains { compare(value(operand, record), value($0, record), .equal) }
    case .contains(let whole, let part): contains(value(whole, record), value(part, record))
    case .matches(let operand, let pattern): value(operand, record)?.scalarText.map { pattern.occurs(in: $0) } ?? false
    case .isEmpty(let operand): value(operand, record)?.isEmptyValue ?? true
    case .truth(let operand): value(operand, record)?.isTrue ?? false
    }
  }

  private static func value(_ operand: Operand, _ record: JSONObject) -> JSON? {
    switch operand {
    case .value(let value): return value
    case .field(let path):
      // A column may have dots in its name.
      if path.count > 1, let value = record[path.joined(separator: ".")] { return value.isNull ? nil : value }
      var value = record[path[0]]
      for name in path.dropFirst() {
        value =
          value?[name]
          ?? Int(name).flatMap { place in
            value?.arrayValue.flatMap { $0.indices.contains(place) ? $0[place] : nil }
          }
      }
      return value.flatMap { $0.isNull ? nil : $0 }
    }
  }

  private static func compare(_ left: JSON?, _ right: JSON?, _ comparison: Comparison) -> Bool {
    guard let left, let right else { return comparison == .unequal && (left == nil) != (right == nil) }
    if let a = left.numericValue, let b = right.numericValue { return compare(a, b, comparison) }
    guard let a = left.scalarText, let b = right.scalarText else {
      return comparison == .unequal ? left != right : comparison == .equal && left == right
    }
    let order = a.isSame(as: b) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    return compare(order, 0, comparison)
  }

  private static func compare<Value: Comparable>(_ a: Value, _ b: Value, _ comparison: Comparison) -> Bool {
    switch comparison {
    case .equal: a == b
    case .unequal: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }

  private static func contains(_ whole: JSON?, _ part: JSON?) -> Bool {
    guard let whole, let part else { return false }
    if let elements = whole.arrayValue { return elements.contains { compare($0, part, .equal) } }
    guard let text = whole.scalarText, let wanted = part.scalarText else { return false }
    return wanted.isEmpty || text.contains(bytesOf: wanted)
  }

  private static func collect(_ node: Node, into names: inout [String]) {
    func add(_ operands: Operand...) {
      for case .field(let path) in operands where !names.containsSame(as: path[0]) { names.append(path[0]) }
    }
    switch node {
    case .and(let first, let second), .or(let first, let second):
      collect(first, into: &names)
      collect(second, into: &names)
    case .not(let inner): collect(inner, into: &names)
    case .comparison(let left, _, let right): add(left, right)
    case .isIn(let operand, _), .matches(let operand, _), .isEmpty(let operand), .truth(let operand): add(operand)
    case .contains(let whole, let part): add(whole, part)
    }
  }
}

extension JSON {
  /// The number, also of a text that is one: "4", " 4.0 ".
  fileprivate var numericValue: Double? {
    if let text = stringValue { return Double(text.strippedAsInPython).flatMap { $0.isFinite ? $0 : nil } }
    return doubleValue
  }

  /// The text of a value that is no list and no object.
  fileprivate var scalarText: String? {
    switch self {
    case .string(let text): text
    case .array, .object: nil
    default: text()
    }
  }

  fileprivate var isEmptyValue: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isBlank
    case .array(let elements): elements.isEmpty
    case .object(let object): object.isEmpty
    default: false
    }
  }

  fileprivate var isTrue: Bool {
    switch self {
    case .bool(let value): value
    case .integer, .number, .exactNumber: doubleValue != 0
    case .string(let text): !text.isBlank && !["false", "no", "n", "0"].contains(text.strippedAsInPython.lowercased())
    case .null, .array, .object: !isEmptyValue
    }
  }
}
