/// The way in which SentencePiece rewrites a text before it is cut.
///
/// Source: `Normalizer::Normalize` of SentencePiece 0.2.
struct SentencePieceNormalization: Sendable {
  /// A table of replacements, of which the longest counts; nil changes nothing.
  var characters: PrecompiledCharacters?
  /// Whether a space is put in front.
  var addsPrefix = true
  /// Whether spaces at both ends go and others in a row become one.
  var removesExtraSpaces = true
  /// Whether spaces become "▁".
  var escapesSpaces = true
  /// Tokens that are not rewritten.
  var kept = ScalarTrie([])

  static let space: UInt32 = 0x2581

  func applied(to text: [UInt32]) -> [UInt32] {
    let rewritten = parts(of: text)
    var pieces = rewritten[...]
    if removesExtraSpaces { pieces = pieces.drop { $0 == [0x20] } }
    guard !pieces.isEmpty else { return [] }
    let space = escapesSpaces ? Self.space : 0x20
    var result: [UInt32] = addsPrefix ? [space] : []
    result.reserveCapacity(text.count + 1)
    var followsSpace = removesExtraSpaces
    for piece in pieces {
      var piece = piece[...]
      if followsSpace { piece = piece.drop { $0 == 0x20 } }
      for scalar in piece { result.append(scalar == 0x20 ? space : scalar) }
      if let last = piece.last { followsSpace = removesExtraSpaces && last == 0x20 }
    }
    if removesExtraSpaces { while result.last == space { result.removeLast() } }
    return result
  }

  /// What each stretch of the text becomes that is rewritten as one.
  private func parts(of text: [UInt32]) -> [[UInt32]] {
    guard characters != nil || kept.numbers.count > 1 else { return text.map { [$0] } }
    var bytes: [UInt8] = []
    var offsets: [Int] = []
    for scalar in text {
      offsets.append(bytes.count)
      forEachUTF8Byte(of: scalar) { bytes.append($0) }
    }
    var parts: [[UInt32]] = []
    parts.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if let match = kept.longestMatch(in: text, position..<text.count) {
        parts.append(Array(text[position..<match.end]))
        position = match.end
      } else if let match = characters?.longestReplacement(of: bytes[offsets[position]...]) {
        parts.append([UInt32](scalarsOf: String(decoding: match.text, as: UTF8.self)))
        let end = offsets[position] + match.length
        while position < text.count, offsets[position] < end { position += 1 }
      } else {
        parts.append([text[position]])
        position += 1
      }
    }
    return parts
  }
}
