import Basics

/// A conversation that the chat template renders, up to any of its messages.
struct ConversationText {
  private let messages: [JSON]
  private let inputs: TemplateInputs
  private let conversations: any ConversationRendering
  private let field: String

  init(
    _ messages: [JSON], inputs: TemplateInputs, conversations: (any ConversationRendering)?, field: String
  ) throws(FieldProblem) {
    guard let conversations else {
      throw FieldProblem(
        field: field,
        reason:
          "the model has no chat template to render messages with; use a chat model, or prompt and completion as texts")
    }
    self.conversations = conversations
    self.messages = messages.map { $0.plainMessage }
    self.inputs = inputs
    self.field = field
  }

  /// The text of all messages.
  func text() throws(FieldProblem) -> String { try text(upTo: messages.count, addGenerationPrompt: false) }

  func text(upTo count: Int, addGenerationPrompt: Bool) throws(FieldProblem) -> String {
    do {
      return try conversations.text(
        of: Array(messages[..<count]), inputs: inputs, addGenerationPrompt: addGenerationPrompt)
    } catch {
      throw FieldProblem(field: field, reason: "the chat template refuses these messages: \(error)")
    }
  }

  // MARK: Places

  /// The places in the whole text that the template marks as the assistant's, one for each of its messages; nil where
  /// it marks others, or none.
  func markedTurns(of whole: String) -> [Range<Int>]? {
    guard let marked = try? conversations.markedText(of: messages, inputs: inputs), marked.text.isSame(as: whole) else {
      return nil
    }
    // A template may mark an answer and its end apart.
    var turns: [Range<Int>] = []
    for span in marked.spans {
      if let last = turns.last, last.upperBound == span.lowerBound {
        turns[turns.count - 1] = last.lowerBound..<span.upperBound
      } else {
        turns.append(span)
      }
    }
    return turns.count == messages.count(where: { $0["role"]?.stringValue == "assistant" }) ? turns : nil
  }

  /// The place in the whole text between what precedes a message and what follows it, both as they are rendered where
  /// the conversation ends there; nil where the whole conversation is rendered differently.
  func placeByPrefixes(of index: Int, in whole: String) -> Range<Int>? {
    guard let before = try? text(upTo: index, addGenerationPrompt: true),
      let through = index + 1 == messages.count ? whole : try? text(upTo: index + 1, addGenerationPrompt: false),
      through.utf8.starts(with: before.utf8), whole.utf8.starts(with: through.utf8)
    else { return nil }
    return before.utf8.count..<through.utf8.count
  }

  /// Whether a place has the message's last word, or its end: some templates leave out contents that are texts, as those of models
  /// that see pictures do.
  func holds(_ index: Int, _ place: ArraySlice<UInt8>) -> Bool {
    guard let content = messages[index]["content"]?.stringValue, !content.isBlank else { return true }
    let word = content.utf8.reversed().drop { $0 <= 0x20 }.prefix { $0 > 0x20 }.prefix(32)
    var rest = place.reversed()[...]
    while rest.count >= word.count {
      if rest.starts(with: word) { return true }
      rest = rest.dropFirst()
    }
    return false
  }

  /// The place of a message's content in the whole text, and what follows it where the conversation ends there, as far
  /// as the whole text has it too; nil where the content has no one place.
  func placeByContent(of index: Int, in whole: [UInt8]) -> Range<Int>? {
    guard let change = change(of: index, upTo: messages.count, in: whole), change.isContent else { return nil }
    guard index + 1 < messages.count else { return change.start..<whole.count }
    guard let through = try? text(upTo: index + 1, addGenerationPrompt: false),
      let end = end(of: index, in: through)
    else { return nil }
    let shared = zip(end, whole[(whole.count - change.after)...]).prefix { $0 == $1 }.count
    return shared > 0 ? change.start..<(whole.count - change.after + shared) : nil
  }

  /// What follows the content of a message with which a text ends; nil where that cannot be told.
  func end(of index: Int, in text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    return change(of: index, upTo: index + 1, in: bytes).map { Array(bytes[(bytes.count - $0.after)...]) }
  }

  /// Two characters for private use, which no template writes or cuts.
  private static let stand = "\u{E000}\u{E0FF}"

  /// How a text changes when other content stands in a message: the bytes before and after that stay, and whether nothing
  /// but the content changes.
  private func change(
    of index: Int, upTo count: Int, in text: [UInt8]
  ) -> (start: Int, after: Int, isContent: Bool)? {
    guard var message = messages[index].objectValue, let content = message["content"]?.stringValue, !content.isBlank
    else { return nil }
    message["content"] = .string(Self.stand)
    var changed = Array(messages[..<count])
    changed[index] = .object(message)
    guard let other = try? conversations.text(of: changed, inputs: inputs, addGenerationPrompt: false) else {
      return nil
    }
    let bytes = Array(other.utf8)
    let start = zip(text, bytes).prefix { $0 == $1 }.count
    let most = min(text.count, bytes.count) - start
    let after = zip(text.reversed(), bytes.reversed()).prefix { $0 == $1 }.prefix(most).count
    return (start, after, bytes[start..<(bytes.count - after)].elementsEqual(Self.stand.utf8))
  }
}

extension JSON {
  /// The message as templates expect it: its text parts joined, the arguments of tool calls as objects, and members
  /// that are null left out, as transformers does.
  fileprivate var plainMessage: JSON {
    guard let object = objectValue else { return self }
    var message = JSONObject(entries: object.filter { !$0.value.isNull })
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
}
