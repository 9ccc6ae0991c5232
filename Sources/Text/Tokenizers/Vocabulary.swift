import Basics

/// The tokens of a tokenizer by id and the ids by token; compared by bytes.
struct Vocabulary: Sendable {
  /// Ids stay below this.
  static let maximumSize = 1 << 22

  /// Ids stay below this in a vocabulary of so many tokens, so that a small file cannot fill the memory. Published ones
  /// leave few ids out.
  private static func maximumSize(count: Int) -> Int { min(maximumSize, (1 << 16) + 16 * count) }

  /// The token of each id; nil where an id is unused.
  private(set) var tokens: [String?] = []
  private var ids: [ExactString: Int] = [:]

  /// The highest id plus one.
  var size: Int { tokens.count }

  /// Reads an object of tokens and ids.
  init(_ value: FileValue) throws {
    let object = try value.object()
    ids.reserveCapacity(object.count)
    tokens.reserveCapacity(object.count)
    for entry in object {
      guard let id = entry.value.intValue else {
        throw value.failure("gives the token \"\(entry.key)\" \(entry.value.kindName); expected an id")
      }
      try add(entry.key, id: id, from: value, among: object.count)
    }
  }

  /// Reads a list of `[token, score]`, whose places are the ids.
  init(list value: FileValue) throws {
    let list = try value.list()
    ids.reserveCapacity(list.count)
    tokens.reserveCapacity(list.count)
    for (id, entry) in list.enumerated() {
      guard let token = entry.arrayValue?.first?.stringValue else {
        throw value.failure("has the entry \(id) \(entry.text()); expected a token and its score")
      }
      try add(token, id: id, from: value)
    }
  }

  /// Adds a token; of two ids of the same token the later counts, both can be decoded.
  ///
  /// - Parameter count: how many tokens there will be, where it is known.
  mutating func add(_ token: String, id: Int, from value: FileValue, among count: Int = 0) throws {
    let maximum = Self.maximumSize(count: max(count, ids.count))
    guard id >= 0, id < maximum else {
      throw value.failure(
        "gives the token \"\(token)\" the id \(id); expected 0 to \(maximum - 1) in a vocabulary of "
          + "\(max(count, ids.count)) tokens; fetch the file again")
    }
    if tokens.count <= id { tokens += repeatElement(nil, count: id + 1 - tokens.count) }
    tokens[id] = token
    ids[ExactString(token)] = id
  }

  func token(_ id: Int) -> String? { tokens.indices.contains(id) ? tokens[id] : nil }
  func id(of token: String) -> Int? { ids[ExactString(token)] }
}
