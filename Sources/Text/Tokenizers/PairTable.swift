/// Numbers by pairs of token ids: a hash table with open addressing, several times faster than `Dictionary` here.
struct PairTable: Sendable {
  /// What `value` gives for an absent pair: larger than any stored value.
  static let absent = UInt64.max

  private var keys: [UInt64]
  private var values: [UInt64]
  private let shift: UInt64
  private let mask: Int

  /// - Parameter capacity: the number of pairs that will be stored at most.
  init(capacity: Int) {
    var bits = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    keys = [UInt64](repeating: Self.absent, count: 1 << bits)
    values = keys
    shift = UInt64(64 - bits)
    mask = 1 << bits - 1
  }

  /// The key of a pair of ids: `left << 32 | right`.
  static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  func value(_ left: UInt32, _ right: UInt32) -> UInt64 {
    let key = Self.key(left, right)
    var slot = firstSlot(key)
    while true {
      if keys[slot] == key { return values[slot] }
      if keys[slot] == Self.absent { return Self.absent }
      slot = (slot + 1) & mask
    }
  }

  /// Stores a value; an earlier one of the same pair is replaced.
  mutating func set(_ left: UInt32, _ right: UInt32, to value: UInt64) {
    let key = Self.key(left, right)
    var slot = firstSlot(key)
    while keys[slot] != key, keys[slot] != Self.absent { slot = (slot + 1) & mask }
    keys[slot] = key
    values[slot] = value
  }

  private func firstSlot(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift) }
}
