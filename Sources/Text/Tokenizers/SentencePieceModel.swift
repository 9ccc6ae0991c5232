import Basics

/// A SentencePiece model as plain values, from a `.model` file or from the metadata of a GGUF file.
struct SentencePieceModel {
  enum Kind: Int { case unigram = 1, bytePair, word, character }

  /// The types of pieces, as both files number them.
  enum PieceType: Int { case normal = 1, unknown, control, userDefined, unused, byte }

  var kind = Kind.unigram
  var pieces: [String] = []
  var scores: [Float] = []
  var types: [PieceType] = []
  var hasByteFallback = false
  var unknownID: Int? = 0
  var bosID: Int? = 1
  var eosID: Int? = 2
  var padID: Int?
  var characters: [UInt8] = []
  var addsPrefix = true
  var removesExtraSpaces = true
  var escapesSpaces = true
  var putsSpaceBehind = false
  var addsBOS: Bool?
  var addsEOS: Bool?
  /// Whether pieces that the user defined are found in the text as it is given, as in GGUF files, where they have spaces
  /// for "▁". In `.model` files they are found in the rewritten text.
  var findsUserDefinedFirst = false

  func ids(of type: PieceType) -> [Int] { types.indices.filter { types[$0] == type } }

  /// - Throws: `TuneError.data` for ids and kinds that do not fit.
  func check(_ place: FileValue) throws {
    guard kind == .unigram || kind == .bytePair else {
      throw place.failure("is a model of words or characters; expected Unigram or BPE; use another tokenizer")
    }
    guard !putsSpaceBehind else {
      throw place.failure("puts spaces behind words; expected them before words; use another tokenizer")
    }
    guard pieces.count <= Vocabulary.maximumSize, pieces.count == scores.count, pieces.count == types.count else {
      throw place.failure("has \(pieces.count) pieces, \(scores.count) scores and \(types.count) types; fetch it again")
    }
    for (name, id) in [("unknown", unknownID), ("beginning", bosID), ("end", eosID), ("padding", padID)] {
      guard let id, !pieces.indices.contains(id) else { continue }
      throw place.failure("has the \(name) id \(id); expected 0 to \(pieces.count - 1); fetch the file again")
    }
    guard scores.allSatisfy(\.isFinite) else { throw place.failure("has a score that is not finite; fetch it again") }
  }

  /// The normalizer as SentencePiece itself has it.
  func normalization(_ place: FileValue) throws -> SentencePieceNormalization {
    SentencePieceNormalization(
      characters: characters.isEmpty ? nil : try PrecompiledCharacters(bytes: characters, from: place),
      addsPrefix: addsPrefix, removesExtraSpaces: removesExtraSpaces, escapesSpaces: escapesSpaces,
      kept: ScalarTrie(
        findsUserDefinedFirst ? [] : ids(of: .userDefined).map { ([UInt32](scalarsOf: pieces[$0]), $0) }))
  }
}

/// What SentencePiece's Unigram does otherwise than the Rust library's.
struct SentencePieceScores: Sendable {
  private var userDefined: [Int: Double] = [:]
  private let skipped: [Bool]
  /// The least score of a normal piece.
  let leastScore: Double

  init(_ model: SentencePieceModel) {
    let normal = model.ids(of: .normal).map { model.scores[$0] }
    leastScore = Double(normal.min() ?? 0)
    let greatest = max(normal.max() ?? 0, .leastNormalMagnitude)
    for id in model.ids(of: .userDefined) {
      userDefined[id] = Double(Float(model.pieces[id].utf8.count) * greatest) - 0.1
    }
    skipped = model.types.map { $0 != .normal && $0 != .userDefined }
  }

  func userDefinedScore(_ id: Int) -> Double? { userDefined.isEmpty ? nil : userDefined[id] }
  func isSkipped(_ id: Int) -> Bool { skipped[id] }
}
