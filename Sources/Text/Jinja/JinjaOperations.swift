import Foundation

// Python's operators over values.
extension Jinja.Interpreter {
  /// The elements that a walk over the value meets; a generator is used up by it.
  func items(of value: Jinja.Value) throws -> [Jinja.Value] {
    switch value {
    case .undefined: return []
    case .list(let list), .tuple(let list): return list.items
    case .dictionary(let dictionary): return dictionary.keys
    case .view(let view):
      switch view.kind {
      case .keys: return view.dictionary.keys
      case .values: return view.dictionary.values
      case .items:
        try charge(view.dictionary.count)
        return try view.dictionary.items()
      }
    case .range(let range):
      try charge(range.count)
      return (0..<range.count).map { .integer(range[$0]) }
    case .generator(let generator):
      defer { generator.items = [] }
      return generator.items
    case .string(let text), .markup(let text):
      try reserve(text.utf8.count * 16)
      return text.unicodeScalars.map { .text([$0]) }
    default: throw Jinja.Failure("'\(value.typeName)' object is not iterable")
    }
  }

  /// Python's `len`.
  func length(of value: Jinja.Value) throws -> Int {
    switch value {
    case .undefined: return 0
    case .list(let list), .tuple(let list): return list.items.count
    case .dictionary(let dictionary): return dictionary.count
    case .view(let view): return view.dictionary.count
    case .range(let range): return range.count
    case .string(let text), .markup(let text):
      try charge(text.utf8.count / Jinja.Limit.bytesPerStep)
      return text.unicodeScalars.count
    default: throw Jinja.Failure("object of type '\(value.typeName)' has no len()")
    }
  }

  // MARK: Comparison

  func equal(_ a: Jinja.Value, _ b: Jinja.Value, depth: Int = 0) throws -> Bool {
    try charge()
    if let left = a.index, let right = b.index { return left == right }
    if let left = a.double, let right = b.double {
      if let left = a.index { return Int(exactly: right) == left }
      if let right = b.index { return Int(exactly: left) == right }
      return left == right
    }
    if let left = a.text, let right = b.text { return left.isIdentical(to: right) }
    switch (a, b) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      guard left !== right else { return true }
      guard left.items.count == right.items.count else { return false }
      try refuse(depth)
      return try zip(left.items, right.items).allSatisfy { try equal($0, $1, depth: depth + 1) }
    case (.dictionary(let left), .dictionary(let right)):
      guard left !== right else { return true }
      guard left.count == right.count else { return false }
      try refuse(depth)
      return try zip(left.keys, left.values).allSatisfy { key, value in
        guard let other = right.value(try hashKey(key)) else { return false }
        return try equal(value, other, depth: depth + 1)
      }
    case (.range(let left), .range(let right)):
      return left.count == right.count
        && (left.count == 0 || (left.start == right.start && (left.count == 1 || left.step == right.step)))
    case (.view(let left), .view(let right)) where left.kind == right.kind && left.kind != .values:
      guard left.dictionary.count == right.dictionary.count else { return false }
      if left.kind == .items { return try equal(.dictionary(left.dictionary), .dictionary(right.dictionary)) }
      return try left.dictionary.keys.allSatisfy { try right.dictionary.value(hashKey($0)) != nil }
    case (.object(let left), .object(let right)): return left === right
    case (.generator(let left), .generator(let right)): return left === right
    default: return false
    }
  }

  private func refuse(_ depth: Int) throws {
    guard depth <= Jinja.maximumNesting else { throw Jinja.Failure("values refer to each other without end") }
  }

  /// Python's `a < b`.
  func less(_ a: Jinja.Value, _ b: Jinja.Value, symbol: String = "<", depth: Int = 0) throws -> Bool {
    try charge()
    if let left = a.index, let right = b.index { return left < right }
    if let left = a.double, let right = b.double {
      // Python compares whole numbers with floats without rounding.
      if let left = a.index { return Int(exactly: right.rounded(.up)).map { left < $0 } ?? (right > 0) }
      if let right = b.index { return Int(exactly: left.rounded(.down)).map { $0 < right } ?? (left < 0) }
      return left < right
    }
    // The order of UTF-8 bytes is that of the scalars.
    if let left = a.text, let right = b.text { return left.utf8.lexicographicallyPrecedes(right.utf8) }
    switch (a, b) {
    case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw Jinja.Failure(undefined.message)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      try refuse(depth)
      for (x, y) in zip(left.items, right.items) where try !equal(x, y) {
        return try less(x, y, symbol: symbol, depth: depth + 1)
      }
      return left.items.count < right.items.count
    default:
      throw Jinja.Failure("'\(symbol)' not supported between instances of '\(a.typeName)' and '\(b.typeName)'")
    }
  }

  func holds(_ comparator: Jinja.Comparison.Operator, _ a: Jinja.Value, _ b: Jinja.Value) throws -> Bool {
    switch comparator {
    case .equal: return try equal(a, b)
    case .notEqual: return try !equal(a, b)
    case .less: return try less(a, b)
    case .greater: return try less(b, a, symbol: ">")
    case .lessOrEqual:
      if isNotANumber(a) || isNotANumber(b) { return false }
      return try less(a, b, symbol: "<=") || equal(a, b)
    case .greaterOrEqual:
      if isNotANumber(a) || isNotANumber(b) { return false }
      return try less(b, a, symbol: ">=") || equal(a, b)
    case .contained: return try contains(b, a)
    case .notContained: return try !contains(b, a)
    }
  }

  private func isNotANumber(_ value: Jinja.Value) -> Bool {
    if case .float(let number) = value { number.isNaN } else { false }
  }

  /// Python's `element in container`.
  func contains(_ container: Jinja.Value, _ element: Jinja.Value) throws -> Bool {
    switch container {
    case .dictionary(let dictionary): return dictionary.value(try hashKey(element)) != nil
    case .view(let view) where view.kind == .keys: return view.dictionary.value(try hashKey(element)) != nil
    case .string(let text), .markup(let text):
      guard let part = element.text else {
        throw Jinja.Failure("'in <string>' requires string as left operand, not \(element.typeName)")
      }
      return try !occurrences(of: part, in: text, limit: 1).isEmpty
    case .none, .bool, .integer, .float:
      throw Jinja.Failure("argument of type '\(container.typeName)' is not iterable")
    default: return try items(of: container).contains { try equal($0, element) }
    }
  }

  /// The key under which a dictionary or set keeps a value.
  func hashKey(_ value: Jinja.Value) throws -> Jinja.Key {
    try charge()
    switch value {
    case .none: return .none
    case .undefined: return .undefined
    case .bool(let value): return .integer(value ? 1 : 0)
    case .integer(let value): return .integer(value)
    case .float(let value): return Int(exactly: value).map { .integer($0) } ?? .float(value)
    case .string(let text), .markup(let text): return .text(text)
    case .tuple(let tuple): return .tuple(try tuple.items.map { try hashKey($0) })
    case .range(let range):
      return .range(
        range.count > 1 ? [range.count, range.start, range.step] : range.count > 0 ? [1, range.start] : [])
    case .generator(let generator): return .object(ObjectIdentifier(generator))
    case .object(let object): return .object(ObjectIdentifier(object))
    default: throw Jinja.Failure("unhashable type: '\(value.typeName)'")
    }
  }

  // MARK: Arithmetic

  func negated(_ value: Jinja.Value) throws -> Jinja.Value {
    if case .undefined(let undefined) = value { throw Jinja.Failure(undefined.message) }
    if case .float(let number) = value { return .float(-number) }
    guard let index = value.index else { throw Jinja.Failure("bad operand type for unary -: '\(value.typeName)'") }
    return .integer(try checked(0.subtractingReportingOverflow(index)))
  }

  private func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
    guard !result.overflow else { throw Jinja.Failure("a whole number grows beyond 64 bits") }
    return result.partialValue
  }

  func calculate(_ operation: Jinja.Operator, _ a: Jinja.Value, _ b: Jinja.Value) throws -> Jinja.Value {
    if operation == .modulo, let format = a.text { return try formatted(format, b, isMarkup: a.isMarkup) }
    if case .undefined(let undefined) = a { throw Jinja.Failure(undefined.message) }
    if case .undefined(let undefined) = b { throw Jinja.Failure(undefined.message) }
    if let left = a.index, let right = b.index { return try calculate(operation, left, right) }
    if let left = a.double, let right = b.double { return .float(try calculate(operation, left, right)) }
    if operation == .add, let sum = try joined(a, b) { return sum }
    if operation == .multiply {
      if let count = b.index, let result = try repeated(a, count) { return result }
      if let count = a.index, let result = try repeated(b, count) { return result }
    }
    if operation == .add, a.text != nil {
      throw Jinja.Failure("can only concatenate str (not \"\(b.typeName)\") to str")
    }
    throw Jinja.Failure(
      "unsupported operand type(s) for \(operation.rawValue): '\(a.typeName)' and '\(b.typeName)'")
  }

  private func calculate(_ operation: Jinja.Operator, _ a: Int, _ b: Int) throws -> Jinja.Value {
    switch operation {
    case .add: return .integer(try checked(a.addingReportingOverflow(b)))
    case .subtract: return .integer(try checked(a.subtractingReportingOverflow(b)))
    case .multiply: return .integer(try checked(a.multipliedReportingOverflow(by: b)))
    case .divide:
      guard b != 0 else { throw Jinja.Failure("division by zero") }
      return .float(Double(a) / Double(b))
    case .floorDivide:
      guard b != 0 else { throw Jinja.Failure("integer division or modulo by zero") }
      let quotient = try checked(a.dividedReportingOverflow(by: b))
      return .integer((a % b != 0) && ((a < 0) != (b < 0)) ? quotient - 1 : quotient)
    case .modulo:
      guard b != 0 else { throw Jinja.Failure("integer division or modulo by zero") }
      guard b != -1 else { return .integer(0) }
      let remainder = a % b
      return .integer(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
    case .power: return try power(a, b)
    }
  }

  private func power(_ base: Int, _ exponent: Int) throws -> Jinja.Value {
    guard exponent >= 0 else {
      guard base != 0 else { throw Jinja.Failure("0.0 cannot be raised to a negative power") }
      return .float(pow(Double(base), Double(exponent)))
    }
    if base == 0 || base == 1 { return .integer(exponent == 0 ? 1 : base) }
    if base == -1 { return .integer(exponent % 2 == 0 ? 1 : -1) }
    var result = 1
    for _ in 0..<min(exponent, 64) { result = try checked(result.multipliedReportingOverflow(by: base)) }
    return .integer(result)
  }

  private func calculate(_ operation: Jinja.Operator, _ a: Double, _ b: Double) throws -> Double {
    switch operation {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide:
      guard b != 0 else { throw Jinja.Failure("float division by zero") }
      return a / b
    case .floorDivide:
      guard b != 0 else { throw Jinja.Failure("float floor division by zero") }
      return floorQuotient(a, b)
    case .modulo:
      guard b != 0 else { throw Jinja.Failure("float modulo") }
      return floorModulo(a, b)
    case .power:
      guard a != 0 || b >= 0 else { throw Jinja.Failure("0.0 cannot be raised to a negative power") }
      let result = pow(a, b)
      guard !(result.isNaN && !a.isNaN && !b.isNaN) else { throw Jinja.Failure("the power is no real number") }
      guard !(result.isInfinite && a.isFinite && b.isFinite) else { throw Jinja.Failure("the power is too large") }
      return result
    }
  }

  /// Python's `a // b`: the quotient that goes with `floorModulo`.
  private func floorQuotient(_ a: Double, _ b: Double) -> Double {
    let remainder = fmod(a, b)
    let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
    let quotient = (a - remainder) / b - (isBelow ? 1 : 0)
    guard quotient != 0 else { return copysign(0, a / b) }
    let floor = quotient.rounded(.down)
    return quotient - floor > 0.5 ? floor + 1 : floor
  }

  private func floorModulo(_ a: Double, _ b: Double) -> Double {
    let remainder = fmod(a, b)
    if remainder == 0 { return b < 0 ? -0.0 : 0.0 }
    return (remainder < 0) != (b < 0) ? remainder + b : remainder
  }

  /// `a + b` of texts and sequences; nil where they do not join.
  private func joined(_ a: Jinja.Value, _ b: Jinja.Value) throws -> Jinja.Value? {
    switch (a, b) {
    case (.list(let left), .list(let right)): return .list(try joined(left, right))
    case (.tuple(let left), .tuple(let right)): return .tuple(try joined(left, right))
    default:
      guard let left = a.text, let right = b.text else { return nil }
      try reserve(left.utf8.count + right.utf8.count)
      guard a.isMarkup || b.isMarkup else { return .string(left + right) }
      return .markup(
        (a.isMarkup ? left : Jinja.escaped(left)) + (b.isMarkup ? right : Jinja.escaped(right)))
    }
  }

  private func joined(_ a: Jinja.ListObject, _ b: Jinja.ListObject) throws -> Jinja.ListObject {
    try reserve(items: a.items.count + b.items.count)
    return try Jinja.ListObject(a.items + b.items)
  }

  func reserve(items count: Int) throws {
    guard count <= Jinja.Limit.listLength else {
      throw Jinja.Failure("a list grows beyond \(Jinja.Limit.listLength) elements")
    }
    try charge(count)
  }

  private func repeated(_ value: Jinja.Value, _ count: Int) throws -> Jinja.Value? {
    let count = max(0, count)
    switch value {
    case .string(let text), .markup(let text):
      let (length, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
      try reserve(overflow ? Int.max : length)
      let result = String(repeating: text, count: text.isEmpty ? 0 : count)
      return value.isMarkup ? .markup(result) : .string(result)
    case .list(let list): return .list(try repeated(list, count))
    case .tuple(let tuple): return .tuple(try repeated(tuple, count))
    default: return nil
    }
  }

  private func repeated(_ list: Jinja.ListObject, _ count: Int) throws -> Jinja.ListObject {
    let (length, overflow) = list.items.count.multipliedReportingOverflow(by: count)
    guard length > 0 || overflow else { return try Jinja.ListObject([]) }
    try reserve(items: overflow ? Int.max : length)
    return try Jinja.ListObject(Array((0..<count).map { _ in list.items }.joined()))
  }
}

extension Jinja.Value {
  var isMarkup: Bool { if case .markup = self { true } else { false } }
}
