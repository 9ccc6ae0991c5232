import Basics
import Datasets
import Foundation
import Models
import Text

/// The tokenizer and chat template of a model, without its weights.
struct LoadedTokenizer {
  let name: String
  let tokenizer: Tokenizer
  let chatTemplate: ChatTemplate?
  /// Whether the model is an encoder and a decoder, as a config.json beside the tokenizer says.
  private var readsSource = false

  /// - Parameters:
  ///   - name: as `LoadedModel` takes it; a folder needs the tokenizer's files alone, and no others are fetched. Also a
  ///     tokenizer.json, a SentencePiece model or a tiktoken file.
  ///   - flag: the flag that gave the name, for messages.
  ///   - choice: another chat template, as `--chat-template` names it.
  ///   - console: shows how far a download is.
  init(_ name: String?, flag: String = "--tokenizer", chatTemplate choice: String? = nil, console: Console) throws {
    var tokenizer: Tokenizer
    if let name, name != EmbeddedFiles.modelName {
      let path = try HubModels.resolve(name, flag: flag, content: .tokenizer, console: console)
      let isFile = [".json", ".model", ".tiktoken"].contains { path.hasSuffix($0) }
      let isFolder = Tokenizer.isIn(folder: path)
      tokenizer =
        if isFile {
          try Tokenizer(file: path)
        } else {
          try isFolder ? Tokenizer(folder: path) : LoadedModel.tokenizer(of: try ModelFiles.open(path))
        }
      self.name = (name as NSString).lastPathComponent
      let config = isFolder ? try? JSON(contentsOf: "\(path)/config.json") : nil
      readsSource = config?["is_encoder_decoder"]?.boolValue ?? false
    } else {
      tokenizer = try EmbeddedFiles.tokenizer()
      self.name = EmbeddedFiles.modelName
    }
    if let choice { tokenizer = tokenizer.with(chatTemplate: try ChatTemplateChoice.source(choice, of: tokenizer)) }
    self.tokenizer = tokenizer
    chatTemplate = try LoadedModel.chatTemplate(of: tokenizer)
  }

  func checks(maxLength: Int?) -> TokenChecks {
    TokenChecks(
      model: name, encoding: TokenizerEncoding(tokenizer, readsSource: readsSource),
      conversations: chatTemplate.map { ChatTemplateRendering($0) }, beginID: tokenizer.bosID,
      stopIDs: Self.stopIDs(tokenizer, chatTemplate), maxLength: maxLength)
  }

  /// Tokens that end an answer, as far as the tokenizer and the chat template say: the end of text, the mark that the
  /// template writes after an answer, and the marks by which chat models of known families end a turn.
  static func stopIDs(_ tokenizer: Tokenizer, _ chatTemplate: ChatTemplate?) -> Set<Int> {
    let turnEnd = chatTemplate.flatMap {
      TurnEnd.id(ChatTemplateRendering($0), TokenizerEncoding(tokenizer))
    }
    return Set(turnEnds.compactMap { tokenizer.id(of: $0) } + [turnEnd, tokenizer.eosID].compactMap { $0 })
  }

  private static let turnEnds = ["<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|eom_id|>", "<|endoftext|>"]
}
