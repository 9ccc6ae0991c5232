extension Jinja {
  /// A hashable key that is equal exactly when Python's keys are: `1`, `1.0` and `True` are one key.
  enum Key: Hashable {
    case none
    case undefined
    case integer(Int)
    case float(Double)
    case bytes(ExactText)
    case tuple([Key])
    case range([Int])
    case object(ObjectIdentifier)

    static func text(_ text: String) -> Key { .bytes(ExactText(text: text)) }
  }

  /// Text that is equal by its bytes.
  struct ExactText: Hashable {
    let text: String

    static func == (a: ExactText, b: ExactText) -> Bool { a.text.isIdentical(to: b.text) }

    func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  /// Python's dictionary: members in the order they were added.
  final class DictionaryObject {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var positions: [Key: Int] = [:]
    private(set) var nesting = 1

    var count: Int { keys.count }
    var isEmpty: Bool { keys.isEmpty }

    func value(_ key: Key) -> Value? { positions[key].map { values[$0] } }
    func value(_ name: String) -> Value? { value(.text(name)) }

    /// Adds or replaces a member; a replaced member keeps its place and its first key.
    func set(_ original: Value, key: Key, to value: Value) throws {
      nesting = max(nesting, try Jinja.nesting(around: [original, value]))
      if let position = positions[key] {
        values[position] = value
      } else {
        positions[key] = keys.count
        keys.append(original)
        values.append(value)
      }
    }

    func set(_ name: String, to value: Value) throws { try set(.string(name), key: .text(name), to: value) }

    func remove(_ key: Key) -> Value? {
      guard let position = positions.removeValue(forKey: key) else { return nil }
      keys.remove(at: position)
      for (other, place) in positions where place > position { positions[other] = place - 1 }
      return values.remove(at: position)
    }

    func removeAll() {
      keys = []
      values = []
      positions = [:]
    }

    /// The members as tuples of key and value.
    func items() throws -> [Value] {
      try zip(keys, values).map { .tuple(try ListObject([$0, $1])) }
    }

    func copy() -> DictionaryObject {
      let copy = DictionaryObject()
      (copy.keys, copy.values, copy.positions, copy.nesting) = (keys, values, positions, nesting)
      return copy
    }
  }
}
