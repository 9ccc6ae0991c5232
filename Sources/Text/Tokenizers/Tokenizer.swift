import Basics
import Foundation

/// Turns text into token ids and back, exactly as the tokenizer.json of a Hugging Face folder says.
///
/// Its stages are in files of their own, named as the keys of tokenizer.json.
public struct Tokenizer: Sendable {
  /// The file or model it came from, for messages.
  public let name: String
  public let bosID: Int?
  public let eosID: Int?
  public let padID: Int?
  public let unknownID: Int?
  /// The Jinja template that renders a conversation.
  public let chatTemplate: String?
  /// The ids that `decode` skips.
  public let specialIDs: Set<Int>

  let decoder: TokenDecoder
  /// What was read, to be written again.
  let file: JSON
  let configuration: JSON?
  private let vocabulary: Vocabulary
  private let rawTokens: AddedTokens
  private let normalizedTokens: AddedTokens
  private let normalizer: Normalizer
  private let preTokenizer: PreTokenizer
  private let model: any TokenModel
  private let postProcessor: PostProcessor

  /// - Parameters:
  ///   - jsonFile: the content of tokenizer.json.
  ///   - configuration: the content of tokenizer_config.json, from which come the special tokens and the chat template
  ///     (a string, or a list of `name` and `template`).
  ///   - name: how messages call the file.
  /// - Throws: `TuneError.data` naming the place of what is damaged or not supported.
  public init(jsonFile: JSON, configuration: JSON?, name: String) throws {
    let stages = try TokenizerFile(jsonFile, name: name)
    let settings = try TokenizerConfiguration(configuration, name: "\(name) (tokenizer_config.json)")
    let vocabulary = stages.vocabulary
    func id(_ token: String?) -> Int? { token.flatMap { vocabulary.id(of: $0) } }

    // transformers adds the tokens that the configuration names special.
    var added = stages.addedTokens
    for token in settings.specialTokens {
      guard let id = vocabulary.id(of: token) else { continue }
      if let index = added.firstIndex(where: { $0.id == id }) {
        added[index].isSpecial = true
      } else {
        added.append(AddedToken(id: id, content: token))
      }
    }
    self.name = name
    file = jsonFile
    self.configuration = configuration
    self.vocabulary = vocabulary
    bosID = id(settings.beginToken)
    eosID = id(settings.endToken)
    padID = id(settings.paddingToken)
    unknownID = stages.unknownID ?? id(settings.unknownToken)
    chatTemplate = settings.chatTemplate
    specialIDs = Set(added.filter(\.isSpecial).map(\.id))
    rawTokens = AddedTokens(added.filter { !$0.isNormalized }) { $0 }
    normalizedTokens = AddedTokens(added.filter(\.isNormalized), normalize: stages.normalizer.normalized)
    normalizer = stages.normalizer
    preTokenizer = stages.preTokenizer
    model = stages.model
    decoder = stages.decoder
    postProcessor = stages.postProcessor
  }

  /// The highest id plus one.
  public var vocabularySize: Int { vocabulary.size }

  /// The token as the file writes it (byte-level tokens in their own alphabet); nil for an unused id.
  public func token(_ id: Int) -> String? { vocabulary.token(id) }

  public func id(of token: String) -> Int? { vocabulary.id(of: token) }

  /// The ids of a text. Special tokens written in the text are recognised.
  ///
  /// - Parameter addSpecialTokens: whether to put the tokens around it that the file's post-processor names.
  public func encode(_ text: String, addSpecialTokens: Bool) -> [Int] {
    var ids = addSpecialTokens ? postProcessor.prefix : []
    let scalars = [UInt32](scalarsOf: text)
    for segment in rawTokens.segments(of: scalars) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range): encodeText(range.count == scalars.count ? scalars : Array(scalars[range]), into: &ids)
      }
    }
    if addSpecialTokens { ids += postProcessor.suffix }
    return ids
  }

  /// The text of ids; bytes that are no UTF-8 become U+FFFD, ids outside the vocabulary nothing (see `check`).
  public func decode(_ ids: some Sequence<Int>, skipSpecialTokens: Bool = true) -> String {
    var stream = decoder(skipSpecialTokens: skipSpecialTokens)
    for id in ids { stream.add(id) }
    return stream.finish()
  }

  /// A decoder that takes ids one by one.
  public func decoder(skipSpecialTokens: Bool = true) -> StreamingDecoder {
    StreamingDecoder(self, skipsSpecialTokens: skipSpecialTokens)
  }

  /// - Throws: `TuneError.data` naming the first id outside `0..<vocabularySize`.
  public func check(ids: some Sequence<Int>) throws {
    for (index, id) in ids.enumerated() where id < 0 || id >= vocabularySize {
      throw TuneError.data(
        "\(name): token id \(id) at index \(index) is outside the vocabulary; expected 0 to \(vocabularySize - 1); "
          + "use the tokenizer that made the ids")
    }
  }

  private func encodeText(_ text: [UInt32], into ids: inout [Int]) {
    let text = normalizer.normalized(text)
    for segment in normalizedTokens.segments(of: text) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range):
        model.encode(preTokenizer.pieces(of: range.count == text.count ? text : Array(text[range])), into: &ids)
      }
    }
  }
}
