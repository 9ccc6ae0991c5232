import Basics

extension ExampleContent {
  /// The content in a shape; a pair becomes two unpaired records.
  ///
  /// - Throws: `FieldProblem` with the reason where the shape cannot hold it.
  func records(as shape: RecordShape) throws(FieldProblem) -> [JSONObject] {
    switch shape {
    case .unpairedPreference: return try unpaired()
    case .text: return [["text": .string(try wholeText())]]
    case .promptCompletion:
      let (prompt, completion) = try answer(for: shape)
      let record: JSONObject = ["prompt": prompt.json, "completion": completion.json]
      return [record.with(templateMembers)]
    case .promptsource:
      let (prompt, completion) = try texts(for: shape)
      return [["inputs_pretokenized": .string(prompt), "targets_pretokenized": .string(completion)]]
    case .messages:
      let record: JSONObject = ["messages": .array(try conversation(for: shape))]
      return [record.with(templateMembers)]
    case .shareGPT: return [try shareGPT(try conversation(for: shape)).with(templateMembers)]
    case .alpaca: return [try alpaca()]
    case .preference, .shareGPTPreference, .alpacaPreference, .openAIPreference: return [try pair(as: shape)]
    }
  }

  private func impossible(_ shape: RecordShape, _ reason: String) -> FieldProblem {
    FieldProblem(field: nil, reason: "cannot become \(shape.rawValue): \(reason)")
  }

  /// What keeps this content from being one prompt with one answer to learn.
  private func hindrance(_ shape: RecordShape) -> FieldProblem {
    switch kind {
    case .pair: impossible(shape, "a pair has two answers, and which is preferred would be lost")
    case .labelled: impossible(shape, "the label, whether the answer is good, would be lost")
    default: impossible(shape, "a plain text has no prompt")
    }
  }

  private func answer(for shape: RecordShape) throws(FieldProblem) -> (prompt: Passage, completion: Passage) {
    switch kind {
    case .answered(let prompt, let completion): return (prompt, completion)
    case .conversation(let messages):
      let (prompt, completion) = try splitBeforeLastTurn(messages, field: "messages")
      return (.messages(prompt), .messages(completion))
    case .instruction(let instruction):
      guard instruction.history.isEmpty, instruction.system.isBlank else {
        return try ExampleContent(kind: .conversation(instruction.messages)).answer(for: shape)
      }
      let prompt = Instruction.prompt(instruction: instruction.instruction, input: instruction.input)
      return (.text(prompt), .text(PreparedExample.spaced(instruction.output, after: prompt)))
    case .text, .pair, .labelled: throw hindrance(shape)
    }
  }

  private func texts(for shape: RecordShape) throws(FieldProblem) -> (prompt: String, completion: String) {
    let (prompt, completion) = try answer(for: shape)
    guard let prompt = prompt.text, let completion = completion.text else {
      throw impossible(shape, "messages become text only by a model's chat template")
    }
    return (prompt, completion)
  }

  private func wholeText() throws(FieldProblem) -> String {
    if case .text(let text) = kind { return text }
    let (prompt, completion) = try texts(for: .text)
    return prompt + PreparedExample.spaced(completion, after: prompt)
  }

  private func conversation(for shape: RecordShape) throws(FieldProblem) -> [JSON] {
    switch kind {
    case .conversation(let messages): return messages
    case .instruction(let instruction): return instruction.messages
    case .answered(let prompt, let completion):
      return prompt.messages(role: "user") + completion.messages(role: "assistant")
    case .text, .pair, .labelled: throw hindrance(shape)
    }
  }

  private func unpaired() throws(FieldProblem) -> [JSONObject] {
    func record(_ prompt: Passage, _ completion: Passage, _ isGood: Bool) -> JSONObject {
      let members: JSONObject = ["prompt": prompt.json, "completion": completion.json, "label": .bool(isGood)]
      return members.with(templateMembers)
    }
    switch kind {
    case .pair(let prompt, let chosen, let rejected):
      return [record(prompt, chosen, true), record(prompt, rejected, false)]
    case .labelled(let prompt, let completion, let isGood): return [record(prompt, completion, isGood)]
    default: throw impossible(.unpairedPreference, "nothing says whether the answer is good or bad")
    }
  }

  private func alpaca() throws(FieldProblem) -> JSONObject {
    if let member = templateMembers.keys.first { throw impossible(.alpaca, "it has no place for \(member)") }
    if case .answered(.text(let prompt), .text(let completion)) = kind {
      return ["instruction": .string(prompt), "input": "", "output": .string(completion)]
    }
    var messages = try conversation(for: .alpaca)[...]
    let system = messages.first?["role"]?.stringValue == "system" ? messages.removeFirst() : nil
    guard messages.count == 2, let user = messages.first, let answer = messages.last,
      user["role"]?.stringValue == "user", answer.isAssistant
    else { throw impossible(.alpaca, "it holds one question and its answer, not \(messages.count) messages") }
    var record: JSONObject = [
      "instruction": .string(try plainText(user, .alpaca)), "input": "",
      "output": .string(try plainText(answer, .alpaca)),
    ]
    if let system { record["system"] = .string(try plainText(system, .alpaca)) }
    return record
  }

  /// The text of a message that has nothing but a text.
  private func plainText(_ message: JSON, _ shape: RecordShape) throws(FieldProblem) -> String {
    let extra = message.objectValue?.keys.first { !["role", "content"].contains($0) }
    if let extra { throw impossible(shape, "a message has the member '\(extra)', for which there is no place") }
    guard let text = message["content"]?.stringValue else {
      throw impossible(shape, "a message's content is no text")
    }
    return text
  }

  // MARK: ShareGPT

  private func shareGPT(_ messages: [JSON]) throws(FieldProblem) -> JSONObject {
    var messages = messages[...]
    var system: String?
    if messages.first?["role"]?.stringValue == "system" { system = try plainText(messages.removeFirst(), .shareGPT) }
    var turns: [JSON] = []
    for message in messages { turns.append(try turn(message, .shareGPT)) }
    var record: JSONObject = ["conversations": .array(turns)]
    if let system { record["system"] = .string(system) }
    return record
  }

  private static let shareGPTNames = ["user": "human", "assistant": "gpt", "system": "system"]

  private func turn(_ message: JSON, _ shape: RecordShape) throws(FieldProblem) -> JSON {
    let role = message["role"]?.stringValue ?? ""
    if role == "tool" || role == "function" {
      guard let text = message["content"]?.stringValue else {
        throw impossible(shape, "a tool's answer is no text")
      }
      return ["from": "observation", "value": .string(text)]
    }
    if let calls = message["tool_calls"]?.arrayValue, !calls.isEmpty {
      return ["from": .string(RecordShape.functionCall), "value": .string(try callsText(calls, of: message, shape))]
    }
    guard let name = Self.shareGPTNames[role] else { throw impossible(shape, "it has no role '\(role)'") }
    return ["from": .string(name), "value": .string(try plainText(message, shape))]
  }

  /// Calls of functions as LLaMA-Factory writes them: `{"name", "arguments"}`, or a list of these.
  private func callsText(_ calls: [JSON], of message: JSON, _ shape: RecordShape) throws(FieldProblem) -> String {
    guard message["content"]?.stringValue?.isBlank ?? true else {
      throw impossible(shape, "a message has both a text and tool calls")
    }
    var written: [JSON] = []
    for call in calls {
      guard let name = call["function"]?["name"], let arguments = call["function"]?["arguments"] else {
        throw impossible(shape, "a tool call has no function with name and arguments")
      }
      // OpenAI writes the arguments as a text of JSON.
      let parsed = arguments.stringValue.flatMap { try? JSON(parsing: $0) } ?? arguments
      written.append(["name": name, "arguments": parsed])
    }
    return (written.count == 1 ? written[0] : .array(written)).text()
  }

  // MARK: Pairs

  private func pair(as shape: RecordShape) throws(FieldProblem) -> JSONObject {
    guard case .pair(let prompt, let chosen, let rejected) = kind else {
      throw impossible(shape, "a pair needs a chosen and a rejected answer to the same prompt")
    }
    switch shape {
    case .alpacaPreference:
      guard let prompt = prompt.text, templateMembers.isEmpty else {
        throw impossible(shape, "messages become text only by a model's chat template")
      }
      return ["instruction": .string(prompt), "input": "", "chosen": chosen.json, "rejected": rejected.json]
    case .openAIPreference:
      let input: JSONObject = ["messages": .array(prompt.messages(role: "user"))]
      return [
        "input": .object(input.with(templateMembers)), "preferred_output": .array(chosen.messages(role: "assistant")),
        "non_preferred_output": .array(rejected.messages(role: "assistant")),
      ]
    case .shareGPTPreference:
      var record = try shareGPT(prompt.messages(role: "user"))
      for (name, answer) in [("chosen", chosen), ("rejected", rejected)] {
        let messages = answer.messages(role: "assistant")
        guard messages.count == 1 else { throw impossible(shape, "an answer has \(messages.count) messages, not one") }
        record[name] = try turn(messages[0], shape)
      }
      return record.with(templateMembers)
    default:
      let record: JSONObject = ["prompt": prompt.json, "chosen": chosen.json, "rejected": rejected.json]
      return record.with(templateMembers)
    }
  }
}
