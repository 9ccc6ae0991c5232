import Basics

/// A model's `config.json`, read one key a line with errors that name the file and the key.
public struct ConfigFile: Sendable {
  public let path: String
  /// The whole configuration as read, written back unchanged with a tuned model.
  public let json: JSON

  public init(_ json: JSON, path: String) {
    self.path = path
    self.json = json
  }

  /// A required positive integer.
  public func count(_ key: String) throws -> Int {
    guard let value = json[key] else { throw missing(key) }
    return try positive(key, value)
  }

  /// The number of layers, at most 1,000: room for them is made before the first one is read.
  func layerCount(_ key: String) throws -> Int {
    let count = try count(key)
    guard count <= 1000 else { throw wrong(key, .integer(count), "at most 1000 layers") }
    return count
  }

  /// A positive integer with a default for a missing or null key.
  public func count(_ key: String, default fallback: Int) throws -> Int {
    guard let value = json[key], !value.isNull else { return fallback }
    return try positive(key, value)
  }

  /// A number with a default for a missing or null key.
  public func number(_ key: String, default fallback: Double) throws -> Double {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let number = value.doubleValue, number.isFinite else { throw wrong(key, value, "a number") }
    return number
  }

  /// A boolean with a default for a missing or null key.
  public func flag(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let flag = value.boolValue else { throw wrong(key, value, "true or false") }
    return flag
  }

  public func text(_ key: String) -> String? { json[key]?.stringValue }

  /// The token ids of a key that holds one id or a list of them, such as `eos_token_id`.
  public func tokenIDs(_ key: String) -> [Int] {
    switch json[key] {
    case .array(let values)?: values.compactMap { $0.intValue }
    case let value?: value.intValue.map { [$0] } ?? []
    case nil: []
    }
  }

  /// Refuses a flag that changes the arithmetic in a way that is not built.
  func refuse(_ key: String, unless expected: Bool) throws {
    guard try flag(key, default: expected) == expected else {
      throw wrong(key, .bool(!expected), "\(expected): other models of this family are not supported")
    }
  }

  /// An error about one key.
  public func wrong(_ key: String, _ value: JSON, _ expected: String) -> TuneError {
    .data("\(path): '\(key)' is \(value.text()), expected \(expected)")
  }

  private func positive(_ key: String, _ value: JSON) throws -> Int {
    guard let count = value.intValue, count > 0, count <= 1 << 31 else { throw wrong(key, value, "a positive integer") }
    return count
  }

  private func missing(_ key: String) -> TuneError {
    .data("\(path): the key '\(key)' is missing; is this the config.json of a language model?")
  }
}
