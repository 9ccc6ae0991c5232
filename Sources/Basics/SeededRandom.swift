import Foundation

/// A small fast random generator whose stream depends only on its seed and name: xoshiro256** seeded by splitmix64.
///
/// Each use takes its own named stream (`SeededRandom(seed: 42, stream: "shuffle")`), so that adding a draw in one
/// place never changes another. Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  public init(seed: UInt64, stream: String = "") {
    var mixer = SplitMix64(state: seed ^ stableHash(stream))
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  public mutating func next() -> UInt64 {
    let result = rotate(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// Uniform in [0, 1) with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Normal with mean 0 and standard deviation 1 (Box-Muller).
  public mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }

  /// An integer in 0..<bound without modulo bias worth speaking of (64-bit multiply-shift).
  public mutating func integer(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  private func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }
}

/// The finaliser of splitmix64: every input bit changes every output bit with probability about one half.
private func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// A 64-bit hash of bytes that is the same on every machine and in every version (FNV-1a with a finaliser).
public func stableHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return mixed(hash)
}

public func stableHash(_ text: String) -> UInt64 { stableHash(text.utf8) }

/// `stableHash` of bytes that come in pieces.
public struct StableHasher: Sendable {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  /// - Parameter beginning: the first piece.
  public init(_ beginning: String = "") {
    for byte in beginning.utf8 { state = Self.step(state, byte) }
  }

  /// The hashes of the same bytes after three beginnings, in one pass.
  public static func values(
    _ a: StableHasher, _ b: StableHasher, _ c: StableHasher, of bytes: [UInt8]
  ) -> (UInt64, UInt64, UInt64) {
    var (x, y, z) = (a.state, b.state, c.state)
    for byte in bytes { (x, y, z) = (step(x, byte), step(y, byte), step(z, byte)) }
    return (mixed(x), mixed(y), mixed(z))
  }

  private static func step(_ state: UInt64, _ byte: UInt8) -> UInt64 { (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
