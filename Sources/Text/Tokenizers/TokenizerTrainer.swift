import Basics

/// Learns the tokens of a tokenizer from texts.
///
///     var corpus = try trainer.emptyCorpus()
///     try corpus.add(texts)
///     let file = try trainer.tokenizerFile(corpus) { done, total in … }
public protocol TokenizerTrainer: Sendable {
  /// A corpus whose texts are rewritten and cut as the tokenizer to be learnt does it.
  func emptyCorpus() throws -> TrainingCorpus

  /// The tokenizer.json of what is learnt; equal for equal texts in the same order, on any number of threads.
  ///
  /// - Parameter progress: takes from time to time how many steps are done and about how many there are.
  /// - Throws: `TuneError.usage` for options that cannot be met, `TuneError.data` for a corpus without text.
  func tokenizerFile(_ corpus: TrainingCorpus, progress: (_ done: Int, _ total: Int) -> Void) throws -> JSON
}

extension TokenizerTrainer {
  /// The tokenizer.json of what is learnt from texts in memory.
  public func tokenizerFile(_ texts: [String]) throws -> JSON {
    var corpus = try emptyCorpus()
    try corpus.add(texts)
    return try tokenizerFile(corpus) { _, _ in }
  }

  /// - Parameter configuration: a tokenizer_config.json that names the roles of the special tokens.
  public func train(_ texts: [String], configuration: JSON? = nil, name: String) throws -> Tokenizer {
    try Tokenizer(jsonFile: tokenizerFile(texts), configuration: configuration, name: name)
  }

  /// The key `added_tokens` for special tokens, whose ids are their places.
  func addedTokens(_ special: [String]) -> JSON {
    .array(
      special.enumerated().map { id, token in
        [
          "id": .integer(id), "content": .string(token), "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true,
        ]
      })
  }

  /// A tokenizer.json with all keys that the reference expects.
  func file(added: JSON, normalizer: JSON, preTokenizer: JSON, decoder: JSON, model: JSON) -> JSON {
    [
      "version": "1.0",
      "truncation": .null,
      "padding": .null,
      "added_tokens": added,
      "normalizer": normalizer,
      "pre_tokenizer": preTokenizer,
      "post_processor": .null,
      "decoder": decoder,
      "model": model,
    ]
  }
}

/// What a tokenizer learns from: the different pieces of the texts, and how often each occurs.
public struct TrainingCorpus: Sendable {
  /// So many scalars of different pieces are taken, for a trainer needs some 40 bytes for each.
  private static let maximumScalars = 1 << 26

  public private(set) var textCount = 0
  /// Unicode scalars of the texts as they were given.
  public private(set) var characterCount = 0
  private(set) var words: WordCounter
  private let normalizer: Normalizer
  private let preTokenizer: PreTokenizer

  /// - Parameters:
  ///   - normalizer: the key of a tokenizer.json, as `preTokenizer` is.
  ///   - longestWord: pieces with more scalars are counted in parts of this length.
  init(normalizer: JSON, preTokenizer: JSON, longestWord: Int = .max) throws {
    let file = FileValue(["normalizer": normalizer, "pre_tokenizer": preTokenizer], name: "the trainer")
    self.normalizer = try Normalizer(file["normalizer"])
    self.preTokenizer = try PreTokenizer(file["pre_tokenizer"])
    words = WordCounter(longestWord: longestWord)
  }

  /// Counts texts; quickest with thousands at a time, which are cut on all threads.
  ///
  /// - Throws: `TuneError.data` when the different pieces have become too many for the memory.
  public mutating func add(_ texts: [String]) throws {
    var cut = [(pieces: Pieces, characters: Int)](repeating: (Pieces(), 0), count: texts.count)
    cut.withUnsafeMutableBufferPointer { cut in
      nonisolated(unsafe) let cut = cut
      parallelRanges(texts.count, grain: 16) { range in
        for index in range {
          let scalars = [UInt32](scalarsOf: texts[index])
          cut[index] = (preTokenizer.pieces(of: normalizer.normalized(scalars)), scalars.count)
        }
      }
    }
    for (pieces, characters) in cut {
      words.add(pieces)
      characterCount += characters
    }
    textCount += texts.count
    guard words.scalars.count <= Self.maximumScalars else {
      throw TuneError.data(
        "the texts have more than \(Self.maximumScalars) characters of different words; train on a part of them")
    }
  }

  /// - Throws: `TuneError.data` when no text had anything to learn from.
  func requireText() throws {
    guard !words.counts.isEmpty else {
      throw TuneError.data("the \(textCount) texts to train on are empty; expected text to learn tokens from")
    }
  }
}
