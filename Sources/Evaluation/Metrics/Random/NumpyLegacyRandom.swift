import Basics

/// numpy's legacy generator (`np.random.seed`): MT19937 with bounded draws by masks.
///
/// Only for bootstraps that must repeat those of a Python library to the bit; everything else takes `SeededRandom`.
/// Source: numpy's `RandomState`.
struct NumpyLegacyRandom {
  private var twister: MersenneTwister

  init(seed: UInt32) { twister = MersenneTwister(seed: seed) }

  mutating func next() -> UInt32 { twister.bits() }

  /// A whole number in 0..<bound, as `np.random.randint(0, bound)` and `np.random.choice(bound)` draw it.
  ///
  /// - Precondition: `bound` is positive and at most 2³².
  mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= 1 << 32, "NumpyLegacyRandom: bound \(bound)")
    guard bound > 1 else { return 0 }
    let largest = UInt32(bound - 1)
    let mask = UInt32.max >> UInt32(largest.leadingZeroBitCount)
    while true {
      let value = next() & mask
      if value <= largest { return Int(value) }
    }
  }

  /// A number in 0 ..< 1, as `np.random.random` draws it.
  mutating func double() -> Double {
    let high = Double(next() >> 5), low = Double(next() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }
}
