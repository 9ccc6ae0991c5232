/// numpy's legacy generator (`np.random.seed`): MT19937 with bounded draws by masks.
///
/// Only for bootstraps that must repeat those of a Python library to the bit; everything else takes `SeededRandom`.
/// Source: Matsumoto and Nishimura, "Mersenne Twister", 1998; numpy's `RandomState`.
struct NumpyLegacyRandom {
  private static let length = 624
  private static let shift = 397

  private var state: [UInt32]
  private var position = NumpyLegacyRandom.length

  init(seed: UInt32) {
    state = [seed]
    for index in 1..<Self.length {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
  }

  mutating func next() -> UInt32 {
    if position == Self.length { twist() }
    var value = state[position]
    position += 1
    value ^= value >> 11
    value ^= (value << 7) & 0x9D2C_5680
    value ^= (value << 15) & 0xEFC6_0000
    return value ^ (value >> 18)
  }

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

  private mutating func twist() {
    for index in 0..<Self.length {
      let joined = (state[index] & 0x8000_0000) | (state[(index + 1) % Self.length] & 0x7FFF_FFFF)
      let mixed = (joined >> 1) ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
      state[index] = state[(index + Self.shift) % Self.length] ^ mixed
    }
    position = 0
  }
}
