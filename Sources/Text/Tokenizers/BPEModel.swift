import Basics

/// Byte-pair encoding: each piece begins as single scalars; the pair that was learnt first is merged first.
///
/// Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016; details as in the
/// `BPE` model of Hugging Face tokenizers.
struct BPEModel: TokenModel {
  let unknownID: Int?
  private let vocabulary: Vocabulary
  /// `rank << 32 | id` of the token that a pair makes.
  private let merges: PairTable
  private let fusesUnknown: Bool
  /// A piece that is itself a token is not taken apart (Llama 3).
  private let ignoresMerges: Bool
  /// The ids of the tokens `<0x00>` to `<0xFF>`, which spell what the vocabulary lacks; empty without byte fallback.
  private let byteIDs: [Int?]
  /// Written before each scalar of a piece but the first, and behind the last, in the tokens of the vocabulary.
  private let affixes: Affixes?
  /// The ids of single scalars: a table for the low ones, among which the byte-level alphabet is.
  private let lowScalarIDs: [UInt32]
  private let highScalarIDs: [UInt32: UInt32]

  private static let noID = UInt32.max
  /// Up to this length the next pair to merge is found by looking at all.
  private static let longestScanned = 48

  init(_ value: FileValue, _ vocabulary: Vocabulary) throws {
    if let dropout = value["dropout"], dropout.json.doubleValue != 0 {
      throw dropout.failure("is set; expected null, because encoding would be random; set it to null")
    }
    self.vocabulary = vocabulary
    unknownID = try value["unk_token"].flatMap { vocabulary.id(of: try $0.string()) }
    fusesUnknown = try value.flag("fuse_unk", default: false)
    ignoresMerges = try value.flag("ignore_merges", default: false)
    let affixes = Affixes(
      prefix: try value["continuing_subword_prefix"]?.string() ?? "",
      suffix: try value["end_of_word_suffix"]?.string() ?? "")
    self.affixes = affixes.isEmpty ? nil : affixes
    merges = try Self.readMerges(value.required("merges"), vocabulary, prefix: affixes.prefix)
    byteIDs = try value.flag("byte_fallback", default: false) ? Self.byteIDs(in: vocabulary) : []

    (lowScalarIDs, highScalarIDs) = Self.scalarIDs(vocabulary)
  }

  private static func scalarIDs(_ vocabulary: Vocabulary) -> (low: [UInt32], high: [UInt32: UInt32]) {
    var low = [UInt32](repeating: noID, count: 0x200)
    var high: [UInt32: UInt32] = [:]
    for token in vocabulary.tokens {
      guard let token, let scalar = token.unicodeScalars.first?.value, token.unicodeScalars.count == 1,
        let id = vocabulary.id(of: token)
      else { continue }
      if scalar < 0x200 { low[Int(scalar)] = UInt32(id) } else { high[scalar] = UInt32(id) }
    }
    return (low, high)
  }

  /// SentencePiece's way: the pair whose piece has the best score is merged first.
  init(_ model: SentencePieceModel, _ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    unknownID = model.unknownID
    (fusesUnknown, ignoresMerges, affixes) = (true, false, nil)
    byteIDs = model.hasByteFallback ? Self.byteIDs(in: vocabulary) : []
    let pairs = model.pairs
    var merges = PairTable(capacity: pairs.count)
    for pair in pairs {
      merges.set(UInt32(pair.left), UInt32(pair.right), to: UInt64(pair.rank) << 32 | UInt64(pair.joined))
    }
    self.merges = merges
    (lowScalarIDs, highScalarIDs) = Self.scalarIDs(vocabulary)
  }

  /// The token that spells a byte, such as `<0x0A>`.
  static func byteToken(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "<0x0\(digits)>" : "<0x\(digits)>"
  }

  /// The ids of the tokens for the 256 bytes, where there are such tokens; empty where there are none.
  static func byteIDs(in vocabulary: Vocabulary) -> [Int?] {
    let ids = (0..<256).map { vocabulary.id(of: byteToken(UInt8($0))) }
    return ids.contains { $0 != nil } ? ids : []
  }

  private struct Affixes: Sendable {
    let prefix: String
    let suffix: String

    var isEmpty: Bool { prefix.isEmpty && suffix.isEmpty }
  }

  func encode(_ pieces: Pieces, into ids: inout [Int]) {
    var symbols: [UInt32] = []
    var pairs: [UInt64] = []
    var start = 0
    for end in pieces.ends {
      let range = start..<end
      start = end
      if ignoresMerges, let id = vocabulary.id(of: String(scalars: pieces.scalars[range])) {
        ids.append(id)
        continue
      }
      symbols.removeAll(keepingCapacity: true)
      appendSymbols(of: pieces.scalars, range, to: &symbols)
      if symbols.count <= Self.longestScanned {
        mergeByScanning(&symbols, &pairs)
      } else {
        mergeByQueue(&symbols)
      }
      for symbol in symbols { ids.append(Int(symbol)) }
    }
  }

  /// One id for each scalar, or what stands for a scalar that is no token.
  ///
  /// As in the reference, an unknown scalar waits for the next known one, and bytes pass it.
  private func appendSymbols(of text: [UInt32], _ range: Range<Int>, to symbols: inout [UInt32]) {
    var hasWaiting = false
    for position in range {
      let id = symbol(text, position, range)
      if id != Self.noID {
        if hasWaiting, let unknownID { symbols.append(UInt32(unknownID)) }
        hasWaiting = false
        symbols.append(id)
      } else if !appendBytes(text, position, range, to: &symbols), let unknownID {
        if hasWaiting, !fusesUnknown { symbols.append(UInt32(unknownID)) }
        hasWaiting = true
      }
    }
    if hasWaiting, let unknownID { symbols.append(UInt32(unknownID)) }
  }

  private func symbol(_ text: [UInt32], _ position: Int, _ range: Range<Int>) -> UInt32 {
    if affixes != nil {
      return vocabulary.id(of: written(text, position, range)).map { UInt32($0) } ?? Self.noID
    }
    let scalar = text[position]
    return scalar < 0x200 ? lowScalarIDs[Int(scalar)] : highScalarIDs[scalar] ?? Self.noID
  }

  /// A scalar as the vocabulary writes it at its place.
  private func written(_ text: [UInt32], _ position: Int, _ range: Range<Int>) -> String {
    let scalar = String(scalars: CollectionOfOne(text[position]))
    guard let affixes else { return scalar }
    return (position > range.lowerBound ? affixes.prefix : "") + scalar
      + (position + 1 == range.upperBound ? affixes.suffix : "")
  }

  /// Whether every byte of a scalar has a token; appends these.
  private func appendBytes(
    _ text: [UInt32], _ position: Int, _ range: Range<Int>, to symbols: inout [UInt32]
  ) -> Bool {
    guard !byteIDs.isEmpty else { return false }
    let count = symbols.count
    for byte in written(text, position, range).utf8 {
      guard let id = byteIDs[Int(byte)] else {
        symbols.removeLast(symbols.count - count)
        return false
      }
      symbols.append(UInt32(id))
    }
    return true
  }

  private func mergeByScanning(_ symbols: inout [UInt32], _ pairs: inout [UInt64]) {
    guard symbols.count > 1 else { return }
    pairs.removeAll(keepingCapacity: true)
    for index in 1..<symbols.count { pairs.append(merges.value(symbols[index - 1], symbols[index])) }
    while true {
      var best = PairTable.absent
      var place = 0
      // By rank alone: of equal ones the leftmost.
      for index in pairs.indices where pairs[index] >> 32 < best >> 32 {
        best = pairs[index]
        place = index
      }
      guard best != PairTable.absent else { return }
      symbols[place] = UInt32(truncatingIfNeeded: best)
      symbols.remove(at: place + 1)
      pairs.remove(at: place)
      if place > 0 { pairs[place - 1] = merges.value(symbols[place - 1], symbols[place]) }
      if place < pairs.count { pairs[place] = merges.value(symbols[place], symbols[place + 1]) }
    }
  }

  /// The same for long pieces in time n log n: a queue of `rank << 32 | place`, with the symbols as a linked list.
  private func mergeByQueue(_ symbols: inout [UInt32]) {
    let count = symbols.count
    var next = (1...count).map { Int32($0) }
    var previous = (0..<count).map { Int32($0 - 1) }
    var queue = Heap<UInt64>()
    func enqueue(_ place: Int) {
      guard place >= 0, Int(next[place]) < count else { return }
      let value = merges.value(symbols[place], symbols[Int(next[place])])
      if value != PairTable.absent { queue.push((value >> 32) << 32 | UInt64(place)) }
    }
    for place in 0..<count - 1 { enqueue(place) }
    while let top = queue.pop() {
      let place = Int(UInt32(truncatingIfNeeded: top))
      // A symbol that was merged away is marked; a pair that changed since has another rank.
      guard symbols[place] != Self.noID, Int(next[place]) < count else { continue }
      let right = Int(next[place])
      let value = merges.value(symbols[place], symbols[right])
      guard value != PairTable.absent, value >> 32 == top >> 32 else { continue }
      symbols[place] = UInt32(truncatingIfNeeded: value)
      symbols[right] = Self.noID
      next[place] = next[right]
      if Int(next[right]) < count { previous[Int(next[right])] = Int32(place) }
      enqueue(Int(previous[place]))
      enqueue(place)
    }
    symbols.removeAll { $0 == Self.noID }
  }

  /// Merges as `"a b"` or `["a", "b"]`, in the order in which they were learnt.
  private static func readMerges(_ value: FileValue, _ vocabulary: Vocabulary, prefix: String) throws -> PairTable {
    let list = try value.list()
    var table = PairTable(capacity: list.count)
    for (rank, merge) in list.enumerated() {
      guard let (left, right) = parts(of: merge) else {
        throw value.failure(
          "has merge \(rank) as \(merge.text()); expected \"a b\" or [\"a\", \"b\"]; "
            + "fetch the file again")
      }
      func id(_ token: String) throws -> UInt32 {
        guard let id = vocabulary.id(of: token) else {
          throw value.failure(
            "has merge \(rank) \(merge.text()), whose token \"\(token)\" is not in the vocabulary; "
              + "fetch the file again")
        }
        return UInt32(id)
      }
      table.set(try id(left), try id(right), to: UInt64(rank) << 32 | UInt64(try id(left + unprefixed(right, prefix))))
    }
    return table
  }

  /// As the reference does, without a look at what the first bytes are.
  private static func unprefixed(_ token: String, _ prefix: String) -> String {
    prefix.isEmpty ? token : String(decoding: token.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  private static func parts(of merge: JSON) -> (String, String)? {
    switch merge {
    case .string(let text):
      let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
      return parts.count == 2 ? (String(Substring(parts[0])), String(Substring(parts[1]))) : nil
    case .array(let pair):
      guard pair.count == 2, let left = pair[0].stringValue, let right = pair[1].stringValue else { return nil }
      return (left, right)
    default: return nil
    }
  }
}
