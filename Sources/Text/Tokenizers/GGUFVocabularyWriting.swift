import Basics

extension GGUFVocabulary {
  private enum TokenType: Int { case normal = 1, unknown, control, userDefined, unused, byte }

  /// The tokenizer in the form of GGUF files: byte-level BPE as "gpt2", BPE over characters with bytes for unknown ones
  /// (Llama 2, Mistral, Gemma) as "llama".
  ///
  /// - Parameter size: the rows of the model's embedding; ids that the tokenizer does not have become unused tokens.
  /// - Throws: `TuneError.data` for another kind of tokenizer, or a way of cutting text that llama.cpp has no name for.
  public init(_ tokenizer: Tokenizer, size: Int) throws {
    let file = FileValue(tokenizer.file, name: tokenizer.name), model = try file.required("model")
    guard try model["type"]?.string() ?? "BPE" == "BPE" else {
      throw file.failure(
        "has a model of type \(model["type"]?.json.text() ?? ""), which cannot be written as GGUF; expected BPE")
    }
    let stages = Self.flattened(tokenizer.file["pre_tokenizer"], key: "pretokenizers")
    let isByteLevel = stages.contains { $0["type"] == "ByteLevel" }
    guard isByteLevel || model["byte_fallback"]?.json == true else {
      throw file.failure("is neither byte-level BPE nor BPE with byte_fallback, which GGUF files hold")
    }
    let count = max(size, tokenizer.vocabularySize)
    let tokens = (0..<count).map { tokenizer.token($0) ?? "[PAD\($0)]" }
    let merges = try (model["merges"]?.array() ?? []).map { merge in
      try merge.json.arrayValue == nil ? merge.string() : merge.array().map { try $0.string() }.joined(separator: " ")
    }
    let (addsBOS, addsEOS) = try Self.surrounding(tokenizer)
    self.init(
      tokens: tokens, tokenTypes: Self.types(of: tokens, tokenizer, hasBytes: !isByteLevel), merges: merges,
      model: isByteLevel ? "gpt2" : "llama", preTokenizer: "default", bosID: tokenizer.bosID, eosID: tokenizer.eosID,
      unknownID: tokenizer.unknownID, paddingID: tokenizer.padID, addBOS: addsBOS, addEOS: addsEOS,
      chatTemplate: tokenizer.chatTemplate)
    namedChatTemplates = tokenizer.chatTemplates?.furtherTemplates ?? []
    if isByteLevel {
      preTokenizer = try Self.preTokenizer(stages, ignoresMerges: model["ignore_merges"]?.json == true, file)
    } else {
      scores = Self.scores(of: tokens, merges)
      self.merges = []
      // llama.cpp finds these in the text as it is given, before spaces become "▁".
      for id in tokens.indices where tokenTypes[id] == TokenType.userDefined.rawValue {
        let scalars = [UInt32](scalarsOf: tokens[id])
        self.tokens[id] = String(scalars: scalars.map { $0 == SentencePieceNormalization.space ? 0x20 : $0 })
      }
      let normalizers = Self.flattened(tokenizer.file["normalizer"], key: "normalizers")
      addsSpacePrefix =
        normalizers.contains { $0["type"] == "Prepend" }
        || stages.contains { $0["type"] == "Metaspace" && $0["prepend_scheme"] != "never" }
    }
  }

  /// The stages of a sequence, or the one stage.
  private static func flattened(_ json: JSON?, key: String) -> [JSON] {
    guard let json, !json.isNull else { return [] }
    return json[key]?.arrayValue.map { $0.flatMap { flattened($0, key: key) } } ?? [json]
  }

  private static func types(of tokens: [String], _ tokenizer: Tokenizer, hasBytes: Bool) -> [Int] {
    let userDefined = Set(
      (tokenizer.file["added_tokens"]?.arrayValue ?? []).filter { $0["special"] != true }.compactMap {
        $0["id"]?.intValue
      })
    return tokens.indices.map { id in
      let type: TokenType =
        if tokenizer.token(id) == nil {
          .unused
        } else if hasBytes && id == tokenizer.unknownID {
          .unknown
        } else if tokenizer.specialIDs.contains(id) {
          .control
        } else if userDefined.contains(id) {
          .userDefined
        } else if hasBytes && isByte(tokens[id]) {
          .byte
        } else {
          .normal
        }
      return type.rawValue
    }
  }

  /// `<0x00>` to `<0xFF>`.
  private static func isByte(_ token: String) -> Bool {
    token.utf8.count == 6 && token.hasPrefix("<0x") && token.hasSuffix(">")
      && UInt8(token.dropFirst(3).dropLast(), radix: 16) != nil
  }

  /// Whether a text begins with the beginning token and ends with the end token.
  private static func surrounding(_ tokenizer: Tokenizer) throws -> (begins: Bool, ends: Bool) {
    let bare = tokenizer.encode("a", addSpecialTokens: false)
    let whole = tokenizer.encode("a", addSpecialTokens: true)
    for (begins, ends) in [(false, false), (true, false), (false, true), (true, true)] {
      let before = begins ? [tokenizer.bosID] : [], after = ends ? [tokenizer.eosID] : []
      if whole.map({ Optional($0) }) == before + bare.map({ Optional($0) }) + after { return (begins, ends) }
    }
    throw TuneError.data(
      "\(tokenizer.name): puts tokens around a text that are not its beginning and end tokens; GGUF files know those alone"
    )
  }

  /// llama.cpp joins the pair whose token has the highest score: the earlier a token was learnt, the higher.
  private static func scores(of tokens: [String], _ merges: [String]) -> [Float] {
    var ranks: [ExactString: Int] = [:]
    for (rank, merge) in merges.enumerated() {
      guard let space = merge.utf8.dropFirst().firstIndex(of: UInt8(ascii: " ")) else { continue }
      let joined = ExactString(String(merge[..<space]) + String(merge[merge.utf8.index(after: space)...]))
      if ranks[joined] == nil { ranks[joined] = rank }
    }
    return tokens.map { -Float(ranks[ExactString($0)] ?? merges.count) }
  }
}

// MARK: - Names of pre-tokenizers

extension GGUFVocabulary {
  /// Of the names that mean the same, the one that converters write.
  private static let writtenNames = ["gpt-2", "smollm", "llama-bpe", "dbrx", "qwen2", "gpt-4o", "tekken", "falcon"]

  /// llama.cpp's name of a way of cutting text.
  private static func preTokenizer(_ stages: [JSON], ignoresMerges: Bool, _ file: FileValue) throws -> String {
    for name in writtenNames {
      guard let known = GGUFPreTokenizer(name: name), known.ignoresMerges == ignoresMerges else { continue }
      if flattened(known.json, key: "pretokenizers").map(meaning) == stages.map(meaning) { return name }
    }
    throw file.failure(
      "cuts text in a way that llama.cpp has no name for; expected one of \(writtenNames.joined(separator: ", "))")
  }

  /// What a stage does, without what makes no difference to ids.
  private static func meaning(_ stage: JSON) -> [JSON] {
    let type = stage["type"] ?? .null
    switch type.stringValue {
    case "ByteLevel": return [type, stage["add_prefix_space"] ?? true, stage["use_regex"] ?? true]
    case "Digits": return [type, stage["individual_digits"] ?? false]
    case "Split": return [type, stage["pattern"] ?? .null, stage["behavior"] ?? .null, stage["invert"] ?? false]
    default: return [stage]
    }
  }
}
