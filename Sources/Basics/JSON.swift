/// A JSON value that keeps the order of keys and the difference between `1`, `1.0` and `true`.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  /// A number in the words of the file, which neither an integer nor a double would give back: `1e3`, `1.50`, `-0`,
  /// `12345678901234567890`. Only where the parser is asked to keep them.
  case exactNumber(String)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// The members of a JSON object in the order of the file. Keys are compared by bytes, never by canonical equivalence.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
  public struct Entry: Sendable, Equatable {
    public var key: String
    public var value: JSON

    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// All members as read; of members with the same key the last one counts.
  public private(set) var entries: [Entry]

  public init(entries: [Entry] = []) { self.entries = entries }

  public init(dictionaryLiteral elements: (String, JSON)...) {
    entries = elements.map { Entry(key: $0.0, value: $0.1) }
  }

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }
  public var keys: [String] { entries.map { $0.key } }

  public func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }

  /// The value of a key; assigning nil removes the member, assigning to a new key appends it. Linear in the count.
  public subscript(key: String) -> JSON? {
    get { index(of: key).map { entries[$0].value } }
    set {
      switch (index(of: key), newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append(Entry(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Adds a member without looking for an earlier one of the same key.
  mutating func append(_ entry: Entry) { entries.append(entry) }

  private func index(of key: String) -> Int? {
    entries.lastIndex { $0.key.isSame(as: key) }
  }
}

extension JSON {
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
  public var isNull: Bool { self == .null }

  /// The integer, also of a number such as `3.0` that has no fraction.
  public var intValue: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    case .exactNumber(let text): Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
    default: nil
    }
  }

  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .exactNumber(let text): Double(text)
    default: nil
    }
  }

  /// The member of an object; nil when this is no object or has no such key.
  public subscript(key: String) -> JSON? { objectValue?[key] }

  /// What kind of value this is, for error messages: "a string", "an object".
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number, .exactNumber: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(entries: elements.map { JSONObject.Entry(key: $0.0, value: $0.1) }))
  }
}
