import Basics

/// What a record says, whatever its shape.
struct ExampleContent: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case text(String)
    case answered(prompt: Passage, completion: Passage)
    case conversation([JSON])
    case instruction(Instruction)
    case pair(prompt: Passage, chosen: Passage, rejected: Passage)
    case labelled(prompt: Passage, completion: Passage, isGood: Bool)
  }

  var kind: Kind
  /// What the record has for the chat template besides messages: tools, documents and variables.
  var templateMembers: JSONObject = [:]
}

extension ExampleContent {
  /// Whether a chat template renders it.
  var isConversation: Bool {
    switch kind {
    case .text, .instruction: false
    case .conversation: true
    case .answered(let prompt, let completion), .labelled(let prompt, let completion, _):
      prompt.text == nil || completion.text == nil
    case .pair(let prompt, let chosen, _): prompt.text == nil || chosen.text == nil
    }
  }
}

/// A prompt or an answer: a text, or a list of messages.
enum Passage: Sendable, Equatable {
  case text(String)
  case messages([JSON])

  var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .messages(let messages): .array(messages)
    }
  }

  /// The passage as messages; a text becomes one of the given role.
  func messages(role: String) -> [JSON] {
    switch self {
    case .text(let text): [["role": .string(role), "content": .string(text)]]
    case .messages(let messages): messages
    }
  }

  /// The text; nil for messages.
  var text: String? { if case .text(let text) = self { text } else { nil } }

  /// The length in Unicode scalars.
  var length: Int {
    switch self {
    case .text(let text): text.scalarCount
    case .messages(let messages): messages.reduce(0) { $0 + $1.contentLength }
    }
  }

  /// The passage as it follows a prompt, with a space between two texts where neither has one at the seam.
  func spaced(after prompt: Passage) -> Passage {
    guard let text, let before = prompt.text else { return self }
    return .text(PreparedExample.spaced(text, after: before))
  }
}

extension JSON {
  /// The length of a message's content in Unicode scalars.
  var contentLength: Int { self["content"]?.stringValue?.scalarCount ?? 0 }
}

/// An Alpaca instruction, with LLaMA-Factory's `system` and `history`.
struct Instruction: Sendable, Equatable {
  var instruction: String
  var input: String
  var output: String
  var system: String
  /// Earlier questions and their answers.
  var history: [(question: String, answer: String)] = []

  /// Alpaca's own prompt. Source: stanford_alpaca, train.py.
  static func prompt(instruction: String, input: String) -> String {
    input.isBlank
      ? "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        + "\n\n### Instruction:\n\(instruction)\n\n### Response:"
      : "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request."
        + "\n\n### Instruction:\n\(instruction)\n\n### Input:\n\(input)\n\n### Response:"
  }

  /// The conversation as LLaMA-Factory builds it: the instruction and, on the next line, its input are the user's turn.
  /// Source: LLaMA-Factory, src/llamafactory/data/converter.py.
  var messages: [JSON] {
    var messages: [JSON] = []
    func add(_ role: String, _ text: String) {
      messages.append(["role": .string(role), "content": .string(text)])
    }
    if !system.isBlank { add("system", system) }
    for turn in history {
      add("user", turn.question)
      add("assistant", turn.answer)
    }
    add("user", input.isBlank ? instruction : "\(instruction)\n\(input)")
    add("assistant", output)
    return messages
  }

  static func == (a: Instruction, b: Instruction) -> Bool {
    a.messages == b.messages && a.instruction.isSame(as: b.instruction)
  }
}

extension PreparedExample {
  init(_ content: ExampleContent) {
    switch content.kind {
    case .text(let text): self.init(text: text)
    case .answered(let prompt, let completion):
      if let promptText = prompt.text, let completionText = completion.text {
        self.init(prompt: promptText, completion: completionText)
        return
      }
      let members: JSONObject = ["prompt": prompt.json, "completion": completion.json]
      self.init(
        conversation: .object(members.with(content.templateMembers)),
        messages: prompt.messages(role: "user") + completion.messages(role: "assistant"))
    case .conversation(let messages):
      let members: JSONObject = ["messages": .array(messages)]
      self.init(conversation: .object(members.with(content.templateMembers)), messages: messages)
    case .instruction(let instruction):
      guard instruction.history.isEmpty, instruction.system.isBlank else {
        self.init(conversation: ["messages": .array(instruction.messages)], messages: instruction.messages)
        return
      }
      self.init(
        prompt: Instruction.prompt(instruction: instruction.instruction, input: instruction.input),
        completion: instruction.output)
    case .pair(let prompt, let chosen, let rejected):
      let members: JSONObject = [
        "prompt": prompt.json, "chosen": chosen.spaced(after: prompt).json,
        "rejected": rejected.spaced(after: prompt).json,
      ]
      self.init(
        preference: members.with(content.templateMembers), promptLength: prompt.length,
        completionLength: max(chosen.length, rejected.length))
    case .labelled(let prompt, let completion, let isGood):
      let members: JSONObject = [
        "prompt": prompt.json, "completion": completion.spaced(after: prompt).json, "label": .bool(isGood),
      ]
      self.init(
        preference: members.with(content.templateMembers), promptLength: prompt.length,
        completionLength: completion.length)
    }
  }
}

extension JSONObject {
  /// The object with further members.
  func with(_ members: JSONObject) -> JSONObject {
    var object = self
    for member in members { object[member.key] = member.value }
    return object
  }
}
