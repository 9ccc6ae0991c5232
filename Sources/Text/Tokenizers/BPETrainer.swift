import Basics

/// Learns a byte-level BPE vocabulary: special tokens first, then the 256 bytes, then one token a merge.
///
/// The most frequent pair is merged first; of equally frequent ones that with the lower ids. The result is that of
/// `BpeTrainer` of Hugging Face tokenizers with the byte-level alphabet.
public struct BPETrainer: TokenizerTrainer {
  /// The number of tokens to stop at; fewer when the texts have no more pairs.
  public var vocabularySize: Int
  /// Pairs that are rarer are not merged.
  public var minimumFrequency: Int
  /// Tokens with the first ids, found in text as a whole and skipped by decoding.
  public var specialTokens: [String]
  /// Whether each digit is a piece of its own.
  public var splitsDigits: Bool

  public init(
    vocabularySize: Int, minimumFrequency: Int = 2, specialTokens: [String] = [], splitsDigits: Bool = false
  ) {
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
    self.splitsDigits = splitsDigits
  }

  public func emptyCorpus() throws -> TrainingCorpus {
    try TrainingCorpus(normalizer: .null, preTokenizer: preTokenizerJSON)
  }

  /// - Throws: `TuneError.usage` when the vocabulary cannot hold the special tokens and the bytes, `TuneError.data` when
  ///   there is no text.
  public func tokenizerFile(_ corpus: TrainingCorpus, progress: (_ done: Int, _ total: Int) -> Void) throws -> JSON {
    var tokens: [String] = []
    var ids: [ExactString: UInt32] = [:]
    let alphabet = ByteLevelAlphabet.scalars.sorted()
    for token in specialTokens + alphabet.map({ String(scalars: [$0]) }) where ids[ExactString(token)] == nil {
      ids[ExactString(token)] = UInt32(tokens.count)
      tokens.append(token)
    }
    guard tokens.count <= vocabularySize, vocabularySize <= Vocabulary.maximumSize else {
      throw TuneError.usage(
        "a vocabulary of \(vocabularySize) tokens was asked for; expected at least \(tokens.count), for the bytes and "
          + "the special tokens, and at most \(Vocabulary.maximumSize)")
    }
    try corpus.requireText()

    var learner = MergeLearner(corpus.words) { ids[ExactString(String(scalars: [$0]))] ?? 0 }
    var merges: [(left: UInt32, right: UInt32)] = []
    let total = vocabularySize - tokens.count
    while tokens.count < vocabularySize, let pair = learner.mostFrequentPair(atLeast: max(1, minimumFrequency)) {
      let token = tokens[Int(pair.left)] + tokens[Int(pair.right)]
      let id = ids[ExactString(token)] ?? UInt32(tokens.count)
      if Int(id) == tokens.count {
        ids[ExactString(token)] = id
        tokens.append(token)
      }
      merges.append((pair.left, pair.right))
      learner.merge(pair, into: id)
      if merges.count % 64 == 0 { progress(min(merges.count, total), total) }
    }
    return file(tokens, merges)
  }

  private var preTokenizerJSON: JSON {
    let byteLevel: JSON = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true]
    guard splitsDigits else { return byteLevel }
    return ["type": "Sequence", "pretokenizers": [["type": "Digits", "individual_digits": true], byteLevel]]
  }

  private func file(_ tokens: [String], _ merges: [(left: UInt32, right: UInt32)]) -> JSON {
    // Two ways to the same token can make a pair appear twice; its last rank counts.
    var seen: Set<UInt64> = []
    let kept = merges.reversed().filter { seen.insert(PairTable.key($0.left, $0.right)).inserted }.reversed()
    return file(
      added: addedTokens(Array(tokens.prefix(specialTokenCount))), normalizer: .null, preTokenizer: preTokenizerJSON,
      decoder: ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
      model: [
        "type": "BPE",
        "dropout": .null,
        "unk_token": .null,
        "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null,
        "fuse_unk": false,
        "byte_fallback": false,
        "ignore_merges": false,
        "vocab": .object(
          JSONObject(entries: tokens.enumerated().map { JSONObject.Entry(key: $1, value: .integer($0)) })),
        "merges": .array(kept.map { [.string(tokens[Int($0.left)]), .string(tokens[Int($0.right)])] }),
      ])
  }

  private var specialTokenCount: Int { Set(specialTokens.map { ExactString($0) }).count }
}
