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
  /// The Jinja templates that render a conversation; nil where there is none.
  public internal(set) var chatTemplates: ChatTemplateSources?
  /// The ids that `decode` skips.
  public let specialIDs: Set<Int>
  /// The ids of tokens that stand beside the model's vocabulary, such as `<|im_end|>`; the special ones among them.
  public let addedIDs: Set<Int>

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
  ///     (a string, or several by name).
  ///   - name: how messages call the file.
  /// - Throws: `TuneError.data` naming the place of what is damaged or not supported.
  public init(jsonFile: JSON, configuration: JSON?, name: String) throws {
    try self.init(
      stages: TokenizerFile(jsonFile, name: name), file: jsonFile, configuration: configuration, name: name)
  }

  /// - Parameter file: the tokenizer.json that says the same, or comes nearest.
  init(stages: TokenizerFile, file: JSON, configuration: JSON?, name: String) throws {
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
    self.file = file
    self.configuration = configuration
    self.vocabulary = vocabulary
    bosID = id(settings.beginToken)
    eosID = id(settings.endToken)
    padID = id(settings.paddingToken)
    unknownID = stages.unknownID ?? id(settings.unknownToken)
    chatTemplates = settings.chatTemplates
    specialIDs = Set(added.filter(\.isSpecial).map(\.id))
    addedIDs = Set(added.map(\.id))
    // Special tokens win over others of the same content.
    let ranked = added.filter(\.isSpecial) + added.filter { !$0.isSpecial }
    rawTokens = AddedTokens(ranked.filter { !$0.isNormalized }) { $0 }
    normalizedTokens = AddedTokens(ranked.filter(\.isNormalized)) {
      stages.normalizesTokens ? stages.normalizer.normalized($0) : $0
    }
    normalizer = stages.normalizer
    preTokenizer = stages.preTokenizer
    model = stages.model
    decoder = stages.decoder
    postProcessor = stages.postProcessor
  }

  /// The template that renders a conversation without tools.
  public var chatTemplate: String? { chatTemplates?[ChatTemplateSources.defaultName] }

  /// The highest id plus one.
  public var vocabularySize: Int { vocabulary.size }

  /// The token as the file writes it (byte-level tokens in their own alphabet); nil for an unused id.
  public func token(_ id: Int) -> String? { vocabulary.token(id) }

  public func id(of token: String) -> Int? { vocabulary.id(of: token) }

  /// Whether every id means the same token, so that two models' probabilities are about the same.
  public func hasSameTokens(as other: Tokenizer) -> Bool {
    vocabularySize == other.vocabularySize
      && (0..<vocabularySize).allSatisfy { id in
        switch (token(id), other.token(id)) {
        case (let own?, let their?): own.isSame(as: their)
        case (nil, nil): true
        default: false
        }
      }
  }

  /// The ids of a text. Special tokens written in the text are recognised.
  ///
  /// - Parameter addSpecialTokens: whether to put the tokens around it that the file's post-processor names.
  public func encode(_ text: String, addSpecialTokens: Bool) -> [Int] {
    let ids = encodeText(text)
    guard addSpecialTokens else { return ids }
    var result: [Int] = []
    result.reserveCapacity(ids.count + postProcessor.single.count)
    for part in postProcessor.single {
      if case .token(let id, _) = part { result.append(id) } else { result += ids }
    }
    return result
  }

  /// The ids that `encode` puts before and after a text.
  public var surroundingIDs: (before: [Int], after: [Int]) {
    func ids(_ parts: some Sequence<PostProcessor.Part>) -> [Int] {
      var ids: [Int] = []
      for part in parts {
        guard case .token(let id, _) = part else { break }
        ids.append(id)
      }
      return ids
    }
    return (ids(postProcessor.single), ids(postProcessor.single.reversed()).reversed())
  }

  /// The ids of two texts that belong together, such as a question and an answer, with the type of each: the number of
  /// its text, where the file's post-processor says nothing else.
  public func encode(_ first: String, pairedWith second: String, addSpecialTokens: Bool) -> (ids: [Int], types: [Int]) {
    let texts = (encodeText(first), encodeText(second))
    var ids: [Int] = [], types: [Int] = []
    for part in postProcessor.pair {
      let (added, type) =
        switch part {
        case .first(let type): (texts.0, addSpecialTokens ? type : 0)
        case .second(let type): (texts.1, addSpecialTokens ? type : 1)
        case .token(let id, let type): (addSpecialTokens ? [id] : [], type)
        }
      ids += added
      types += Array(repeating: type, count: added.count)
    }
    return (ids, types)
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

  private func encodeText(_ text: String) -> [Int] {
    var ids: [Int] = []
    let scalars = [UInt32](scalarsOf: text)
    for segment in rawTokens.segments(of: scalars) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range):
        let text = range.count == scalars.count ? scalars : Array(scalars[range])
        encode(normalizer.normalized(text), beginsText: range.lowerBound == 0, into: &ids)
      }
    }
    return ids
  }

  private func encode(_ text: [UInt32], beginsText: Bool, into ids: inout [Int]) {
    for segment in normalizedTokens.segments(of: text) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range):
        let isFirst = beginsText && range.lowerBound == 0
        let text = range.count == text.count ? text : Array(text[range])
        model.encode(preTokenizer.pieces(of: text, beginsText: isFirst), into: &ids)
      }
    }
  }
}
