import Basics
import Text

/// Text to token ids, as much of a tokenizer as examples need.
public protocol TextEncoding: Sendable {
  /// The ids of a text; marks such as `<|im_end|>` in it become their ids, nothing is put around it.
  func ids(of text: String) -> [Int]
  /// The end-of-text id, nil when the tokenizer has none.
  var endOfTextID: Int? { get }
  /// The text of ids, special tokens included.
  func text(of ids: [Int]) -> String
}

/// Messages to the text that a chat model reads.
public protocol ConversationRendering: Sendable {
  /// - Throws: the template's own refusal, for example of roles that do not alternate.
  func text(of messages: [JSON], tools: JSON?, addGenerationPrompt: Bool) throws -> String
}

/// The tokenizer of a model as examples use it.
public struct TokenizerEncoding: TextEncoding {
  private let tokenizer: Tokenizer

  public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  public func ids(of text: String) -> [Int] { tokenizer.encode(text, addSpecialTokens: false) }
  public var endOfTextID: Int? { tokenizer.eosID }
  public func text(of ids: [Int]) -> String { tokenizer.decode(ids, skipSpecialTokens: false) }
}

/// The chat template of a model with the variables that it gets besides the messages.
public struct ChatTemplateRendering: ConversationRendering {
  private let template: ChatTemplate
  private let variables: JSONObject

  public init(_ template: ChatTemplate, variables: JSONObject = [:]) {
    self.template = template
    self.variables = variables
  }

  public func text(of messages: [JSON], tools: JSON?, addGenerationPrompt: Bool) throws -> String {
    try template.render(
      messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, variables: variables)
  }
}
