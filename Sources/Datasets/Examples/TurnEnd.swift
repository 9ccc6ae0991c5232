import Basics

/// How a model's chat template ends an answer.
public enum TurnEnd {
  /// The first mark, such as `<|im_end|>`, that the template writes after an answer; nil where it writes none, or
  /// refuses a question with its answer.
  public static func id(_ conversations: any ConversationRendering, _ encoding: any TextEncoding) -> Int? {
    let messages: [JSON] = [["role": "user", "content": "Is it?"], ["role": "assistant", "content": "Yes"]]
    guard
      let rendering = try? ConversationText(
        messages, inputs: TemplateInputs(), conversations: conversations, field: "messages"),
      let text = try? rendering.text(), let end = rendering.end(of: 1, in: text)
    else { return nil }
    return encoding.ids(of: String(decoding: end, as: UTF8.self)).first { encoding.markIDs.contains($0) }
  }
}
