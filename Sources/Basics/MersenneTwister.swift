/// The generator of random bits that PyTorch's, numpy's older and Python's generators are made of (mt19937), for what must
/// equal theirs. Source: Matsumoto and Nishimura, "Mersenne Twister", 1998.
public struct MersenneTwister: Sendable {
  private var state = [UInt32](repeating: 0, count: 624)
  private var next = 624

  public init(seed: UInt32) {
    state[0] = seed
    for index in 1..<624 {
      let previous = state[index - 1]
      state[index] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index)
    }
  }

  /// The state that a key of several words gives: `init_by_array`, as Python seeds it.
  ///
  /// - Precondition: the key is not empty.
  public init(key: [UInt32]) {
    precondition(!key.isEmpty, "MersenneTwister: empty key")
    self.init(seed: 19_650_218)
    var place = 1, word = 0
    func advance() {
      place += 1
      if place == 624 {
        state[0] = state[623]
        place = 1
      }
    }
    for _ in 0..<max(624, key.count) {
      let mixed = (state[place - 1] ^ (state[place - 1] >> 30)) &* 1_664_525
      state[place] = (state[place] ^ mixed) &+ key[word] &+ UInt32(word)
      advance()
      word = (word + 1) % key.count
    }
    for _ in 0..<623 {
      let mixed = (state[place - 1] ^ (state[place - 1] >> 30)) &* 1_566_083_941
      state[place] = (state[place] ^ mixed) &- UInt32(place)
      advance()
    }
    state[0] = 0x8000_0000
  }

  /// The next 32 bits.
  public mutating func bits() -> UInt32 {
    if next == 624 { twist() }
    var y = state[next]
    next += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  /// A number of 24 random bits in from ..< to, as PyTorch's `uniform_` makes it of float32: rounded once.
  public mutating func uniform(from: Float, to: Float) -> Float {
    from.addingProduct(Float(bits() & 0xff_ffff) * 0x1p-24, to - from)
  }

  private mutating func twist() {
    for index in 0..<624 {
      let mixed = (state[index] & 0x8000_0000) | (state[(index + 1) % 624] & 0x7fff_ffff)
      state[index] = state[(index + 397) % 624] ^ (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_b0df)
    }
    next = 0
  }
}
