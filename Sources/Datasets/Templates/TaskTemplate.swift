import Basics
import Foundation

/// A template file: what a task is, the fields it needs, and several wordings of it.
///
///     name: dialogue-summary
///     task: Summarise a dialogue between two people.
///     category: summarization
///     kind: extraction
///     datasets: [samsum, dialogsum]
///     fields:
///       dialogue: {about: "The conversation, one turn a line.", columns: [dialog, conversation]}
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
///
/// A `templates.yaml` of promptsource (Bach et al., 2022) is read as well; its fields are the variables of its texts.
public struct TaskTemplate: Sendable {
  /// What kind of work a task is.
  public enum Category: String, Sendable, CaseIterable {
    case reviews, summarization, translation, classification, inference, paraphrase, grammar, code, reasoning
    case rewriting, generation, chat
    case questionAnswering = "question-answering"
    case informationExtraction = "information-extraction"
    case dataToText = "data-to-text"
  }

  /// How the target relates to the prompt: it is taken out of it, goes beyond it, or says it in another form.
  public enum Kind: String, Sendable, CaseIterable {
    case extraction, expansion, transformation
  }

  public struct Field: Sendable, Equatable {
    public let name: String
    public let explanation: String
    /// Other names of the column in public data, the most telling first.
    public let columns: [ColumnName]
    /// The values that the templates understand, in lower case, such as `0` and `negative`; empty where any will do.
    public let values: [String]
    /// A text that every value holds, such as the `####` of GSM8K; nil where none is needed.
    public let contains: String?

    public init(
      name: String, explanation: String, columns: [ColumnName] = [], values: [String] = [], contains: String? = nil
    ) {
      self.name = name
      self.explanation = explanation
      self.columns = columns
      self.values = values
      self.contains = contains
    }
  }

  public let name: String
  /// What the task is, in a sentence.
  public let task: String
  public let category: Category?
  public let kind: Kind?
  /// Public data sets that the templates fit.
  public let datasets: [String]
  /// The data set, and its subset, that a file of promptsource was written for.
  public let dataset: String?
  public let subset: String?
  public let fields: [Field]
  /// The metrics that suit the task's answers, as `tune eval` names them.
  public let metrics: [String]
  /// The Jinja source of the answers of every wording that has none of its own.
  public let answerChoices: String?
  public let wordings: [Wording]
  /// The SHA-256 of the file's bytes, in hexadecimal.
  public let sha256: String
  /// The file, or the name of the embedded text.
  public let origin: String

  public var fieldNames: [String] { fields.map { $0.name } }

  /// Parses the text of a template file, our own or promptsource's.
  ///
  /// - Parameter origin: the file, for error messages.
  /// - Throws: `TuneError.usage` with the line of what is wrong: YAML syntax, unknown or missing keys, wrong types,
  ///   Jinja syntax, a variable that is none of the fields.
  public init(yaml: String, origin: String) throws {
    var hasher = SHA256()
    hasher.update(yaml)
    let top = try YAMLMapping(text: yaml, origin: origin)
    try self.init(top.isPromptsource ? Self.promptsource(top) : Self.own(top), sha256: hasher.hexadecimal())
  }

  /// Reads a template file.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path)
    guard file.bytes.count <= YAMLMapping.maximumLength,
      let text = file.withBytes({ String(validating: $0, as: UTF8.self) })
    else {
      throw TuneError.usage("\(path): expected a template file: YAML text in UTF-8 of at most 256 KB")
    }
    try self.init(yaml: text, origin: path)
  }

  /// What a file holds, in either format.
  struct Content {
    var mapping: YAMLMapping
    var name: String
    var task: String
    var category: Category?
    var kind: Kind?
    var datasets: [String] = []
    var dataset: String?
    var subset: String?
    var fields: [Field]
    var metrics: [String]
    var answerChoices: String?
    var wordings: [Wording]
  }

  private init(_ content: Content, sha256: String) throws {
    let mapping = content.mapping
    guard !content.fields.isEmpty else {
      throw mapping.error("fields", "no field is declared; expected {column: explanation}")
    }
    guard !content.wordings.isEmpty else {
      throw mapping.error("templates", "the list is empty; expected at least one template")
    }
    for (index, wording) in content.wordings.enumerated()
    where content.wordings[..<index].contains(where: { $0.name.isSame(as: wording.name) }) {
      throw mapping.error("templates", "two templates are named '\(wording.name)'; expected unique names")
    }
    origin = mapping.origin
    self.sha256 = sha256
    name = content.name
    task = content.task
    category = content.category
    kind = content.kind
    datasets = content.datasets
    dataset = content.dataset
    subset = content.subset
    fields = content.fields
    metrics = content.metrics
    answerChoices = content.answerChoices
    wordings = content.wordings
  }
}
