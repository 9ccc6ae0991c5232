import Basics

/// Python's `random.Random(seed)`, by which lm-evaluation-harness draws examples and bootstrap samples.
///
/// Source: CPython's `random.py` and `_randommodule.c`; Matsumoto and Nishimura, "Mersenne Twister", 1998.
public struct PythonRandom: Sendable {
  private var twister: MersenneTwister

  public init(seed: UInt64) {
    var key = [UInt32(truncatingIfNeeded: seed)]
    if seed >> 32 > 0 { key.append(UInt32(seed >> 32)) }
    twister = MersenneTwister(key: key)
  }

  /// `random()`: a number in 0 ..< 1 of 53 random bits.
  public mutating func double() -> Double {
    let high = Double(twister.bits() >> 5), low = Double(twister.bits() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /// `randrange(bound)`: as many bits as the bound has, drawn again while they are too many.
  ///
  /// - Precondition: `bound` is positive and has at most 32 bits.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound >> 32 == 0, "PythonRandom: bound \(bound)")
    let shift = UInt32(32 - (Int.bitWidth - bound.leadingZeroBitCount))
    while true {
      let value = Int(twister.bits() >> shift)
      if value < bound { return value }
    }
  }

  /// One of `choices(range(bound))`.
  public mutating func choice(below bound: Int) -> Int { Int(double() * Double(bound)) }

  /// `sample(range(size), count)`: so many different numbers.
  ///
  /// - Precondition: `count` is not larger than `size`.
  public mutating func sample(below size: Int, count: Int) -> [Int] {
    precondition(count >= 0 && count <= size, "sample of \(count) out of \(size)")
    var setSize = 21
    if count > 5 {
      var power = 4
      while power < 3 * count { power *= 4 }
      setSize += power
    }
    guard size > setSize else {
      var pool = Array(0..<size)
      return (0..<count).map { drawn in
        let place = integer(below: size - drawn)
        defer { pool[place] = pool[size - drawn - 1] }
        return pool[place]
      }
    }
    var chosen = Set<Int>()
    return (0..<count).map { _ in
      var place = integer(below: size)
      while !chosen.insert(place).inserted { place = integer(below: size) }
      return place
    }
  }

  /// `shuffle`.
  public mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
    var items = items
    for last in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(last, integer(below: last + 1)) }
    return items
  }
}
