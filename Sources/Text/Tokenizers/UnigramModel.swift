import Basics

/// Unigram: of all ways to write a piece in tokens, the one with the highest sum of log-probabilities.
///
/// Source: Kudo, "Subword Regularization", 2018; details as in the `Unigram` model of Hugging Face tokenizers, whose
/// best path is found by `encode_optimized` of SentencePiece.
struct UnigramModel: TokenModel {
  let unknownID: Int?
  private let scores: [Double]
  private let unknownScore: Double
  private let trie: ScalarTrie
  private let vocabulary: Vocabulary
  private let byteIDs: [Int?]
  /// Sums are rounded as SentencePiece's are, and tokens that its user defined win.
  private let sentencePiece: SentencePieceScores?

  /// What an unknown scalar costs beyond the least likely token.
  private static let unknownPenalty = 10.0

  init(_ value: FileValue, _ vocabulary: Vocabulary, sentencePiece: SentencePieceScores? = nil) throws {
    self.sentencePiece = sentencePiece
    self.vocabulary = vocabulary
    let list = try value.required("vocab").list()
    scores = try list.enumerated().map { index, entry in
      guard let score = entry.arrayValue?.last?.doubleValue else {
        throw value.failure("has the entry \(index) \(entry.text()); expected a token and its log-probability")
      }
      return sentencePiece == nil ? Self.asRead(score) : score
    }
    unknownID = try value["unk_id"]?.integer()
    if let unknownID, !scores.indices.contains(unknownID) {
      throw value.failure("has unk_id \(unknownID); expected 0 to \(scores.count - 1); fetch the file again")
    }
    let least = sentencePiece?.leastScore ?? scores.min() ?? 0
    unknownScore = least - Self.unknownPenalty
    byteIDs = try value.flag("byte_fallback", default: false) ? BPEModel.byteIDs(in: vocabulary) : []
    trie = ScalarTrie(
      scores.indices.compactMap { id in
        guard sentencePiece?.isSkipped(id) != true, let token = vocabulary.token(id) else { return nil }
        return ([UInt32](scalarsOf: token), id)
      }, keepsLast: true)
  }

  /// A score as serde_json reads it for the Rust library: its digits over a power of ten, which may be a bit beside the
  /// nearest number, and decides between sums that are all but equal.
  private static func asRead(_ score: Double) -> Double {
    let parts = "\(score.magnitude)".split(separator: ".")
    guard parts.count == 2, let digits = UInt64(parts[0] + parts[1]), let power = Double("1e\(parts[1].utf8.count)")
    else { return score }
    return score.sign == .minus ? -Double(digits) / power : Double(digits) / power
  }

  /// The best way to write the first scalars of a piece: its score, and its last token.
  private struct Path {
    var score: Double
    var start: Int32
    var id: Int32
  }

  func encode(_ pieces: Pieces, into ids: inout [Int]) {
    var paths: [Path] = []
    var found: [(range: Range<Int>, id: Int)] = []
    var start = 0
    for end in pieces.ends {
      findPaths(pieces.scalars, start..<end, &paths)
      found.removeAll(keepingCapacity: true)
      var position = end
      while position > start {
        let path = paths[position - start]
        let tokenStart = start + Int(path.start)
        // Unknown scalars in a row are one.
        if path.id < 0, let last = found.last, last.id < 0, last.range.lowerBound == position {
          found[found.count - 1].range = tokenStart..<last.range.upperBound
        } else {
          found.append((tokenStart..<position, Int(path.id)))
        }
        position = tokenStart
      }
      for token in found.reversed() {
        if token.id >= 0 { ids.append(token.id) } else { appendUnknown(pieces.scalars[token.range], to: &ids) }
      }
      start = end
    }
  }

  private func findPaths(_ text: [UInt32], _ range: Range<Int>, _ paths: inout [Path]) {
    let none = Path(score: 0, start: -1, id: -1)
    paths.removeAll(keepingCapacity: true)
    for _ in 0...range.count { paths.append(none) }
    for start in range {
      let offset = start - range.lowerBound
      let score = paths[offset].score
      var hasSingle = false
      var node: UInt32 = 0
      var position = start
      while position < range.upperBound, let next = trie.child(of: node, text[position]) {
        node = next
        position += 1
        let id = trie.numbers[Int(node)]
        guard id >= 0 else { continue }
        if position == start + 1 { hasSingle = true }
        offer(
          Path(score: score + own(Int(id), position - start), start: Int32(offset), id: id),
          to: &paths[position - range.lowerBound])
      }
      if !hasSingle {
        offer(Path(score: score + unknownScore, start: Int32(offset), id: -1), to: &paths[offset + 1])
      }
    }
  }

  private func own(_ id: Int, _ length: Int) -> Double {
    sentencePiece?.userDefinedScore(id) ?? scores[id]
  }

  @inline(__always)
  private func offer(_ path: Path, to best: inout Path) {
    var path = path
    if sentencePiece != nil { path.score = Double(Float(path.score)) }
    if best.start < 0 || path.score > best.score { best = path }
  }

  private func appendUnknown(_ scalars: ArraySlice<UInt32>, to ids: inout [Int]) {
    if let id = vocabulary.id(of: String(scalars: scalars)), id < scores.count {
      ids.append(id)
      return
    }
    var bytes: [Int?] = []
    if !byteIDs.isEmpty {
      for scalar in scalars { forEachUTF8Byte(of: scalar) { bytes.append(byteIDs[Int($0)]) } }
      if !bytes.contains(nil) {
        ids += bytes.compactMap { $0 }
        return
      }
    }
    if let unknownID { ids.append(unknownID) }
  }
}
