import Basics

/// The tokens of a tokenizer by id and the ids by token; compared by bytes.
struct Vocabulary: Sendable {
  /// Ids stay below this, so that a damaged file cannot fill the memory.
  static let maximumSize = 1 << 22

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
      try add(entry.key, id: id, from: value)
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
  mutating func add(_ token: String, id: Int, from value: FileValue) throws {
    guard id >= 0, id < Self.maximumSize else {
      throw value.failure(
        "gives the token \"\(token)\" the id \(id); expected 0 to \(Self.maximumSize - 1); fetch the file again")
    }
    while tokens.count <= id { tokens.append(nil) }
    tokens[id] = token
    ids[ExactString(token)] = id
  }

  func token(_ id: Int) -> String? { tokens.indices.contains(id) ? tokens[id] : nil }
  func id(of token: String) -> Int? { ids[ExactString(token)] }
}
