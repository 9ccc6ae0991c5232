import Basics

/// A model's chat template: turns messages into the text that the model was trained on.
///
/// Configured as `apply_chat_template` of the library transformers: `messages`, `tools`, `documents`,
/// `add_generation_prompt`, the special tokens and any further variable are visible to the template. Of several named
/// templates "tool_use" renders conversations with tools and "default" all others.
public struct ChatTemplate: Sendable {
  private let name: String
  private let names: [String]
  private let template: JinjaTemplate?
  private let toolUseTemplate: JinjaTemplate?
  private let specialTokens: [String: String]

  /// - Parameter specialTokens: by their names in the tokenizer's configuration: `bos_token`, `eos_token`.
  /// - Throws: `TuneError.data` with `name:line:column` when the source is no template.
  public init(_ source: String, name: String, specialTokens: [String: String]) throws {
    try self.init(ChatTemplateSources(source), name: name, specialTokens: specialTokens)
  }

  /// - Throws: `TuneError.data` with `name:line:column` when a source is no template.
  public init(_ sources: ChatTemplateSources, name: String, specialTokens: [String: String]) throws {
    func template(_ key: String) throws -> JinjaTemplate? {
      try sources[key].map { source in
        let isSole = sources.named.count == 1
        return try JinjaTemplate(source, name: isSole ? name : "\(name) \(key)", options: .chat)
      }
    }
    self.name = name
    self.specialTokens = specialTokens
    names = sources.names
    self.template = try template(ChatTemplateSources.defaultName)
    toolUseTemplate = try template(ChatTemplateSources.toolUseName)
  }

  /// The text of a chat.
  ///
  /// - Parameters:
  ///   - messages: objects with `role` and `content`.
  ///   - tools: descriptions of functions as JSON schemas; nil means none.
  ///   - addGenerationPrompt: true ends the text with the beginning of the assistant's turn.
  ///   - variables: further variables such as `enable_thinking`; they win over those above.
  /// - Throws: `TuneError.data` when the template refuses the messages, or when there are named templates and none is
  ///   for such a chat.
  public func render(
    messages: [JSON], tools: JSON? = nil, addGenerationPrompt: Bool, variables: JSONObject = [:],
    environment: JinjaEnvironment = JinjaEnvironment()
  ) throws -> String {
    try chosen(for: tools).render(
      context(messages, tools, addGenerationPrompt, variables), environment: environment)
  }

  /// The text of a chat and the UTF-8 byte ranges that the assistant wrote, as `{% generation %}` marks them; there are
  /// none where the template has no such mark.
  public func renderWithSpans(
    messages: [JSON], tools: JSON? = nil, addGenerationPrompt: Bool, variables: JSONObject = [:],
    environment: JinjaEnvironment = JinjaEnvironment()
  ) throws -> (text: String, spans: [Range<Int>]) {
    try chosen(for: tools).renderWithSpans(
      context(messages, tools, addGenerationPrompt, variables), environment: environment)
  }

  private func chosen(for tools: JSON?) throws -> JinjaTemplate {
    let hasTools = tools.map { !$0.isNull } ?? false
    if let template = (hasTools ? toolUseTemplate : nil) ?? template { return template }
    throw TuneError.data(
      "\(name): the model has the chat templates \(names.joined(separator: ", ")) but none called default; "
        + "choose one with --chat-template")
  }

  private func context(
    _ messages: [JSON], _ tools: JSON?, _ addGenerationPrompt: Bool, _ variables: JSONObject
  ) -> JSONObject {
    var context: JSONObject = [
      "messages": .array(messages), "tools": tools ?? .null, "documents": .null,
      "add_generation_prompt": .bool(addGenerationPrompt),
    ]
    for (name, token) in specialTokens.sorted(by: { $0.key < $1.key }) { context[name] = .string(token) }
    for entry in variables { context[entry.key] = entry.value }
    return context
  }
}
