/// numpy's default generator (`np.random.default_rng`): PCG64 seeded by a SeedSequence.
///
/// Only for resampling that must repeat sacreBLEU's to the bit; everything else takes `SeededRandom`. Source: O'Neill,
/// "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation", 2014; numpy's
/// `bit_generator.pyx` and `distributions.c`.
struct PCG64 {
  private static let multiplier: UInt128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645

  private(set) var state: UInt128
  let increment: UInt128
  /// The high half of a 64-bit draw whose low half was taken.
  private var kept: UInt32?

  init(seed: UInt64) {
    let words = Self.seedWords(seed)
    increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
    state = (increment &+ (UInt128(words[0]) << 64 | UInt128(words[1]))) &* Self.multiplier &+ increment
  }

  /// What numpy's SeedSequence makes of a seed for this generator.
  static func seedWords(_ seed: UInt64) -> [UInt64] { SeedSequence(seed).words(4) }

  mutating func next64() -> UInt64 {
    state = state &* Self.multiplier &+ increment
    let mixed = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turn = UInt64(truncatingIfNeeded: state >> 122)
    return mixed >> turn | mixed << ((64 &- turn) & 63)
  }

  mutating func next32() -> UInt32 {
    if let value = kept {
      kept = nil
      return value
    }
    let value = next64()
    kept = UInt32(truncatingIfNeeded: value >> 32)
    return UInt32(truncatingIfNeeded: value)
  }

  /// A whole number in 0..<bound, as `Generator.integers` and `choice` draw it (Lemire, 2019).
  ///
  /// - Precondition: `bound` is positive and less than 2³².
  mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound < 1 << 32, "PCG64: bound \(bound)")
    guard bound > 1 else { return 0 }
    let size = UInt64(bound)
    var product = UInt64(next32()) * size
    if product & 0xffff_ffff < size {
      let threshold = (1 << 32 - size) % size
      while product & 0xffff_ffff < threshold { product = UInt64(next32()) * size }
    }
    return Int(product >> 32)
  }

  /// A number in 0 ..< 1, as `Generator.random` draws it.
  mutating func double() -> Double { Double(next64() >> 11) * 0x1p-53 }
}

/// Booleans as one call of numpy's `Generator.integers(2, dtype=bool)` draws them: 32 of each draw, from the lowest bit on.
struct Coins {
  private let words: [UInt32]

  init(count: Int, _ random: inout PCG64) { words = (0..<(count + 31) / 32).map { _ in random.next32() } }

  subscript(place: Int) -> Bool { words[place >> 5] >> UInt32(place & 31) & 1 == 1 }
}

/// What numpy makes of a seed: words for the state of a generator (O'Neill, "Developing a seed_seq Alternative", 2015).
private struct SeedSequence {
  private var pool: [UInt32] = []

  init(_ seed: UInt64) {
    var entropy = [UInt32(truncatingIfNeeded: seed)]
    if seed >> 32 > 0 { entropy.append(UInt32(seed >> 32)) }
    var constant: UInt32 = 0x43b0_d7e5
    func hashed(_ value: UInt32) -> UInt32 {
      var value = value ^ constant
      constant &*= 0x931e_8875
      value &*= constant
      return value ^ value >> 16
    }
    pool = (0..<4).map { hashed($0 < entropy.count ? entropy[$0] : 0) }
    for source in 0..<4 {
      for target in 0..<4 where target != source {
        let mixed = 0xca01_f9dd &* pool[target] &- 0x4973_f715 &* hashed(pool[source])
        pool[target] = mixed ^ mixed >> 16
      }
    }
  }

  func words(_ count: Int) -> [UInt64] {
    var constant: UInt32 = 0x8b51_f9dd
    let halves = (0..<2 * count).map { index in
      var value = pool[index % 4] ^ constant
      constant &*= 0x58f3_8ded
      value &*= constant
      return value ^ value >> 16
    }
    return (0..<count).map { UInt64(halves[2 * $0]) | UInt64(halves[2 * $0 + 1]) << 32 }
  }
}
