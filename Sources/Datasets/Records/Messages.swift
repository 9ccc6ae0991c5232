import Basics

/// The roles that a message can have; `developer` is OpenAI's newer word for `system`.
let knownRoles = ["system", "user", "assistant", "tool", "developer", "function"]

/// The messages of a conversation, each an object with a known role and a content.
///
/// The content is a text, a list of `{"type": "text", "text"}` parts, or null beside `tool_calls`.
func checkedMessages(_ value: JSON?, field: String) throws(FieldProblem) -> [JSON] {
  guard let value else { throw FieldProblem(field: field, reason: "missing; expected a list of messages") }
  guard let messages = value.arrayValue else {
    throw FieldProblem(field: field, reason: "\(value.kindName); expected a list of messages")
  }
  guard !messages.isEmpty else { throw FieldProblem(field: field, reason: "empty; expected a list of messages") }
  for (index, message) in messages.enumerated() {
    let place = "\(field)[\(index)]"
    guard let object = message.objectValue else {
      throw FieldProblem(field: place, reason: "\(message.kindName); expected an object with role and content")
    }
    guard let role = object["role"]?.stringValue else {
      throw FieldProblem(
        field: "\(place).role", reason: "missing or no text; expected one of \(knownRoles.joined(separator: ", "))")
    }
    guard knownRoles.contains(role) else {
      throw FieldProblem(field: "\(place).role", reason: unknownName(role, among: knownRoles))
    }
    try checkContent(object, place: place, role: role)
  }
  return messages
}

private func checkContent(_ message: JSONObject, place: String, role: String) throws(FieldProblem) {
  switch message["content"] {
  case .string: return
  case .array(let parts):
    let areTexts = parts.allSatisfy { $0["type"]?.stringValue == "text" && $0["text"]?.stringValue != nil }
    if !areTexts {
      throw FieldProblem(field: "\(place).content", reason: "a list with parts that are no texts; expected text")
    }
  case nil, .null:
    if message["tool_calls"]?.arrayValue?.isEmpty ?? true {
      throw FieldProblem(field: "\(place).content", reason: "missing; expected a text")
    }
  case .some(let other): throw FieldProblem(field: "\(place).content", reason: "\(other.kindName); expected a text")
  }
}

/// "unknown 'asistant'; did you mean 'assistant'?"
func unknownName(_ name: String, among known: [String]) -> String {
  let hint = nearest(name, among: known).map { "did you mean '\($0)'?" }
  return "unknown '\(name)'; " + (hint ?? "expected one of \(known.joined(separator: ", "))")
}
