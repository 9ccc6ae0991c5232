import Basics

/// Sketches of texts from which the Jaccard similarity of their sets of shingles is estimated.
///
/// A shingle is a run of `shingleWords` words in lower case (letters, marks and digits; Han and kana characters are
/// words by themselves). A text of fewer words is one shingle as a whole; one without any word is the shingle of its
/// bytes. Broder, "On the resemblance and containment of documents", 1997.
///
/// The 128 minima are found by Dahlgaard, Knudsen and Thorup, "Fast similarity sketching", FOCS 2017: in round after
/// round every shingle falls into one bin until all bins are filled. The estimate has no bias and at most the variance
/// of 128 independent permutations, in about n + 620 hashes for n shingles instead of 128 n. Of each minimum, 8 bits
/// are kept (Li and König, "b-bit minwise hashing", 2010).
public struct MinHash: Sendable {
  /// 128 bytes that stand for a text.
  public struct Signature: Sendable, Equatable {
    private(set) var words: SIMD16<UInt64> = .zero

    /// The number of minima in a signature.
    static let count = 128

    /// The estimated Jaccard similarity of the two texts, 0...1; its standard deviation is at most
    /// sqrt(J (1 - J) / 128).
    public func similarity(to other: Signature) -> Double { Self.similarity(equalMinima: equalMinima(to: other)) }

    /// Equal bytes happen by chance with probability 1/256.
    static func similarity(equalMinima: Int) -> Double {
      max(0, (Double(equalMinima) / Double(count) - 0x1p-8) / (1 - 0x1p-8))
    }

    /// How many of the 128 bytes are equal.
    func equalMinima(to other: Signature) -> Int {
      let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
      var equal = 0
      for index in 0..<16 {
        let difference = words[index] ^ other.words[index]
        // The high bit of a byte stays clear only where the whole byte is zero.
        equal += (~((difference & low) &+ low | difference | low)).nonzeroBitCount
      }
      return equal
    }

    /// The hash of a band of minima.
    @inline(__always)
    func bandHash(_ band: Int, rows: Int) -> UInt64 {
      withUnsafeBytes(of: words) { bytes in
        var hash = UInt64(band)
        for row in band * rows..<(band + 1) * rows { hash = hash &* 0x100_0000_01B3 ^ UInt64(bytes[row]) }
        return mixedBits(hash)
      }
    }

    func hasSameBand(_ band: Int, rows: Int, as other: Signature) -> Bool {
      withUnsafeBytes(of: words) { bytes in
        withUnsafeBytes(of: other.words) { otherBytes in
          (band * rows..<(band + 1) * rows).allSatisfy { bytes[$0] == otherBytes[$0] }
        }
      }
    }

    init(minima: UnsafeBufferPointer<UInt64>) {
      for index in 0..<16 {
        var word: UInt64 = 0
        for byte in 0..<8 { word |= (minima[index * 8 + byte] & 0xFF) << UInt64(byte * 8) }
        words[index] = word.littleEndian
      }
    }
  }

  public let shingleWords: Int

  /// - Throws: `TuneError.usage` unless `shingleWords` is in 1...100.
  public init(shingleWords: Int = 3) throws {
    guard (1...100).contains(shingleWords) else {
      throw TuneError.usage("shingles of \(shingleWords) words: expected 1 to 100, 3 for example")
    }
    self.shingleWords = shingleWords
  }

  /// The signature of a text; about 3 µs for 100 words.
  public func signature(of text: String) -> Signature {
    text.withBytes { bytes in
      Self.sketch(shingles(bytes))
    }
  }

  private func shingles(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt64] {
    let words = Words(bytes, punctuation: .separates)
    guard words.count > 0 else { return [stableHash(bytes)] }
    return words.runHashes(ofLength: min(shingleWords, words.count))
  }

  private static func sketch(_ shingles: [UInt64]) -> Signature {
    let count = Signature.count
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { minima in
      minima.initialize(repeating: .max)
      var filled = 0
      var round: UInt64 = 0
      while filled < count, round < UInt64(count) {
        let key = mixedBits(round &+ 1), rank = round << 56
        for shingle in shingles {
          let hash = mixedBits(shingle ^ key)
          let bin = Int(truncatingIfNeeded: hash >> 57), value = rank | hash & 0x00FF_FFFF_FFFF_FFFF
          if minima[bin] == .max { filled += 1 }
          if value < minima[bin] { minima[bin] = value }
        }
        round += 1
      }
      // Bins still empty after 128 rounds (few shingles) get a permutation each.
      for bin in 0..<count where minima[bin] == .max {
        let key = mixedBits(UInt64(count + bin) &+ 1)
        for shingle in shingles { minima[bin] = min(minima[bin], mixedBits(shingle ^ key) & 0x00FF_FFFF_FFFF_FFFF) }
      }
      return Signature(minima: UnsafeBufferPointer(minima))
    }
  }
}
