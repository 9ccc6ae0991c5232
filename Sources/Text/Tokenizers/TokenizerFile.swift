import Basics

/// The stages of a tokenizer.json, one for each of its keys.
///
/// `truncation` and `padding` are left aside: they are settings of a run, not of the tokenizer.
struct TokenizerFile {
  /// All tokens, the added ones too.
  var vocabulary: Vocabulary
  let addedTokens: [AddedToken]
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let model: any TokenModel
  let postProcessor: PostProcessor
  let decoder: TokenDecoder
  /// The model's token for what the vocabulary lacks.
  let unknownID: Int?
  /// Whether tokens that are found in normalized text are normalized themselves before.
  var normalizesTokens = true

  init(_ json: JSON, name: String) throws {
    let file = FileValue(json, name: name)
    _ = try file.object()
    normalizer = try Normalizer(file["normalizer"])
    preTokenizer = try PreTokenizer(file["pre_tokenizer"])
    (vocabulary, model) = try readTokenModel(file.required("model"))
    unknownID = model.unknownID
    postProcessor = try PostProcessor(file["post_processor"])
    decoder = try TokenDecoder(file["decoder"])

    var added: [AddedToken] = []
    for value in try file["added_tokens"]?.array() ?? [] {
      var token = try AddedToken(value)
      if let id = vocabulary.id(of: token.content) {
        token.id = id
      } else {
        if let other = vocabulary.token(token.id) {
          throw value.failure(
            "gives \"\(token.content)\" the id \(token.id), which is the token \"\(other)\"; fetch the file again")
        }
        try vocabulary.add(token.content, id: token.id, from: value)
      }
      added.append(token)
    }
    addedTokens = added
  }
}
