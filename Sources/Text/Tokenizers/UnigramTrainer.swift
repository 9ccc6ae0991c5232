import Basics
import Foundation

/// Learns a Unigram vocabulary as SentencePiece and `UnigramTrainer` of Hugging Face tokenizers do: from more pieces
/// than are wanted, those are dropped again and again without which the texts stay likeliest.
///
/// The tokenizer has the stages of the reference's `SentencePieceUnigramTokenizer`: words begin with ▁ (Metaspace).
/// Special tokens come first, then the bytes of byte fallback, then the pieces, likeliest first.
public struct UnigramTrainer: TokenizerTrainer {
  /// How texts are rewritten before they are cut, by SentencePiece's names.
  public enum NormalizationRule: String, Sendable, CaseIterable {
    /// Controls vanish, line ends and odd spaces become spaces, then as `nfkc`.
    case nmtNFKC = "nmt_nfkc"
    /// Unicode's form NFKC, and one space for many.
    case nfkc
    /// Texts are left as they are.
    case identity
  }

  /// The number of tokens; fewer when the texts do not give so many.
  public var vocabularySize: Int
  /// Tokens with the first ids, found in text as a whole and skipped by decoding; `unknownToken` is one of them, the
  /// first where it is not listed.
  public var specialTokens: [String]
  /// Stands for characters that the vocabulary lacks.
  public var unknownToken: String
  /// The share of the texts' characters that get a token of their own, the most frequent ones first; in (0, 1].
  public var characterCoverage: Double
  /// Whether characters without a token are written as the tokens of their UTF-8 bytes, so that nothing is lost.
  public var byteFallback: Bool
  public var normalizationRule: NormalizationRule

  /// Pieces have at most so many scalars, and training begins with at most so many, as in the references.
  private static let maximumPieceLength = 16
  private static let maximumSeedCount = 1_000_000
  /// The share of the pieces that is left when the rest is dropped, and the steps of estimation before that.
  private static let shrinkingFactor = 0.75
  private static let stepsPerRound = 2
  /// Longer words are learnt in parts, as SentencePiece leaves longer sentences out.
  private static let longestWord = 4096

  public init(
    vocabularySize: Int, specialTokens: [String] = [], unknownToken: String = "<unk>", characterCoverage: Double = 1,
    byteFallback: Bool = false, normalizationRule: NormalizationRule = .nmtNFKC
  ) {
    self.vocabularySize = vocabularySize
    self.specialTokens = specialTokens
    self.unknownToken = unknownToken
    self.characterCoverage = characterCoverage
    self.byteFallback = byteFallback
    self.normalizationRule = normalizationRule
  }

  public func emptyCorpus() throws -> TrainingCorpus {
    try TrainingCorpus(normalizer: normalizer, preTokenizer: Self.metaspace, longestWord: Self.longestWord)
  }

  /// - Throws: `TuneError.usage` when the vocabulary cannot hold the special tokens and the characters, `TuneError.data`
  ///   when there is no text.
  public func tokenizerFile(_ corpus: TrainingCorpus, progress: (_ done: Int, _ total: Int) -> Void) throws -> JSON {
    try corpus.requireText()
    let words = UnigramWords(corpus.words, coverage: characterCoverage)
    let fixed = fixedTokens
    let least = fixed.count + words.characters.count
    guard least <= vocabularySize, vocabularySize <= Vocabulary.maximumSize else {
      throw TuneError.usage(
        "a vocabulary of \(vocabularySize) tokens was asked for; expected at least \(least), for "
          + "\(words.characters.count) characters and \(fixed.count) special tokens and bytes (a lower character "
          + "coverage needs fewer), and at most \(Vocabulary.maximumSize)")
    }
    let pieceCount = vocabularySize - fixed.count
    let estimate = trained(words, pieceCount: pieceCount, progress)
    return file(fixed, Self.finalPieces(estimate, count: pieceCount).filter { !fixed.contains(ExactString($0.text)) })
  }

  private func trained(
    _ words: UnigramWords, pieceCount: Int, _ progress: (_ done: Int, _ total: Int) -> Void
  ) -> UnigramEstimate {
    var estimate = UnigramEstimate(
      words,
      seeds: UnigramSeeds.pieces(words, maximumLength: Self.maximumPieceLength, limit: Self.maximumSeedCount))
    // A tenth more than wanted, from which the last pieces are chosen after they have been estimated.
    let wanted = pieceCount * 11 / 10
    var done = 0
    while true {
      for _ in 0..<Self.stepsPerRound {
        estimate.improve()
        done += 1
        progress(done, done + Self.stepsLeft(from: estimate.pieces.count, to: wanted))
      }
      if estimate.pieces.count <= wanted { return estimate }
      estimate.prune(to: max(wanted, Int(Double(estimate.pieces.count) * Self.shrinkingFactor)))
    }
  }

  private static func stepsLeft(from count: Int, to wanted: Int) -> Int {
    guard count > wanted else { return 0 }
    return Int((log(Double(wanted) / Double(count)) / log(shrinkingFactor)).rounded(.up)) * stepsPerRound
  }

  /// The characters of the texts and the best other pieces, likeliest first.
  private static func finalPieces(_ estimate: UnigramEstimate, count: Int) -> [(text: String, score: Double)] {
    let words = estimate.words
    var scores: [UInt32: Double] = [:]
    for piece in estimate.pieces where piece.length == 1 { scores[words.text[piece.range.lowerBound]] = piece.score }
    var penalty = 0.0
    var pieces = words.characters.map { character -> (text: String, score: Double) in
      let text = String(scalars: [character.scalar])
      if let score = scores[character.scalar] { return (text, score) }
      // Rare ones that were dropped get about the least score, each another.
      defer { penalty += 0.0001 }
      return (text, estimate.leastScore + penalty)
    }
    let others = estimate.pieces.filter { $0.length > 1 }.prefix(count - pieces.count)
    pieces += others.map { (String(scalars: words.text[$0.range]), $0.score) }
    return pieces.enumerated().sorted {
      $0.element.score != $1.element.score ? $0.element.score > $1.element.score : $0.offset < $1.offset
    }.map { $0.element }
  }
}

extension UnigramTrainer {
  private static let metaspace: JSON = [
    "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true,
  ]

  private var normalizer: JSON {
    let spaces: JSON = ["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "]
    return switch normalizationRule {
    case .nmtNFKC: ["type": "Sequence", "normalizers": [["type": "Nmt"], ["type": "NFKC"], spaces]]
    case .nfkc: ["type": "Sequence", "normalizers": [["type": "NFKC"], spaces]]
    case .identity: .null
    }
  }

  private var allSpecialTokens: [String] {
    var seen: Set<ExactString> = []
    let listed = specialTokens.contains { $0.isSame(as: unknownToken) }
    return ((listed ? [] : [unknownToken]) + specialTokens).filter { seen.insert(ExactString($0)).inserted }
  }

  /// The tokens that are not learnt.
  private var fixedTokens: [ExactString] {
    let bytes = byteFallback ? (0..<256).map { String(format: "<0x%02X>", $0) } : []
    return (allSpecialTokens + bytes).map { ExactString($0) }
  }

  private func file(_ fixed: [ExactString], _ pieces: [(text: String, score: Double)]) -> JSON {
    let entries: [JSON] =
      fixed.map { [.string($0.text), .number(0)] }
      + pieces.map { [.string($0.text), .number(Self.rounded($0.score))] }
    let unknownID = fixed.firstIndex(of: ExactString(unknownToken)) ?? 0
    return file(
      added: addedTokens(allSpecialTokens), normalizer: normalizer, preTokenizer: Self.metaspace,
      decoder: byteFallback
        ? ["type": "Sequence", "decoders": [["type": "ByteFallback"], Self.metaspace]] : Self.metaspace,
      model: [
        "type": "Unigram", "unk_id": .integer(unknownID), "vocab": .array(entries),
        "byte_fallback": .bool(byteFallback),
      ])
  }

  /// With ten decimals every reader of JSON finds the same number, also one that multiplies digits with a power of ten.
  private static func rounded(_ score: Double) -> Double { (score * 1e10).rounded() / 1e10 }
}
