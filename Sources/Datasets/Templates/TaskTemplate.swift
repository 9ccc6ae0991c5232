import Basics
import Foundation
import Yams

/// A template file: what a task is, the fields it needs, and several wordings of it.
///
///     name: dialogue-summary
///     task: Summarise a dialogue between two people.
///     fields:
///       dialogue: "The conversation, one turn a line."
///       summary: "What was said."
///     metrics: [rouge]
///     templates:
///       - name: short-summary
///         prompt_and_target: |-
///           Summarize the following dialogue.
///
///           {{ dialogue }}
///
///           Summary: ||| {{ summary }}
public struct TaskTemplate: Sendable {
  public struct Field: Sendable, Equatable {
    public let name: String
    public let explanation: String
  }

  public let name: String
  /// What the task is, in a sentence.
  public let task: String
  public let fields: [Field]
  /// The metrics that suit the task's answers, as `tune eval` names them.
  public let metrics: [String]
  public let wordings: [Wording]
  /// The SHA-256 of the file's bytes, in hexadecimal.
  public let sha256: String
  /// The file, or the name of the embedded text.
  public let origin: String

  public var fieldNames: [String] { fields.map { $0.name } }

  /// Parses the text of a template file.
  ///
  /// - Parameter origin: the file, for error messages.
  /// - Throws: `TuneError.usage` with the line of what is wrong: YAML syntax, unknown or missing keys, wrong types,
  ///   Jinja syntax, a variable that is none of the fields.
  public init(yaml: String, origin: String) throws {
    let top = try YAMLMapping(text: yaml, origin: origin)
    try top.allow(["name", "task", "fields", "metrics", "templates"])
    self.origin = origin
    var hasher = SHA256()
    hasher.update(yaml)
    sha256 = hasher.hexadecimal()
    name = try top.string("name")
    task = try top.string("task")
    fields = try top.mapping("fields").strings().map { Field(name: $0.key, explanation: $0.value) }
    metrics = try top.optionalStrings("metrics")
    let names = fields.map { $0.name }
    guard !names.isEmpty else { throw top.error("fields", "no field is declared; expected {column: explanation}") }
    if let reserved = names.first(where: { Wording.ownVariables.contains($0) }) {
      throw top.error("fields", "'\(reserved)' is a variable that the templates already have; choose another name")
    }
    wordings = try top.mappings("templates").map { try Self.wording($0, known: names) }
    guard !wordings.isEmpty else { throw top.error("templates", "the list is empty; expected at least one template") }
    for (index, wording) in wordings.enumerated()
    where wordings[..<index].contains(where: { $0.name.isSame(as: wording.name) }) {
      throw top.error("templates", "two templates are named '\(wording.name)'; expected unique names")
    }
  }

  /// Reads a template file.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path)
    guard file.bytes.count <= YAMLMapping.maximumLength, let text = String(validating: file.bytes, as: UTF8.self) else {
      throw TuneError.usage("\(path): expected a template file: YAML text in UTF-8 of at most 256 KB")
    }
    try self.init(yaml: text, origin: path)
  }

  private static func wording(_ mapping: YAMLMapping, known: [String]) throws -> Wording {
    try mapping.allow(["name", "prompt_and_target", "answer_choices"])
    let name = try mapping.string("name")
    return try Wording(
      name: name, promptAndTarget: try mapping.string("prompt_and_target"),
      answerChoices: try mapping.optionalString("answer_choices"), known: known, place: "\(mapping.place): \(name)")
  }
}
