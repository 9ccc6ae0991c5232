import Basics

/// A value of a tokenizer file together with its place in it, so that errors can name both.
struct FileValue {
  let json: JSON
  /// The file's name.
  let name: String
  /// The keys that lead to the value, such as `pre_tokenizer.pretokenizers[1]`; empty for the whole file.
  let path: String

  init(_ json: JSON, name: String, path: String = "") {
    self.json = json
    self.name = name
    self.path = path
  }

  /// The member of an object; nil when it is missing or null.
  subscript(key: String) -> FileValue? {
    guard let value = json[key], !value.isNull else { return nil }
    return FileValue(value, name: name, path: path.isEmpty ? key : "\(path).\(key)")
  }

  func required(_ key: String) throws -> FileValue {
    guard let value = self[key] else { throw failure("has no \"\(key)\"; expected one; fetch the file again") }
    return value
  }

  func string() throws -> String {
    guard let value = json.stringValue else { throw mismatch("a string") }
    return value
  }

  func bool() throws -> Bool {
    guard let value = json.boolValue else { throw mismatch("true or false") }
    return value
  }

  func integer() throws -> Int {
    guard let value = json.intValue else { throw mismatch("an integer") }
    return value
  }

  func object() throws -> JSONObject {
    guard let value = json.objectValue else { throw mismatch("an object") }
    return value
  }

  /// The elements without their places: for long lists.
  func list() throws -> [JSON] {
    guard let elements = json.arrayValue else { throw mismatch("an array") }
    return elements
  }

  func array() throws -> [FileValue] {
    try list().enumerated().map { FileValue($1, name: name, path: "\(path)[\($0)]") }
  }

  /// The flag of an object, with a value for where it is missing.
  func flag(_ key: String, default value: Bool) throws -> Bool { try self[key]?.bool() ?? value }

  /// The `type` that names a stage.
  func type() throws -> String {
    _ = try object()
    return try required("type").string()
  }

  func failure(_ message: String) -> TuneError {
    .data("\(name): \(path.isEmpty ? "the file" : path) \(message)")
  }

  /// The error for a stage, model or option that this program does not have.
  func unsupported(_ what: String, known: [String]) -> TuneError {
    failure("is \(what), which is not supported; supported: \(known.joined(separator: ", ")); use another tokenizer")
  }

  private func mismatch(_ expected: String) -> TuneError {
    failure("is \(json.kindName); expected \(expected); fetch the file again")
  }
}

/// The stages of a value that is null, one stage, or a `Sequence` of stages, flattened into one list.
func flattenedStages(_ value: FileValue?, sequenceKey: String) throws -> [FileValue] {
  guard let value else { return [] }
  guard try value.type() == "Sequence" else { return [value] }
  let stages = try value.required(sequenceKey).array().flatMap { try flattenedStages($0, sequenceKey: sequenceKey) }
  guard stages.count <= 256 else { throw value.failure("has \(stages.count) stages; expected at most 256") }
  return stages
}
