import Basics

/// WordPiece: from the left, the longest token that fits; inside a word tokens begin with a prefix such as `##`.
///
/// Source: Devlin et al., "BERT", 2018; details as in the `WordPiece` model of Hugging Face tokenizers.
struct WordPieceModel: TokenModel {
  let unknownID: Int?
  private let beginnings: ScalarTrie
  private let continuations: ScalarTrie
  /// A longer word is unknown.
  private let maximumLength: Int

  init(_ value: FileValue, _ vocabulary: Vocabulary) throws {
    unknownID = try unknownTokenID(value, vocabulary, default: "[UNK]")
    maximumLength = try value["max_input_chars_per_word"]?.integer() ?? 100
    let prefix = [UInt32](scalarsOf: try value["continuing_subword_prefix"]?.string() ?? "##")
    let tokens = vocabulary.tokens.indices.compactMap { id in
      vocabulary.token(id).map { (scalars: [UInt32](scalarsOf: $0), number: id) }
    }
    beginnings = ScalarTrie(tokens, keepsLast: true)
    continuations = ScalarTrie(
      tokens.filter { $0.scalars.starts(with: prefix) }
        .map { (Array($0.scalars.dropFirst(prefix.count)), $0.number) }, keepsLast: true)
  }

  func encode(_ pieces: Pieces, into ids: inout [Int]) {
    var start = 0
    for end in pieces.ends {
      let count = ids.count
      var position = end - start > maximumLength ? -1 : start
      while position >= 0, position < end {
        let trie = position == start ? beginnings : continuations
        guard let match = trie.longestMatch(in: pieces.scalars, position..<end) else {
          position = -1
          break
        }
        ids.append(match.number)
        position = match.end
      }
      if position < 0 {
        ids.removeLast(ids.count - count)
        if let unknownID { ids.append(unknownID) }
      }
      start = end
    }
  }
}

/// WordLevel: each piece is a token or unknown.
struct WordLevelModel: TokenModel {
  let unknownID: Int?
  private let trie: ScalarTrie

  init(_ value: FileValue, _ vocabulary: Vocabulary) throws {
    unknownID = try unknownTokenID(value, vocabulary, default: "<unk>")
    trie = ScalarTrie(
      vocabulary.tokens.indices.compactMap { id in vocabulary.token(id).map { ([UInt32](scalarsOf: $0), id) } },
      keepsLast: true)
  }

  func encode(_ pieces: Pieces, into ids: inout [Int]) {
    var start = 0
    for end in pieces.ends {
      if let match = trie.longestMatch(in: pieces.scalars, start..<end), match.end == end {
        ids.append(match.number)
      } else if let unknownID {
        ids.append(unknownID)
      }
      start = end
    }
  }
}

/// The id of the token for what is unknown; a model of words cannot do without.
private func unknownTokenID(_ value: FileValue, _ vocabulary: Vocabulary, default name: String) throws -> Int {
  let token = try value["unk_token"]?.string() ?? name
  guard let id = vocabulary.id(of: token) else {
    throw value.failure("has the unk_token \"\(token)\", which is not in the vocabulary; fetch the file again")
  }
  return id
}
