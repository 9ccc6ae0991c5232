import Basics

/// tokenizer_config.json: which tokens are special, and the chat templates.
///
/// `add_bos_token` and `add_eos_token` are left aside: what stands around a text is the post-processor's of
/// tokenizer.json, as in transformers 5 (checked with 5.23).
struct TokenizerConfiguration {
  var beginToken: String?
  var endToken: String?
  var paddingToken: String?
  var unknownToken: String?
  var chatTemplates: ChatTemplateSources?

  init(_ json: JSON?, name: String) throws {
    guard let json else { return }
    let file = FileValue(json, name: name)
    _ = try file.object()
    beginToken = try Self.token(file["bos_token"])
    endToken = try Self.token(file["eos_token"])
    paddingToken = try Self.token(file["pad_token"])
    unknownToken = try Self.token(file["unk_token"])
    chatTemplates = try file["chat_template"].map { try ChatTemplateSources($0) }
  }

  var specialTokens: [String] { [beginToken, endToken, paddingToken, unknownToken].compactMap { $0 } }

  /// A token as a string or as an object with its `content`.
  private static func token(_ value: FileValue?) throws -> String? {
    guard let value else { return nil }
    return try value.json.objectValue == nil ? value.string() : value.required("content").string()
  }
}
