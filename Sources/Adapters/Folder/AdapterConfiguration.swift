import Basics

/// The values of an adapter's `adapter_config.json`, checked one by one with errors that name the file and the key.
public struct AdapterConfiguration: Sendable {
  let json: JSON
  let path: String

  /// A finite number with a default for a missing or null key.
  func number(_ key: String, default fallback: Double) throws -> Double {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let number = value.doubleValue, number.isFinite else { throw wrong(key, "a number") }
    return number
  }

  func rank(_ key: String) throws -> Int {
    guard let rank = json[key]?.intValue, rank > 0 else { throw wrong(key, "a positive rank") }
    return rank
  }

  func wrong(_ key: String, _ expected: String) -> TuneError {
    .data("\(path): '\(key)' is \(json[key]?.text() ?? "missing"); expected \(expected)")
  }

  // MARK: PEFT

  /// Refuses options that change the result and are not supported.
  func refuse(_ keys: [String]) throws {
    for key in keys {
      guard let value = json[key], value != .null, value != .bool(false), value != [], value != [:] else { continue }
      throw TuneError.data("\(path): '\(key)' is \(value.text(.compact)), which is not supported yet")
    }
  }

  /// As PEFT reads it, which trains a classifier's head whatever the file says.
  func modulesToSave() throws -> [String] {
    var names: [String] = []
    if let value = json["modules_to_save"], !value.isNull {
      names = value.arrayValue?.compactMap { $0.stringValue } ?? []
      guard names.count == value.arrayValue?.count else { throw wrong("modules_to_save", "a list of module names") }
    }
    guard json["task_type"]?.stringValue == "SEQ_CLS" else { return names }
    return names + ["classifier", "score"].filter { !names.contains($0) }
  }

  func targetModules() throws -> TargetModules {
    guard let targets = try layerNames("target_modules") else {
      throw wrong("target_modules", "a list of layer names or an expression")
    }
    return targets
  }

  /// Names of layers, or an expression for them; nil for a missing, null or empty key.
  func layerNames(_ key: String) throws -> TargetModules? {
    switch json[key] {
    case nil, .null?, .array([])?: return nil
    case .array(let entries)?:
      let names = entries.compactMap { $0.stringValue }
      if names.count == entries.count { return .suffixes(names) }
    case .string("all-linear")?: return .allLinear
    case .string(let pattern)?: return .expression(pattern)
    default: break
    }
    throw wrong(key, "a list of layer names or an expression")
  }

  /// Ids of tokens: a list, or an object whose only entry is that of the embeddings; nil for a missing or null key.
  func tokenIndices(_ key: String) throws -> [Int]? {
    guard var value = json[key], !value.isNull else { return nil }
    if let object = value.objectValue, object.count == 1, let only = object.first(where: { _ in true }),
      ["embed_tokens", "wte", "shared", "word_embeddings", "embed_in"].contains(where: { only.key.hasSuffix($0) })
    {
      value = only.value
    }
    let ids = value.arrayValue?.compactMap { $0.intValue } ?? []
    guard !ids.isEmpty, ids.count == value.arrayValue?.count else {
      throw wrong(key, "a list of token ids, of the input embeddings alone")
    }
    return ids
  }

  func pattern(_ key: String) throws -> LayerPattern {
    guard let value = json[key], !value.isNull else { return LayerPattern(entries: []) }
    guard let object = value.objectValue else { throw TuneError.data("\(path): '\(key)' is not an object") }
    return LayerPattern(
      entries: try object.map { entry in
        guard let value = entry.value.doubleValue, value > 0, value.isFinite else {
          throw TuneError.data(
            "\(path): '\(key)' of '\(entry.key)' is \(entry.value.text()); expected a positive number")
        }
        return (entry.key, value)
      })
  }
}
