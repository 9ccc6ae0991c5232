import Basics
import Text

/// Text to token ids, as much of a tokenizer as examples need.
public protocol TextEncoding: Sendable {
  /// The ids of a text; marks such as `<|im_end|>` in it become their ids, nothing is put around it.
  func ids(of text: String) -> [Int]
  /// The ids of a text from whose beginning a model reads: with what the tokenizer puts around it, the
  /// beginning-of-text token but once.
  func promptIDs(of text: String) -> [Int]
  /// The ids of a text that goes on from a prompt.
  func continuationIDs(of text: String, after prompt: String) -> [Int]
  /// Whether an encoder reads the prompt and a decoder writes the completion.
  var readsSource: Bool { get }
  /// The end-of-text id, nil when the tokenizer has none.
  var endOfTextID: Int? { get }
  /// The text of ids, special tokens included.
  func text(of ids: [Int]) -> String
}

extension TextEncoding {
  public func promptIDs(of text: String) -> [Int] { ids(of: text) }
  public func continuationIDs(of text: String, after prompt: String) -> [Int] { ids(of: text) }
  public var readsSource: Bool { false }
}

/// Messages to the text that a chat model reads.
public protocol ConversationRendering: Sendable {
  /// - Throws: the template's own refusal, for example of roles that do not alternate.
  func text(of messages: [JSON], tools: JSON?, addGenerationPrompt: Bool) throws -> String
  /// The text of a whole conversation and the UTF-8 byte ranges of it that the template marks as the assistant's, with
  /// `{% generation %}`; none where it marks nothing.
  func markedText(of messages: [JSON], tools: JSON?) throws -> (text: String, spans: [Range<Int>])
}

extension ConversationRendering {
  public func markedText(of messages: [JSON], tools: JSON?) throws -> (text: String, spans: [Range<Int>]) {
    (try text(of: messages, tools: tools, addGenerationPrompt: false), [])
  }
}

/// The tokenizer of a model as examples use it.
public struct TokenizerEncoding: TextEncoding {
  private let tokenizer: Tokenizer
  public let readsSource: Bool
  /// Whether every text is given a space to begin with, so that a completion must be read together with its prompt.
  private let prefixesSpace: Bool

  /// - Parameter readsSource: the model is an encoder and a decoder.
  public init(_ tokenizer: Tokenizer, readsSource: Bool = false) {
    self.tokenizer = tokenizer
    self.readsSource = readsSource
    let first = tokenizer.encode("a", addSpecialTokens: false).first.flatMap { tokenizer.token($0) }
    prefixesSpace = first?.unicodeScalars.first == "\u{2581}"
  }

  public func ids(of text: String) -> [Int] { tokenizer.encode(text, addSpecialTokens: false) }

  public func promptIDs(of text: String) -> [Int] {
    var ids = tokenizer.encode(text, addSpecialTokens: true)
    // The text may begin with the token itself.
    if let begin = tokenizer.bosID, ids.count > 1, ids[0] == begin, ids[1] == begin { ids.removeFirst() }
    // What a decoder goes on from has not ended.
    if !readsSource, let end = tokenizer.eosID, ids.count > 1, ids.last == end, self.ids(of: text).last != end {
      ids.removeLast()
    }
    return ids
  }

  public func continuationIDs(of text: String, after prompt: String) -> [Int] {
    guard prefixesSpace, !readsSource else { return ids(of: text) }
    let before = ids(of: prompt), whole = ids(of: prompt + text)
    return whole.starts(with: before) ? Array(whole[before.count...]) : ids(of: text)
  }

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

  public func markedText(of messages: [JSON], tools: JSON?) throws -> (text: String, spans: [Range<Int>]) {
    try template.renderWithSpans(
      messages: messages, tools: tools, addGenerationPrompt: false, variables: variables)
  }
}
