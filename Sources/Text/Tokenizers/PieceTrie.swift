/// The pieces of a Unigram model in training by their scalars, in a hash table that grows with them.
///
/// A step down finds the child and the piece that ends there in one place of memory. Unlike `ScalarTrie` it needs no
/// bound of its size beforehand, which the scalars of all pieces together would exceed several times.
struct PieceTrie: Sendable {
  struct Node {
    /// The parent's number and the scalar that leads here.
    fileprivate var key = UInt64.max
    fileprivate(set) var number: UInt32 = 0
    /// The piece that ends here, or -1.
    fileprivate(set) var piece: Int32 = -1
  }

  /// The number of the node from which every piece begins.
  static let root: UInt32 = 0

  private var slots = [Node](repeating: Node(), count: 1 << 10)
  private var shift: UInt64 = 64 - 10
  private var nodeCount: UInt32 = 1

  mutating func insert(_ scalars: ArraySlice<UInt32>, piece: Int) {
    var parent = Self.root
    var slot = 0
    for scalar in scalars {
      let key = UInt64(parent) << 32 | UInt64(scalar)
      slot = self.slot(of: key)
      if slots[slot].key != key {
        if Int(nodeCount) * 2 > slots.count {
          grow()
          slot = self.slot(of: key)
        }
        slots[slot] = Node(key: key, number: nodeCount)
        nodeCount += 1
      }
      parent = slots[slot].number
    }
    if parent != Self.root { slots[slot].piece = Int32(piece) }
  }

  @inline(__always)
  func child(of parent: UInt32, _ scalar: UInt32) -> Node? {
    let key = UInt64(parent) << 32 | UInt64(scalar)
    let node = slots[slot(of: key)]
    return node.key == key ? node : nil
  }

  /// The slot that holds a key, or the free one that would.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while slots[slot].key != key, slots[slot].key != UInt64.max { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func grow() {
    let old = slots
    slots = [Node](repeating: Node(), count: old.count * 2)
    shift -= 1
    for node in old where node.key != UInt64.max { slots[slot(of: node.key)] = node }
  }
}
