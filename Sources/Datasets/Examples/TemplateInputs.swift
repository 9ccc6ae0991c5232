import Basics

/// What a chat template gets besides the messages: a record's `tools`, `documents` and `chat_template_kwargs`.
///
/// The names are those of transformers' `apply_chat_template` and TRL's data sets. Each may be the JSON of its value in
/// a text, as data sets often hold it. An empty list of tools is none, as in TRL: some templates introduce tools where
/// there are none.
public struct TemplateInputs: Sendable, Equatable {
  /// Descriptions of functions as JSON schemas.
  public var tools: JSON?
  /// Objects such as `{"title", "text"}`.
  public var documents: JSON?
  /// Further variables such as `enable_thinking`.
  public var variables: JSONObject

  public init(tools: JSON? = nil, documents: JSON? = nil, variables: JSONObject = [:]) {
    self.tools = tools
    self.documents = documents
    self.variables = variables
  }

  /// - Throws: `FieldProblem` for tools or documents that are no list of objects, and for variables that are no object
  ///   or that stand elsewhere in the record.
  init(_ record: JSONObject) throws(FieldProblem) {
    tools = try Self.objects(record, "tools").flatMap { $0.isEmpty ? nil : .array($0) }
    documents = try Self.objects(record, "documents").map { .array($0) }
    variables = [:]
    guard let value = record["chat_template_kwargs"]?.parsedIfText, !value.isNull else { return }
    guard let object = value.objectValue else {
      throw FieldProblem(field: "chat_template_kwargs", reason: "\(value.kindName); expected an object of variables")
    }
    for key in object.keys where Self.taken.contains(key) {
      throw FieldProblem(field: "chat_template_kwargs.\(key)", reason: "is not for a record's variables; leave it out")
    }
    variables = object
  }

  /// What the render sets itself, or the record holds beside the variables.
  private static let taken = ["messages", "tools", "documents", "add_generation_prompt"]
  private static let names = ["tools", "documents", "chat_template_kwargs"]

  /// The members of a record that are for its chat template, as they stand there.
  static func members(of record: JSONObject) -> JSONObject {
    var members: JSONObject = [:]
    for name in names {
      if let value = record[name], !value.isNull { members[name] = value }
    }
    return members
  }

  private static func objects(_ record: JSONObject, _ name: String) throws(FieldProblem) -> [JSON]? {
    guard let value = record[name]?.parsedIfText, !value.isNull else { return nil }
    guard let list = value.arrayValue else {
      let found = value.stringValue == nil ? value.kindName : "a text that is not valid JSON"
      throw FieldProblem(field: name, reason: "\(found); expected a list of objects, or its JSON in a text")
    }
    var objects: [JSON] = []
    for (index, element) in list.enumerated() {
      let element = element.parsedIfText
      guard element.objectValue != nil else {
        throw FieldProblem(field: "\(name)[\(index)]", reason: "\(element.kindName); expected an object")
      }
      objects.append(element)
    }
    return objects
  }
}

extension TemplateInputs {
  /// Reads tools from a file: a list of JSON schemas, or an object with the members of a record.
  ///
  /// - Throws: `TuneError.data` naming the file and what is wrong with it.
  public init(file path: String) throws {
    let json = try JSON(contentsOf: path)
    do throws(FieldProblem) {
      try self.init(json.objectValue ?? ["tools": json])
    } catch {
      throw TuneError.data("\(path): \(error.field.map { "\($0): " } ?? "")\(error.reason)")
    }
  }
}

extension TemplateInputs {
  /// The record of a conversation, as training reads it.
  public func record(messages: [JSON]) -> JSONObject {
    var record: JSONObject = ["messages": .array(messages)]
    if let tools { record["tools"] = tools }
    if let documents { record["documents"] = documents }
    if !variables.isEmpty { record["chat_template_kwargs"] = .object(variables) }
    return record
  }
}

extension JSON {
  /// The value that a text holds as JSON; the value itself when it is no text or no JSON.
  var parsedIfText: JSON {
    guard let text = stringValue, let value = try? JSON(parsing: text) else { return self }
    return value
  }
}
