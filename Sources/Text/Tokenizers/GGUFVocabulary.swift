import Basics

/// The tokenizer of a GGUF file as plain values: its keys `tokenizer.ggml.*` and `tokenizer.chat_template`.
public struct GGUFVocabulary: Sendable {
  /// `tokenizer.ggml.tokens`, in the order of their ids.
  public var tokens: [String]
  /// `token_type` of each: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. Empty: all normal.
  public var tokenTypes: [Int]
  /// `"a b"`, in the order in which they were learnt.
  public var merges: [String]
  /// `tokenizer.ggml.scores` of each: the models "llama" and "t5" have them.
  public var scores: [Float]
  /// The kind of model: "gpt2" is byte-level BPE, "llama" SentencePiece's BPE, "t5" its Unigram, "bert" WordPiece.
  public var model: String
  /// `tokenizer.ggml.pre`: llama.cpp's name of the pre-tokenizer.
  public var preTokenizer: String
  public var bosID: Int?
  public var eosID: Int?
  public var unknownID: Int?
  public var paddingID: Int?
  public var addBOS: Bool?
  public var addEOS: Bool?
  public var chatTemplate: String?
  /// Further templates by name: `tokenizer.chat_template.NAME`.
  public var namedChatTemplates: [ChatTemplateSources.Named] = []
  /// `tokenizer.ggml.add_space_prefix`, of "llama" and "t5".
  public var addsSpacePrefix: Bool?
  /// `tokenizer.ggml.remove_extra_whitespaces`, of "t5".
  public var removesExtraSpaces: Bool?
  /// `tokenizer.ggml.precompiled_charsmap`, of "t5".
  public var precompiledCharacters: [UInt8]

  public init(
    tokens: [String], tokenTypes: [Int], merges: [String], model: String, preTokenizer: String, bosID: Int? = nil,
    eosID: Int? = nil, unknownID: Int? = nil, paddingID: Int? = nil, addBOS: Bool? = nil, addEOS: Bool? = nil,
    chatTemplate: String? = nil, scores: [Float] = [], addsSpacePrefix: Bool? = nil, removesExtraSpaces: Bool? = nil,
    precompiledCharacters: [UInt8] = []
  ) {
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    self.merges = merges
    self.model = model
    self.preTokenizer = preTokenizer
    self.bosID = bosID
    self.eosID = eosID
    self.unknownID = unknownID
    self.paddingID = paddingID
    self.addBOS = addBOS
    self.addEOS = addEOS
    self.chatTemplate = chatTemplate
    self.scores = scores
    self.addsSpacePrefix = addsSpacePrefix
    self.removesExtraSpaces = removesExtraSpaces
    self.precompiledCharacters = precompiledCharacters
  }
}

extension Tokenizer {
  /// The tokenizer of a GGUF file, by way of the tokenizer.json that says the same, or comes nearest.
  ///
  /// - Throws: `TuneError.data` for another kind of model, an unknown pre-tokenizer, ids that do not fit.
  public init(gguf: GGUFVocabulary, name: String) throws {
    try gguf.check(name: name)
    switch gguf.model {
    case "gpt2":
      guard let cutting = GGUFPreTokenizer(name: gguf.preTokenizer) else {
        throw TuneError.data(
          "\(name): tokenizer.ggml.pre is \"\(gguf.preTokenizer)\", which is not known; expected one of "
            + "\(GGUFPreTokenizer.names.joined(separator: ", ")); use the model's Hugging Face folder")
      }
      try self.init(jsonFile: gguf.tokenizerFile(cutting), configuration: gguf.configuration(), name: name)
    case "llama", "t5":
      let model = gguf.sentencePieceModel()
      try model.check(FileValue(.null, name: name, path: "the tokenizer"))
      try self.init(sentencePiece: model, configuration: gguf.configuration(), name: name)
    case "bert": try self.init(jsonFile: gguf.wordPieceFile(), configuration: nil, name: name)
    case let model:
      throw TuneError.data(
        "\(name): tokenizer.ggml.model is \"\(model)\", which is not supported; expected gpt2, llama, t5 or bert; "
          + "use the model's Hugging Face folder")
    }
  }
}

extension GGUFVocabulary {
  fileprivate func check(name: String) throws {
    guard tokenTypes.isEmpty || tokenTypes.count == tokens.count else {
      throw TuneError.data(
        "\(name): has \(tokens.count) tokens and \(tokenTypes.count) token types; expected as many; "
          + "fetch the file again")
    }
    for (key, id) in [
      ("bos", bosID), ("eos", eosID), ("unknown", unknownID), ("padding", paddingID),
    ] {
      guard let id, !tokens.indices.contains(id) else { continue }
      throw TuneError.data(
        "\(name): tokenizer.ggml.\(key)_token_id is \(id); expected 0 to \(tokens.count - 1); "
          + "fetch the file again")
    }
  }
}

extension GGUFVocabulary {
  private static let controlType = 3
  private static let userDefinedType = 4

  fileprivate func tokenizerFile(_ cutting: GGUFPreTokenizer) -> JSON {
    [
      "version": "1.0",
      "truncation": .null,
      "padding": .null,
      "added_tokens": .array(addedTokens()),
      "normalizer": .null,
      "pre_tokenizer": cutting.json,
      "post_processor": postProcessor(addsBOSByDefault: cutting.addsBOS),
      "decoder": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
      "model": [
        "type": "BPE",
        "dropout": .null,
        "unk_token": .null,
        "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null,
        "fuse_unk": false,
        "byte_fallback": false,
        "ignore_merges": .bool(cutting.ignoresMerges),
        "vocab": .object(
          JSONObject(entries: tokens.enumerated().map { JSONObject.Entry(key: $1, value: .integer($0)) })),
        "merges": .array(merges.map { .string($0) }),
      ],
    ]
  }

  private func addedTokens() -> [JSON] {
    tokenTypes.indices.filter { tokenTypes[$0] == Self.controlType || tokenTypes[$0] == Self.userDefinedType }
      .map { id in
        let isControl = tokenTypes[id] == Self.controlType
        return [
          "id": .integer(id), "content": .string(tokens[id]), "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": .bool(!isControl), "special": .bool(isControl),
        ]
      }
  }

  /// Puts the beginning and end tokens around a text where the file says so.
  private func postProcessor(addsBOSByDefault: Bool) -> JSON {
    templateProcessing(
      before: addBOS ?? addsBOSByDefault ? bosID : nil, after: addEOS ?? false ? eosID : nil
    ) { tokens[$0] }
  }

  fileprivate func configuration() -> JSON {
    var object: JSONObject = ["tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false]
    for (key, id) in [
      ("bos_token", bosID), ("eos_token", eosID), ("unk_token", unknownID), ("pad_token", paddingID),
    ] {
      if let id { object[key] = .string(tokens[id]) }
    }
    object["chat_template"] = ChatTemplateSources(chatTemplate, named: namedChatTemplates)?.json
    return .object(object)
  }
}
