import Basics
import Text

/// What a field of a task makes of a document.
enum FieldValue: Equatable {
  case text(String)
  /// The place of a choice.
  case index(Int)
  case list([JSON])

  /// As the harness writes it to its samples.
  var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .index(let index): .integer(index)
    case .list(let items): .array(items)
    }
  }

  /// What Python's `str` makes of it.
  var python: String {
    switch self {
    case .text(let text): text
    case .index(let index): String(index)
    case .list(let items): JSON.array(items).text()
    }
  }
}

/// A field such as `doc_to_text`: a member of the documents, a template over them, a number or a list.
struct TaskField: Sendable {
  private enum Source: Sendable {
    case index(Int)
    case list([JSON])
    case template(text: String, JinjaTemplate)
  }

  private let source: Source
  private let name: String

  /// - Throws: `TuneError.usage` for a value of another kind, `TuneError.data` for a template that is none.
  init(_ json: JSON, name: String) throws {
    self.name = name
    switch json {
    case .integer(let index): source = .index(index)
    case .array(let items): source = .list(items)
    case .object(let members): source = .list(members.map { $0.value })
    case .string(let text):
      source = .template(
        text: text, try JinjaTemplate(text, name: name, options: .init(keepTrailingNewline: true)))
    default: throw TuneError.usage("\(name): expected a text, a number or a list, found \(json.text())")
    }
  }

  /// - Parameter hasChoices: whether digits stand for the place of a choice.
  func value(of document: TaskDocument, hasChoices: Bool, isTarget: Bool = false) throws -> FieldValue {
    switch source {
    case .index(let index): return .index(index)
    case .list(let items): return .list(items)
    case .template(let text, let template):
      if let member = document.member(text) { return try plain(member, document) }
      let rendered = try render(template, document)
      if hasChoices, let index = digits(rendered) { return .index(index) }
      if isTarget, rendered.hasPrefix("["), rendered.hasSuffix("]"),
        let items = PythonLiteral.value(of: rendered)?.arrayValue
      {
        return .list(items)
      }
      return .text(rendered)
    }
  }

  /// The texts of choices.
  func choices(of document: TaskDocument) throws -> [String] {
    var items: [JSON]?
    switch source {
    case .index: break
    case .list(let list): items = list
    case .template(let text, let template):
      items = document.member(text)?.arrayValue
      if items == nil { items = PythonLiteral.value(of: try render(template, document))?.arrayValue }
    }
    guard let items, !items.isEmpty else {
      throw TuneError.data("\(document.place): \(name) gives no list of choices")
    }
    return try items.map { item in
      guard let text = item.stringValue else {
        throw TuneError.data("\(document.place): \(name): expected texts, found \(item.text())")
      }
      return text
    }
  }

  /// The members of the document that it reads.
  func members(of document: TaskDocument) -> [String] {
    guard case .template(let text, let template) = source else { return [] }
    return document.member(text) != nil
      ? [text] : template.referencedNames.filter { document.member($0) != nil }.sorted()
  }

  func text(of document: TaskDocument) throws -> String { try value(of: document, hasChoices: false).python }

  private func plain(_ member: JSON, _ document: TaskDocument) throws -> FieldValue {
    switch member {
    case .string(let text): return .text(text)
    case .integer(let index): return .index(index)
    case .bool(let flag): return .index(flag ? 1 : 0)
    case .array(let items): return .list(items)
    case .number: return .text(member.text())
    default: throw TuneError.data("\(document.place): \(name): expected a text or a number, found \(member.text())")
    }
  }

  private func render(_ template: JinjaTemplate, _ document: TaskDocument) throws -> String {
    if let missing = template.referencedNames.sorted().first(where: { document.member($0) == nil }),
      !Self.functions.contains(missing)
    {
      let members = document.json.keys.joined(separator: ", ")
      throw TuneError.data("\(document.place): \(name) reads '\(missing)', which is not among \(members)")
    }
    do {
      return try template.render(document.json, environment: Self.environment)
    } catch let error as TuneError {
      throw TuneError.data("\(document.place): \(error.message)")
    }
  }

  private func digits(_ text: String) -> Int? {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  /// Names of Jinja's own functions.
  private static let functions: Set<String> = ["range", "dict", "lipsum", "cycler", "joiner", "namespace", "zip"]

  /// The harness adds a filter to Jinja's; the other stands for one of its Python functions.
  private static let environment = JinjaEnvironment(filters: [
    "regex_replace": { arguments in
      guard arguments.count >= 3, let text = arguments[0].stringValue, let pattern = arguments[1].stringValue,
        let replacement = arguments[2].stringValue
      else { throw TuneError.data("regex_replace: expected a text, a pattern and a replacement") }
      return .string(try compiled(pattern, name: "regex_replace").replacing(with: replacement, in: text))
    },
    "wikitext_detokenizer": { arguments in .string(WikiTextPage.detokenized(arguments.first?.stringValue ?? "")) },
  ])
}

/// A pattern of a task file.
///
/// - Throws: `TuneError.usage` naming the pattern for one that is wrong or needs backtracking.
func compiled(_ pattern: String, name: String) throws -> LinearPattern {
  do {
    return try LinearPattern(pattern)
  } catch let error as PatternError {
    throw TuneError.usage("\(name): '\(pattern)': \(error.reason), at character \(error.offset + 1)")
  }
}

/// A record of a benchmark.
struct TaskDocument: Sendable, Equatable {
  let json: JSONObject
  /// The file and line, or the number of the record.
  let place: String

  func member(_ name: String) -> JSON? { json[name] }

  /// - Throws: `TuneError.data` naming the member, as all of these do.
  func text(_ name: String) throws -> String {
    guard let text = json[name]?.stringValue else { throw TuneError.data("\(place): has no text '\(name)'") }
    return text
  }

  func list(_ name: String) throws -> [JSON] {
    guard let list = json[name]?.arrayValue else { throw TuneError.data("\(place): has no list '\(name)'") }
    return list
  }

  func texts(_ name: String) throws -> [String] {
    try list(name).map { item in
      guard let text = item.stringValue else {
        throw TuneError.data("\(place): \(name): expected texts, found \(item.text())")
      }
      return text
    }
  }

  static func == (first: TaskDocument, second: TaskDocument) -> Bool { first.json == second.json }
}
