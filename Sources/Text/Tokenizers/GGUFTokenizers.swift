import Basics

extension GGUFVocabulary {
  /// The types of tokens, as llama.cpp numbers them; other numbers count as normal.
  private var pieceTypes: [SentencePieceModel.PieceType] {
    tokens.indices.map { id in
      tokenTypes.indices.contains(id) ? SentencePieceModel.PieceType(rawValue: tokenTypes[id]) ?? .normal : .normal
    }
  }

  /// The SentencePiece model that the models "llama" (BPE) and "t5" (Unigram) are.
  func sentencePieceModel() -> SentencePieceModel {
    let isUnigram = model == "t5"
    let types = pieceTypes
    var result = SentencePieceModel(
      kind: isUnigram ? .unigram : .bytePair, pieces: tokens, scores: scores, types: types,
      hasByteFallback: types.contains(.byte), unknownID: unknownID ?? types.firstIndex(of: .unknown), bosID: bosID,
      eosID: eosID, padID: paddingID, characters: precompiledCharacters, addsPrefix: addsSpacePrefix ?? true,
      removesExtraSpaces: removesExtraSpaces ?? isUnigram, addsBOS: addBOS ?? !isUnigram, addsEOS: addEOS ?? isUnigram)
    result.findsUserDefinedFirst = !isUnigram
    return result
  }

  /// The tokenizer.json of the model "bert": its tokens are written with "▁" before words and nothing inside them.
  ///
  /// Whether it knows upper case is told by its tokens.
  func wordPieceFile() -> JSON {
    var knowsUpperCase = false
    let written = tokens.map { token -> String in
      if token.hasPrefix("["), token.hasSuffix("]"), token.unicodeScalars.count > 1 { return token }
      if token.utf8.contains(where: { (0x41...0x5A).contains($0) }) { knowsUpperCase = true }
      return token.unicodeScalars.first == "▁" ? String(token.unicodeScalars.dropFirst()) : "##" + token
    }
    func id(_ token: String) -> Int? { written.firstIndex { $0.isSame(as: token) } }
    let unknown = unknownID.map { written[$0] } ?? "[UNK]"
    return [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { token in
          id(token).map { id in
            [
              "id": .integer(id), "content": .string(token), "single_word": false, "lstrip": false, "rstrip": false,
              "normalized": false, "special": true,
            ]
          }
        }),
      "normalizer": [
        "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": .null,
        "lowercase": .bool(!knowsUpperCase),
      ],
      "pre_tokenizer": ["type": "BertPreTokenizer"],
      "post_processor": templateProcessing(before: id("[CLS]") ?? bosID, after: id("[SEP]") ?? eosID) { written[$0] },
      "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true],
      "model": [
        "type": "WordPiece", "unk_token": .string(unknown), "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": .object(JSONObject(entries: written.enumerated().map { .init(key: $1, value: .integer($0)) })),
      ],
    ]
  }
}
