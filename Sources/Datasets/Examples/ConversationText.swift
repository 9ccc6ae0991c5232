import Basics

/// A conversation that the chat template renders up to any of its messages.
struct ConversationText {
  private let messages: [JSON]
  private let tools: JSON?
  private let conversations: any ConversationRendering
  private let field: String

  init(
    _ messages: [JSON], tools: JSON?, conversations: (any ConversationRendering)?, field: String
  ) throws(FieldProblem) {
    guard let conversations else {
      throw FieldProblem(
        field: field,
        reason:
          "the model has no chat template to render messages with; use a chat model, or prompt and completion as texts")
    }
    self.conversations = conversations
    self.messages = messages.map { $0.plainMessage }
    self.tools = tools.flatMap { $0.isNull ? nil : $0.parsedIfText }
    self.field = field
  }

  func text(upTo count: Int, addGenerationPrompt: Bool) throws(FieldProblem) -> String {
    do {
      return try conversations.text(
        of: Array(messages[..<count]), tools: tools, addGenerationPrompt: addGenerationPrompt)
    } catch {
      throw FieldProblem(field: field, reason: "the chat template refuses these messages: \(error)")
    }
  }

  /// The places in the whole text that the template marks as the assistant's, one for each of its messages; nil where
  /// it marks others, or none.
  func markedTurns(of whole: String) -> [Range<Int>]? {
    guard let marked = try? conversations.markedText(of: messages, tools: tools), marked.text.isSame(as: whole),
      marked.spans.count == messages.count(where: { $0["role"]?.stringValue == "assistant" })
    else { return nil }
    return marked.spans
  }
}

extension JSON {
  /// The message as templates expect it: its text parts joined, the arguments of tool calls as objects.
  fileprivate var plainMessage: JSON {
    guard var message = objectValue else { return self }
    if let parts = message["content"]?.arrayValue {
      message["content"] = .string(parts.compactMap { $0["text"]?.stringValue }.joined())
    }
    if let calls = message["tool_calls"]?.arrayValue {
      message["tool_calls"] = .array(calls.map { $0.withParsedArguments })
    }
    return .object(message)
  }

  private var withParsedArguments: JSON {
    guard var call = objectValue, var function = call["function"]?.objectValue, let arguments = function["arguments"]
    else { return self }
    function["arguments"] = arguments.parsedIfText
    call["function"] = .object(function)
    return .object(call)
  }

  /// The value that a text holds as JSON; the value itself when it is no text or no JSON.
  fileprivate var parsedIfText: JSON {
    guard let text = stringValue, let value = try? JSON(parsing: text) else { return self }
    return value
  }
}
