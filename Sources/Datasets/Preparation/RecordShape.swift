import Basics

/// Records that are training examples already and need no template.
public enum RecordShape: String, Sendable, CaseIterable {
  /// `{"prompt", "completion"}`: texts, or lists of messages.
  case promptCompletion = "prompt-completion"
  /// `{"messages": [{"role", "content"}, …]}`, the shape of OpenAI and TRL.
  case messages
  /// `{"conversations": [{"from", "value"}, …]}`.
  case shareGPT = "sharegpt"
  /// `{"instruction", "input", "output"}`; becomes Stanford Alpaca's own prompt.
  case alpaca
  /// `{"text"}`: every token is learnt.
  case text

  /// The shape that the columns tell; nil when the data need a template.
  public init?(columns: [String]) {
    let names = Set(columns)
    if names.contains("messages") {
      self = .messages
    } else if names.isSuperset(of: ["prompt", "completion"]) {
      self = .promptCompletion
    } else if names.contains("conversations") {
      self = .shareGPT
    } else if names.isSuperset(of: ["instruction", "output"]) {
      self = .alpaca
    } else if names.contains("text"), names.subtracting(["text"]).isSubset(of: Self.labels) {
      self = .text
    } else {
      return nil
    }
  }

  /// Columns that say where a text is from.
  private static let labels: Set<String> = ["id", "meta", "metadata", "source", "url", "timestamp", "date"]

  /// How the report says it.
  public var explanation: String {
    switch self {
    case .promptCompletion: "the records have a prompt and a completion already"
    case .messages: "the records are conversations (messages) already"
    case .shareGPT: "the records are ShareGPT conversations; they become messages"
    case .alpaca: "the records are Alpaca instructions; they get Alpaca's own prompt"
    case .text: "the records are plain texts; every token is learnt"
    }
  }

  func example(_ fields: JSONObject) throws(FieldProblem) -> PreparedExample {
    switch self {
    case .promptCompletion: return try promptCompletion(fields)
    case .messages:
      let messages = try checkedMessages(fields["messages"], field: "messages")
      return try conversation(messages, tools: fields["tools"], field: "messages")
    case .shareGPT: return try shareGPT(fields)
    case .alpaca: return try alpaca(fields)
    case .text: return PreparedExample(text: try requiredText(fields, "text", isCompletion: true))
    }
  }

  private func promptCompletion(_ fields: JSONObject) throws(FieldProblem) -> PreparedExample {
    if fields["prompt"]?.arrayValue != nil || fields["completion"]?.arrayValue != nil {
      let prompt = try checkedMessages(fields["prompt"], field: "prompt")
      let completion = try checkedMessages(fields["completion"], field: "completion")
      guard completion.contains(where: { $0["role"]?.stringValue == "assistant" }) else {
        throw FieldProblem(field: "completion", reason: "no message of the assistant; there would be nothing to learn")
      }
      var json: JSONObject = ["prompt": .array(prompt), "completion": .array(completion)]
      if let tools = fields["tools"], !tools.isNull { json["tools"] = tools }
      return PreparedExample(conversation: .object(json), messages: prompt + completion)
    }
    let prompt = try requiredText(fields, "prompt")
    return PreparedExample(prompt: prompt, completion: try requiredText(fields, "completion", isCompletion: true))
  }

  private func conversation(_ messages: [JSON], tools: JSON?, field: String) throws(FieldProblem) -> PreparedExample {
    guard messages.contains(where: { $0["role"]?.stringValue == "assistant" }) else {
      throw FieldProblem(field: field, reason: "no message of the assistant; there would be nothing to learn")
    }
    var json: JSONObject = ["messages": .array(messages)]
    if let tools, !tools.isNull { json["tools"] = tools }
    return PreparedExample(conversation: .object(json), messages: messages)
  }

  private func shareGPT(_ fields: JSONObject) throws(FieldProblem) -> PreparedExample {
    guard let turns = fields["conversations"]?.arrayValue, !turns.isEmpty else {
      throw FieldProblem(field: "conversations", reason: "missing or no list; expected [{\"from\", \"value\"}, …]")
    }
    var messages: [JSON] = []
    if let system = fields["system"]?.stringValue, !system.isBlank {
      messages.append(["role": "system", "content": .string(system)])
    }
    for (index, turn) in turns.enumerated() {
      let field = "conversations[\(index)]"
      if turn["role"] != nil, turn["content"] != nil {
        messages.append(turn)
        continue
      }
      guard let from = turn["from"]?.stringValue, let value = turn["value"]?.stringValue else {
        throw FieldProblem(field: field, reason: "expected an object with the texts from and value")
      }
      guard let role = Self.shareGPTRoles[from] else {
        throw FieldProblem(field: "\(field).from", reason: unknownName(from, among: Self.shareGPTRoles.keys.sorted()))
      }
      messages.append(["role": .string(role), "content": .string(value)])
    }
    let checked = try checkedMessages(.array(messages), field: "conversations")
    return try conversation(checked, tools: fields["tools"], field: "conversations")
  }

  private static let shareGPTRoles = [
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
    "bing": "assistant", "bard": "assistant", "system": "system", "tool": "tool", "observation": "tool",
  ]

  /// Source of the prompt: stanford_alpaca, train.py.
  private func alpaca(_ fields: JSONObject) throws(FieldProblem) -> PreparedExample {
    let instruction = try requiredText(fields, "instruction")
    let output = try requiredText(fields, "output", isCompletion: true)
    let input = try optionalText(fields, "input")
    let prompt =
      input.isBlank
      ? "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        + "\n\n### Instruction:\n\(instruction)\n\n### Response:"
      : "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request."
        + "\n\n### Instruction:\n\(instruction)\n\n### Input:\n\(input)\n\n### Response:"
    return PreparedExample(prompt: prompt, completion: output)
  }

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
