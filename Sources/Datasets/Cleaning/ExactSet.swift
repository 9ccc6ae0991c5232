/// A set of 64-bit content hashes in 11 to 16 bytes an element, for exact duplicates.
///
/// Open addressing with linear probing; filled to three quarters, then half as large again. The hashes must be well
/// mixed, as those of `stableHash` are.
public struct ExactSet: Sendable {
  /// 0 marks a free place.
  private var slots: [UInt64] = []
  private var holdsZero = false
  /// The number of hashes held.
  public private(set) var count = 0

  public init() {}

  /// Adds a hash; false where it was there already.
  public mutating func insert(_ hash: UInt64) -> Bool {
    guard hash != 0 else {
      defer { holdsZero = true }
      count += holdsZero ? 0 : 1
      return !holdsZero
    }
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let place = place(of: hash)
    guard slots[place] == 0 else { return false }
    slots[place] = hash
    count += 1
    return true
  }

  public func contains(_ hash: UInt64) -> Bool {
    guard hash != 0 else { return holdsZero }
    return !slots.isEmpty && slots[place(of: hash)] == hash
  }

  /// Where the hash is, or where it would go.
  private func place(of hash: UInt64) -> Int {
    var place = slot(of: hash, in: slots.count)
    while slots[place] != 0, slots[place] != hash { place = place + 1 == slots.count ? 0 : place + 1 }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: grownCapacity(old.count))
    for hash in old where hash != 0 { slots[place(of: hash)] = hash }
  }
}
