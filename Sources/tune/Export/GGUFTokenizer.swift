import Basics
import Foundation
import Models
import Text

extension LoadedModel {
  /// The keys `tokenizer.*` of a GGUF file with this model: those of the GGUF file that it came from, or the tokenizer's.
  ///
  /// - Throws: `TuneError.data` for a tokenizer that llama.cpp does not have.
  func ggufTokenizer() throws -> [GGUFEntry] {
    if !Tokenizer.isIn(folder: path), name != EmbeddedFiles.modelName, let file = try ModelFiles.open(path).gguf {
      var vocabulary = try GGUFVocabulary(file)
      let isOwnTemplate =
        vocabulary.chatTemplate.map { Array($0.utf8) } == tokenizer.chatTemplate.map { Array($0.utf8) }
      (vocabulary.chatTemplate, vocabulary.namedChatTemplates) = (tokenizer.chatTemplate, [])
      return file.metadata.filter { $0.key.hasPrefix("tokenizer.") && (isOwnTemplate || !isTemplate($0.key)) }
        .sorted { $0.key < $1.key }
        .compactMap { key, value in GGUFField(copying: value).map { GGUFEntry(key, $0) } }
        + (isOwnTemplate ? [] : vocabulary.templateEntries)
    }
    var vocabulary = try GGUFVocabulary(tokenizer, size: model.dimensions.vocabularySize)
    vocabulary.eosID = vocabulary.eosID ?? model.config.tokenIDs("eos_token_id").first
    guard vocabulary.eosID != nil else {
      throw TuneError.data(
        "\(tokenizer.name): names no end-of-text token, for which llama.cpp would take another; add eos_token to "
          + "tokenizer_config.json")
    }
    return vocabulary.entries
  }

  private func isTemplate(_ key: String) -> Bool { key.hasPrefix("tokenizer.chat_template") }
}

extension GGUFVocabulary {
  /// The keys of a GGUF file.
  fileprivate var entries: [GGUFEntry] {
    var entries = [
      GGUFEntry("tokenizer.ggml.model", .string(model)), GGUFEntry("tokenizer.ggml.pre", .string(preTokenizer)),
      GGUFEntry("tokenizer.ggml.tokens", .strings(tokens)),
      GGUFEntry("tokenizer.ggml.token_type", .int32s(tokenTypes.map { Int32(clamping: $0) })),
    ]
    if !scores.isEmpty { entries.append(GGUFEntry("tokenizer.ggml.scores", .float32s(scores))) }
    if model == "gpt2" { entries.append(GGUFEntry("tokenizer.ggml.merges", .strings(merges))) }
    for (key, id) in [("bos", bosID), ("eos", eosID), ("unknown", unknownID), ("padding", paddingID)] {
      if let id { entries.append(GGUFEntry("tokenizer.ggml.\(key)_token_id", .uint32(UInt32(clamping: id)))) }
    }
    let flags = [("add_bos_token", addBOS), ("add_eos_token", addEOS), ("add_space_prefix", addsSpacePrefix)]
    for (key, flag) in flags {
      if let flag { entries.append(GGUFEntry("tokenizer.ggml.\(key)", .bool(flag))) }
    }
    return entries + templateEntries
  }

  /// Source: gguf-py, gguf_writer.py, `add_chat_template`.
  fileprivate var templateEntries: [GGUFEntry] {
    // Letters and digits alone, as there.
    let names = namedChatTemplates.map { template in
      String(template.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
    var entries = zip(names, namedChatTemplates).map { GGUFEntry("tokenizer.chat_template.\($0)", .string($1.source)) }
    if !entries.isEmpty { entries.append(GGUFEntry("tokenizer.chat_templates", .strings(names))) }
    if let chatTemplate { entries.append(GGUFEntry("tokenizer.chat_template", .string(chatTemplate))) }
    return entries
  }
}
