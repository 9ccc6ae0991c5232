import Basics
import Text

/// Text to token ids, as much of a tokenizer as examples need.
public protocol TextEncoding: Sendable {
  /// The ids of a text; marks such as `<|im_end|>` in it become their ids, nothing is put around it.
  func ids(of text: String) -> [Int]
  /// The ids of a text, or of a rendered conversation, from whose beginning a model reads: with what the tokenizer puts
  /// around it, the beginning-of-text token but once.
  func promptIDs(of text: String) -> [Int]
  /// The ids of a text that goes on from a prompt.
  func continuationIDs(of text: String, after prompt: String) -> [Int]
  /// Whether an encoder reads the prompt and a decoder writes the completion.
  var readsSource: Bool { get }
  /// The end-of-text id, nil when the tokenizer has none.
  var endOfTextID: Int? { get }
  /// The ids that stand for marks such as `<|im_end|>` and not for text.
  var markIDs: Set<Int> { get }
  /// The text of ids, special tokens included.
  func text(of ids: [Int]) -> String
}

extension TextEncoding {
  public func promptIDs(of text: String) -> [Int] { ids(of: text) }
  public func continuationIDs(of text: String, after prompt: String) -> [Int] { ids(of: text) }
  public var readsSource: Bool { false }
  public var markIDs: Set<Int> { [] }
}

/// Messages to the text that a chat model reads.
public protocol ConversationRendering: Sendable {
  /// - Throws: the template's own refusal, for example of roles that do not alternate.
  func text(of messages: [JSON], inputs: TemplateInputs, addGenerationPrompt: Bool) throws -> String
  /// The text of a whole conversation and the UTF-8 byte ranges of it that the template marks as the assistant's, with
  /// `{% generation %}`; none where it marks nothing.
  func markedText(of messages: [JSON], inputs: TemplateInputs) throws -> (text: String, spans: [Range<Int>])
}

extension ConversationRendering {
  public func markedText(of messages: [JSON], inputs: TemplateInputs) throws -> (text: String, spans: [Range<Int>]) {
    (try text(of: messages, inputs: inputs, addGenerationPrompt: false), [])
  }
}

/// The tokenizer of a model as examples use it.
public struct TokenizerEncoding: TextEncoding {
  private let tokenizer: Tokenizer
  public let readsSource: Bool
  /// Whether every text is given a space to begin with, so that a completion must be read together with its prompt.
  private let prefixesSpace: Bool
  /// What the tokenizer puts before and after a text.
  private let before: [Int]
  private let after: [Int]

  /// - Parameter readsSource: the model has an encoder, which reads a prompt to its end.
  public init(_ tokenizer: Tokenizer, readsSource: Bool = false) {
    self.tokenizer = tokenizer
    self.readsSource = readsSource
    let first = tokenizer.encode("a", addSpecialTokens: false).first.flatMap { tokenizer.token($0) }
    prefixesSpace = first?.unicodeScalars.first == "\u{2581}"
    (before, after) = tokenizer.surroundingIDs
  }

  public func ids(of text: String) -> [Int] { tokenizer.encode(text, addSpecialTokens: false) }

  public func promptIDs(of text: String) -> [Int] {
    var ids = ids(of: text)
    // The text may begin with the tokens itself.
    if !ids.starts(with: before) { ids = before + ids }
    if let begin = tokenizer.bosID { while ids.count > 1, ids[0] == begin, ids[1] == begin { ids.removeFirst() } }
    // What a decoder goes on from has not ended.
    let ends = readsSource || !after.contains { $0 == tokenizer.eosID }
    if ends, !ids.reversed().starts(with: after.reversed()) { ids += after }
    return ids
  }

  public func continuationIDs(of text: String, after prompt: String) -> [Int] {
    guard prefixesSpace, !readsSource else { return ids(of: text) }
    let before = ids(of: prompt), whole = ids(of: prompt + text)
    return whole.starts(with: before) ? Array(whole[before.count...]) : ids(of: text)
  }

  public var endOfTextID: Int? { tokenizer.eosID }
  public var markIDs: Set<Int> { tokenizer.addedIDs }
  public func text(of ids: [Int]) -> String { tokenizer.decode(ids, skipSpecialTokens: false) }
}

/// The chat template of a model.
public struct ChatTemplateRendering: ConversationRendering {
  private let template: ChatTemplate

  public init(_ template: ChatTemplate) { self.template = template }

  public func text(of messages: [JSON], inputs: TemplateInputs, addGenerationPrompt: Bool) throws -> String {
    try template.render(
      messages: messages, tools: inputs.tools, addGenerationPrompt: addGenerationPrompt, variables: inputs.allVariables)
  }

  public func markedText(of messages: [JSON], inputs: TemplateInputs) throws -> (text: String, spans: [Range<Int>]) {
    try template.renderWithSpans(
      messages: messages, tools: inputs.tools, addGenerationPrompt: false, variables: inputs.allVariables)
  }
}

extension TemplateInputs {
  fileprivate var allVariables: JSONObject {
    var all = variables
    if let documents { all["documents"] = documents }
    return all
  }
}
