import Basics

/// A prompt to generate from, and what should come out.
public struct PromptExample: Sendable, Equatable {
  /// The text that the model reads; messages are rendered with the generation prompt.
  public var prompt: String
  public var tokens: [Int32]
  /// The completion without white space around it; nil when the record has none.
  public var reference: String?
  /// The completion as the record has it.
  public var completion: String?
  /// The messages before the answer, for chat data.
  public var messages: [JSON]?
  /// What the chat template is given beside the messages.
  public var inputs = TemplateInputs()
  /// The template that made the record, where it names one.
  public var template: String?
  /// The task that it is of, among those of its data.
  public var task = 0
  /// The line of the data file, from 1.
  public var line: Int
}

/// Reads prompts with their reference completions for generation and evaluation.
///
/// Of `{"prompt", "completion"}` the prompt is taken as it is. Of messages the answer is the last message when it is
/// the assistant's, and everything before it the prompt; the rendering is the one that training uses.
public struct PromptReader: Sendable {
  private let encoding: any TextEncoding
  private let conversations: (any ConversationRendering)?

  public init(encoding: any TextEncoding, conversations: (any ConversationRendering)? = nil) {
    self.encoding = encoding
    self.conversations = conversations
  }

  /// - Throws: `TuneError.data` naming the first lines when records cannot be used, or when there are none.
  public func read(_ location: DataLocation, split: SplitName = .test, limit: Int? = nil) throws -> [PromptExample] {
    try read(file: location.requiredFile(for: split), limit: limit)
  }

  public func read(file path: String, limit: Int? = nil) throws -> [PromptExample] {
    var tasks = TaskNames()
    return try read(file: path, task: "", tasks: &tasks, limit: limit)
  }

  /// Reads a file of prompts of one or more tasks.
  ///
  /// - Parameters:
  ///   - task: the task of records that name none in their member "task".
  ///   - tasks: the names of all tasks so far; new ones are added.
  public func read(
    file path: String, task: String, tasks: inout TaskNames, limit: Int? = nil
  ) throws -> [PromptExample] {
    var prompts: [PromptExample] = []
    var problems = ProblemList()
    var count = 0
    let reader = try RecordReader(path)
    while count < limit ?? .max, let outcome = try reader.next() {
      count += 1
      switch outcome {
      case .rejected(let rejection): problems.add(rejection.description)
      case .record(let record):
        do throws(FieldProblem) {
          var prompt = try prompt(record)
          prompt.task = try tasks.insert(of: record.fields, otherwise: task)
          prompt.template = record.fields["template"]?.stringValue
          prompts.append(prompt)
        } catch {
          problems.add(Rejection(file: path, line: record.line, field: error.field, reason: error.reason).description)
        }
      }
    }
    if problems.count > 0 { throw problems.error("\(path): \(problems.count) of \(count) records cannot be used") }
    guard !prompts.isEmpty else { throw TuneError.data("\(path): no records; expected a JSON object a line") }
    return prompts
  }

  private func prompt(_ record: Record) throws(FieldProblem) -> PromptExample {
    let fields = record.fields
    if fields["messages"] != nil {
      let messages = try checkedMessages(fields["messages"], field: "messages")
      return try conversation(messages, record: record, field: "messages")
    }
    if fields["prompt"]?.arrayValue != nil {
      var messages = try checkedMessages(fields["prompt"], field: "prompt")
      if fields["completion"] != nil { messages += try checkedMessages(fields["completion"], field: "completion") }
      return try conversation(messages, record: record, field: "prompt")
    }
    guard let prompt = fields["prompt"] else {
      if fields["text"] != nil {
        throw FieldProblem(field: "prompt", reason: "missing; a record of text alone has nothing to answer")
      }
      throw unknownRecord(fields)
    }
    guard let text = prompt.stringValue else {
      throw FieldProblem(field: "prompt", reason: "\(prompt.kindName); expected a text")
    }
    switch fields["completion"] {
    case nil, .null: return example(text, encoding.promptIDs(of: text), reference: nil, line: record.line)
    case .string(let completion):
      return example(text, encoding.promptIDs(of: text), reference: completion, line: record.line)
    case .some(let other): throw FieldProblem(field: "completion", reason: "\(other.kindName); expected a text")
    }
  }

  private func conversation(_ messages: [JSON], record: Record, field: String) throws(FieldProblem) -> PromptExample {
    let isAnswered = messages.last?["role"]?.stringValue == "assistant"
    let before = isAnswered ? Array(messages.dropLast()) : messages
    let inputs = try TemplateInputs(record.fields)
    let text = try rendered(before, inputs, field: field)
    let reference = isAnswered ? messages.last?["content"]?.contentText : nil
    var prompt = example(text, encoding.promptIDs(of: text), reference: reference, line: record.line)
    prompt.messages = before
    prompt.inputs = inputs
    return prompt
  }

  private func rendered(
    _ messages: [JSON], _ inputs: TemplateInputs, field: String
  ) throws(FieldProblem) -> String {
    let rendering = try ConversationText(messages, inputs: inputs, conversations: conversations, field: field)
    return try rendering.text(upTo: messages.count, addGenerationPrompt: true)
  }

  private func example(
    _ prompt: String, _ ids: [Int], reference: String?, line: Int
  ) -> PromptExample {
    PromptExample(
      prompt: prompt, tokens: ids.map { Int32(truncatingIfNeeded: $0) },
      reference: reference?.strippedAsInPython, completion: reference, line: line)
  }

  // MARK: Prompts without tuning

  /// The prompt with an instruction and answered examples before it: messages become earlier turns of the conversation,
  /// texts stand before the text with an empty line between.
  ///
  /// - Parameters:
  ///   - examples: with completions; those without are left out.
  ///   - instruction: a system message, or the beginning of the one that is there; nil for none.
  /// - Throws: `TuneError.data` where the chat template refuses the messages.
  public func prompt(
    _ prompt: PromptExample, after examples: [PromptExample], instruction: String? = nil
  ) throws -> PromptExample {
    var longer = prompt
    if let messages = prompt.messages {
      longer.messages = conversation(messages, after: examples, instruction)
      do {
        longer.prompt = try rendered(longer.messages ?? [], prompt.inputs, field: "messages")
      } catch {
        throw TuneError.data("line \(prompt.line): \(error.reason)")
      }
    } else {
      let shown = examples.compactMap { example in example.completion.map { example.prompt + $0 } }
      longer.prompt = ((instruction.map { [$0] } ?? []) + shown + [prompt.prompt]).joined(separator: "\n\n")
    }
    longer.tokens = encoding.promptIDs(of: longer.prompt).map { Int32(truncatingIfNeeded: $0) }
    return longer
  }

  private func conversation(_ messages: [JSON], after examples: [PromptExample], _ instruction: String?) -> [JSON] {
    func isSystem(_ message: JSON) -> Bool { message["role"]?.stringValue == "system" }
    let turns = examples.flatMap { example -> [JSON] in
      guard let own = example.messages, let completion = example.completion else { return [] }
      return own.filter { !isSystem($0) } + [["role": "assistant", "content": .string(completion)]]
    }
    var system = messages.filter(isSystem)
    if let instruction {
      let rest = system.first?["content"]?.contentText.map { "\n\n\($0)" } ?? ""
      system = [["role": "system", "content": .string(instruction + rest)]] + system.dropFirst()
    }
    return system + turns + messages.filter { !isSystem($0) }
  }
}

extension JSON {
  /// The text of a message's content, its parts joined.
  fileprivate var contentText: String? {
    stringValue ?? arrayValue.map { $0.compactMap { $0["text"]?.stringValue }.joined() }
  }
}
