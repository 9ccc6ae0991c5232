import Basics
import Foundation

/// Finds texts that are nearly equal to an earlier one: locality-sensitive hashing of MinHash signatures.
///
/// A signature is cut into bands; texts that agree in all rows of one band are candidates, and a candidate counts where
/// the estimated similarity reaches the threshold less two standard deviations, so that at least 95 of 100 pairs at the
/// threshold are found. Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", ch. 3.
///
/// Takes about 250 to 300 bytes a kept text at the default threshold, more at lower ones. Used from one thread; signatures come from many.
public struct NearDuplicates {
  /// The Jaccard similarity of shingles from which two texts count as near duplicates.
  public let threshold: Double
  public let minHash: MinHash
  let bands: Int
  let rows: Int
  private let leastEqualMinima: Int

  /// Blocks of signatures, so that growing neither copies nor holds memory in reserve.
  private var blocks: [[MinHash.Signature]] = []
  /// The place in the order of `insert` of each signature kept.
  private var ordinals: [UInt32] = []
  private var insertions = 0

  /// One table for all bands: an entry of a signature for every band. Tag 0 marks a free place.
  private var tags: [UInt8] = []
  private var entries: [UInt32] = []
  private var entryCount = 0

  private static let blockSize = 1024
  /// Signatures kept under one value of a band: boilerplate must not make insertion quadratic.
  private static let mostEqualBands = 64

  /// - Throws: `TuneError.usage` unless `threshold` is in 0.1...1 and `shingleWords` in 1...100.
  public init(threshold: Double = 0.8, shingleWords: Int = 3) throws {
    guard threshold >= 0.1, threshold <= 1 else {
      throw TuneError.usage("a near-duplicate threshold of \(threshold): expected 0.1 to 1, 0.8 for example")
    }
    self.threshold = threshold
    minHash = try MinHash(shingleWords: shingleWords)
    (bands, rows) = Self.banding(threshold: threshold)
    let deviation = (threshold * (1 - threshold) / Double(MinHash.Signature.count)).squareRoot()
    leastEqualMinima =
      (0...MinHash.Signature.count).first {
        MinHash.Signature.similarity(equalMinima: $0) >= threshold - 2 * deviation - 1e-9
      } ?? MinHash.Signature.count
  }

  /// The most selective banding of 128 minima by which 98 of 100 pairs at the threshold become candidates.
  static func banding(threshold: Double) -> (bands: Int, rows: Int) {
    let chance = threshold + (1 - threshold) / 256
    for rows in stride(from: MinHash.Signature.count, to: 1, by: -1) {
      let bands = max(1, (log(0.02) / log1p(-pow(chance, Double(rows)))).rounded(.up))
      if bands * Double(rows) <= Double(MinHash.Signature.count) { return (Int(bands), rows) }
    }
    return (MinHash.Signature.count, 1)
  }

  /// The number of texts kept, none of which is a near duplicate of an earlier one.
  public var keptCount: Int { ordinals.count }

  /// Keeps a text unless it is a near duplicate of a kept one.
  ///
  /// - Returns: the place (0 for the first insertion, duplicates counted) of the text that it repeats; nil where it is
  ///   new.
  public mutating func insert(_ signature: MinHash.Signature) -> Int? {
    precondition(insertions < Int(UInt32.max), "more than 4 billion texts")
    defer { insertions += 1 }
    if let found = duplicate(of: signature) { return Int(ordinals[found]) }
    add(signature)
    return nil
  }

  /// Keeps a text whatever it is like.
  public mutating func keep(_ signature: MinHash.Signature) {
    precondition(insertions < Int(UInt32.max), "more than 4 billion texts")
    add(signature)
    insertions += 1
  }

  private mutating func add(_ signature: MinHash.Signature) {
    if blocks.last.map({ $0.count == Self.blockSize }) ?? true {
      blocks.append([])
      blocks[blocks.count - 1].reserveCapacity(Self.blockSize)
    }
    blocks[blocks.count - 1].append(signature)
    ordinals.append(UInt32(insertions))
    if (entryCount + bands) * 4 > tags.count * 3 {
      grow()
    } else {
      addEntries(of: ordinals.count - 1)
    }
  }

  private func signature(_ index: Int) -> MinHash.Signature { blocks[index / Self.blockSize][index % Self.blockSize] }

  private func duplicate(of signature: MinHash.Signature) -> Int? {
    guard !tags.isEmpty else { return nil }
    for band in 0..<bands {
      let hash = signature.bandHash(band, rows: rows)
      let tag = Self.tag(of: hash)
      var place = slot(of: hash, in: tags.count)
      while tags[place] != 0 {
        if tags[place] == tag {
          let candidate = Int(entries[place])
          if signature.equalMinima(to: self.signature(candidate)) >= leastEqualMinima { return candidate }
        }
        place = place + 1 == tags.count ? 0 : place + 1
      }
    }
    return nil
  }

  private mutating func addEntries(of index: Int) {
    let signature = signature(index)
    for band in 0..<bands {
      let hash = signature.bandHash(band, rows: rows)
      let tag = Self.tag(of: hash)
      var place = slot(of: hash, in: tags.count), equal = 0
      while tags[place] != 0 {
        if tags[place] == tag, signature.hasSameBand(band, rows: rows, as: self.signature(Int(entries[place]))) {
          equal += 1
        }
        place = place + 1 == tags.count ? 0 : place + 1
      }
      guard equal < Self.mostEqualBands else { continue }
      (tags[place], entries[place]) = (tag, UInt32(index))
      entryCount += 1
    }
  }

  private mutating func grow() {
    let capacity = max(grownCapacity(tags.count), bands * 64)
    tags = [UInt8](repeating: 0, count: capacity)
    entries = [UInt32](repeating: 0, count: capacity)
    entryCount = 0
    for index in 0..<ordinals.count { addEntries(of: index) }
  }

  private static func tag(of hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash) | 1 }
}
