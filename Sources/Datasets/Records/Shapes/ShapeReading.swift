import Basics

extension RecordShape {
  /// What a record of this shape says.
  func content(of fields: JSONObject) throws(FieldProblem) -> ExampleContent {
    let content = try uncheckedContent(of: fields)
    if content.isConversation { _ = try TemplateInputs(content.templateMembers) }
    return content
  }

  /// The content, of which nobody has looked at what is for the chat template.
  private func uncheckedContent(of fields: JSONObject) throws(FieldProblem) -> ExampleContent {
    let members = TemplateInputs.members(of: fields)
    switch self {
    case .text: return ExampleContent(kind: .text(try requiredText(fields, "text", isCompletion: true)))
    case .promptsource:
      let prompt = try requiredText(fields, "inputs_pretokenized")
      let completion = try requiredText(fields, "targets_pretokenized", isCompletion: true)
      return ExampleContent(kind: .answered(prompt: .text(prompt), completion: .text(completion)))
    case .alpaca: return ExampleContent(kind: .instruction(try instruction(fields)))
    case .promptCompletion:
      let (prompt, completion) = try answered(fields)
      return ExampleContent(kind: .answered(prompt: prompt, completion: completion), templateMembers: members)
    case .messages:
      let messages = try checkedMessages(fields["messages"], field: "messages")
      return ExampleContent(kind: .conversation(try withAnswer(messages, field: "messages")), templateMembers: members)
    case .shareGPT:
      let messages = try shareGPTMessages(fields)
      return ExampleContent(
        kind: .conversation(try withAnswer(messages, field: "conversations")), templateMembers: members)
    case .unpairedPreference: return ExampleContent(kind: try labelled(fields), templateMembers: members)
    case .openAIPreference: return try openAIPair(fields)
    case .preference, .shareGPTPreference, .alpacaPreference:
      return ExampleContent(kind: try pair(fields), templateMembers: members)
    }
  }

  private func answered(_ fields: JSONObject) throws(FieldProblem) -> (prompt: Passage, completion: Passage) {
    guard fields["prompt"]?.arrayValue != nil || fields["completion"]?.arrayValue != nil else {
      let prompt = try requiredText(fields, "prompt")
      return (.text(prompt), .text(try requiredText(fields, "completion", isCompletion: true)))
    }
    let prompt = try checkedMessages(fields["prompt"], field: "prompt")
    let completion = try checkedMessages(fields["completion"], field: "completion")
    return (.messages(prompt), .messages(try withAnswer(completion, field: "completion")))
  }

  private func withAnswer(_ messages: [JSON], field: String) throws(FieldProblem) -> [JSON] {
    guard messages.contains(where: { $0.isAssistant }) else {
      throw FieldProblem(field: field, reason: "no message of the assistant; there would be nothing to learn")
    }
    return messages
  }

  private func instruction(_ fields: JSONObject) throws(FieldProblem) -> Instruction {
    var result = Instruction(
      instruction: try requiredText(fields, "instruction"), input: try optionalText(fields, "input"),
      output: try requiredText(fields, "output", isCompletion: true), system: try optionalText(fields, "system"))
    guard let history = fields["history"], !history.isNull else { return result }
    guard let turns = history.arrayValue else {
      throw FieldProblem(field: "history", reason: "\(history.kindName); expected [[question, answer], …]")
    }
    for (index, turn) in turns.enumerated() {
      guard let texts = turn.arrayValue, texts.count == 2, let question = texts[0].stringValue,
        let answer = texts[1].stringValue
      else { throw FieldProblem(field: "history[\(index)]", reason: "expected two texts, a question and its answer") }
      result.history.append((question, answer))
    }
    return result
  }

  private func labelled(_ fields: JSONObject) throws(FieldProblem) -> ExampleContent.Kind {
    let name = fields["label"] == nil && fields["kto_tag"] != nil ? "kto_tag" : "label"
    guard let isGood = fields[name]?.boolValue else {
      let found = fields[name].map { $0.kindName } ?? "missing"
      throw FieldProblem(
        field: name,
        reason: "\(found); expected true for a good answer or false for a bad one; "
          + "if it is no preference, give the column another name")
    }
    if fields["prompt"] != nil {
      let (prompt, completion) = try answered(fields)
      return .labelled(prompt: prompt, completion: completion, isGood: isGood)
    }
    let field = fields["messages"] != nil ? "messages" : "conversations"
    let messages =
      field == "messages" ? try checkedMessages(fields["messages"], field: field) : try shareGPTMessages(fields)
    let (prompt, completion) = try splitBeforeLastTurn(messages, field: field)
    return .labelled(prompt: .messages(prompt), completion: .messages(completion), isGood: isGood)
  }

  // MARK: Pairs

  private func pair(_ fields: JSONObject) throws(FieldProblem) -> ExampleContent.Kind {
    if self == .shareGPTPreference {
      let prompt = try shareGPTMessages(fields)
      let chosen = try shareGPTAnswer(fields, "chosen"), rejected = try shareGPTAnswer(fields, "rejected")
      return .pair(prompt: .messages(prompt), chosen: chosen, rejected: rejected)
    }
    let chosen = try answer(fields, "chosen"), rejected = try answer(fields, "rejected")
    guard (chosen.text == nil) == (rejected.text == nil) else {
      throw FieldProblem(
        field: "rejected",
        reason: "\(rejected.json.kindName) beside a chosen answer that is \(chosen.json.kindName); "
          + "expected two texts or two lists of messages")
    }
    if self == .alpacaPreference {
      let prompt = Instruction.prompt(
        instruction: try requiredText(fields, "instruction"), input: try optionalText(fields, "input"))
      return .pair(prompt: .text(prompt), chosen: chosen, rejected: rejected)
    }
    switch (fields["prompt"], chosen) {
    case (.array?, .messages):
      let prompt = try checkedMessages(fields["prompt"], field: "prompt")
      return .pair(prompt: .messages(prompt), chosen: chosen, rejected: rejected)
    // Beside conversations, a prompt that is a text repeats their beginning (TRL, maybe_extract_prompt).
    case (.string?, .messages), (nil, _), (.null?, _): return try withCommonPrompt(chosen, rejected)
    default:
      return .pair(prompt: .text(try requiredText(fields, "prompt")), chosen: chosen, rejected: rejected)
    }
  }

  private func answer(_ fields: JSONObject, _ name: String) throws(FieldProblem) -> Passage {
    guard fields[name]?.arrayValue != nil else { return .text(try requiredText(fields, name, isCompletion: true)) }
    let messages = try checkedMessages(fields[name], field: name)
    return .messages(try withAnswer(messages, field: name))
  }

  private func openAIPair(_ fields: JSONObject) throws(FieldProblem) -> ExampleContent {
    guard let input = fields["input"]?.objectValue else {
      throw FieldProblem(field: "input", reason: "missing or no object; expected {\"messages\": […]}")
    }
    let prompt = try checkedMessages(input["messages"], field: "input.messages")
    func output(_ name: String) throws(FieldProblem) -> Passage {
      .messages(try withAnswer(try checkedMessages(fields[name], field: name), field: name))
    }
    let members = TemplateInputs.members(of: JSONObject(entries: input.filter { $0.value.arrayValue?.isEmpty != true }))
    return ExampleContent(
      kind: .pair(
        prompt: .messages(prompt), chosen: try output("preferred_output"), rejected: try output("non_preferred_output")),
      templateMembers: members)
  }

  // MARK: ShareGPT

  /// The messages of `conversations`, after the record's `system`.
  private func shareGPTMessages(_ fields: JSONObject) throws(FieldProblem) -> [JSON] {
    guard let turns = fields["conversations"]?.arrayValue, !turns.isEmpty else {
      throw FieldProblem(field: "conversations", reason: "missing or no list; expected [{\"from\", \"value\"}, …]")
    }
    var messages: [JSON] = []
    if let system = fields["system"]?.stringValue, !system.isBlank {
      messages.append(["role": "system", "content": .string(system)])
    }
    for (index, turn) in turns.enumerated() {
      messages.append(try Self.message(ofTurn: turn, field: "conversations[\(index)]"))
    }
    return try checkedMessages(.array(messages), field: "conversations")
  }

  private func shareGPTAnswer(_ fields: JSONObject, _ name: String) throws(FieldProblem) -> Passage {
    guard let turn = fields[name], turn.objectValue != nil else { return try answer(fields, name) }
    let message = try Self.message(ofTurn: turn, field: name)
    return .messages(try withAnswer(try checkedMessages([message], field: name), field: name))
  }

  private static func message(ofTurn turn: JSON, field: String) throws(FieldProblem) -> JSON {
    if turn["role"] != nil, turn["content"] != nil { return turn }
    guard let from = turn["from"]?.stringValue, let value = turn["value"]?.stringValue else {
      throw FieldProblem(field: field, reason: "expected an object with the texts from and value")
    }
    if from == functionCall { return try call(value, field: "\(field).value") }
    guard let role = shareGPTRoles[from] else {
      let known = shareGPTRoles.keys.sorted() + [functionCall]
      throw FieldProblem(field: "\(field).from", reason: unknownName(from, among: known))
    }
    return ["role": .string(role), "content": .string(value)]
  }

  /// The assistant's message for LLaMA-Factory's turn `function_call`: a call or a list of calls in JSON.
  private static func call(_ value: String, field: String) throws(FieldProblem) -> JSON {
    let parsed = try? JSON(parsing: value)
    let calls = parsed?.arrayValue ?? [parsed ?? .null]
    guard calls.allSatisfy({ $0["name"]?.stringValue != nil && $0["arguments"] != nil }), !calls.isEmpty else {
      throw FieldProblem(field: field, reason: "no call of a function; expected {\"name\", \"arguments\"} in JSON")
    }
    let entries = calls.map { call -> JSON in ["type": "function", "function": call] }
    return ["role": "assistant", "tool_calls": .array(entries)]
  }

  static let functionCall = "function_call"

  private static let shareGPTRoles = [
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
    "bing": "assistant", "bard": "assistant", "system": "system", "tool": "tool", "observation": "tool",
  ]

  // MARK: Texts

  private func requiredText(_ fields: JSONObject, _ name: String, isCompletion: Bool = false) throws(FieldProblem)
    -> String
  {
    let text = try optionalText(fields, name)
    guard !text.isBlank else {
      let reason =
        fields[name].map { $0.isNull ? "null; expected a text" : "empty; expected a text" }
        ?? "missing; expected a text"
      throw FieldProblem(field: name, reason: reason, isEmptyCompletion: isCompletion)
    }
    return text
  }

  private func optionalText(_ fields: JSONObject, _ name: String) throws(FieldProblem) -> String {
    guard let value = fields[name], !value.isNull else { return "" }
    guard let text = value.stringValue else {
      throw FieldProblem(field: name, reason: "\(value.kindName); expected a text")
    }
    return text
  }
}

extension JSON {
  var isAssistant: Bool { self["role"]?.stringValue == "assistant" }
}

/// What precedes the assistant's last turn, and that turn.
func splitBeforeLastTurn(
  _ messages: [JSON], field: String
) throws(FieldProblem) -> (prompt: [JSON], completion: [JSON]) {
  guard let last = messages.last, last.isAssistant else {
    throw FieldProblem(
      field: field, reason: "does not end with a message of the assistant; that would be the completion")
  }
  guard messages.count > 1 else {
    throw FieldProblem(field: field, reason: "has one message only; expected a prompt before the assistant's answer")
  }
  return (Array(messages.dropLast()), [last])
}
