/// Texts by their scalars, each with a number; finds all that begin at a place.
struct ScalarTrie: Sendable {
  /// Nodes by node and scalar; the root is node 0.
  private var edges: PairTable
  /// The number of the text that ends at each node, or -1.
  private(set) var numbers: [Int32] = [-1]

  /// - Parameter texts: of equal ones the first number is kept, unless `keepsLast`.
  init(_ texts: [(scalars: [UInt32], number: Int)], keepsLast: Bool = false) {
    edges = PairTable(capacity: texts.reduce(0) { $0 + $1.scalars.count })
    for (scalars, number) in texts where !scalars.isEmpty {
      var node: UInt32 = 0
      for scalar in scalars {
        if let next = child(of: node, scalar) {
          node = next
        } else {
          let next = UInt32(numbers.count)
          edges.set(node, scalar, to: UInt64(next))
          numbers.append(-1)
          node = next
        }
      }
      if keepsLast || numbers[Int(node)] < 0 { numbers[Int(node)] = Int32(number) }
    }
  }

  @inline(__always)
  func child(of node: UInt32, _ scalar: UInt32) -> UInt32? {
    let value = edges.value(node, scalar)
    return value == PairTable.absent ? nil : UInt32(truncatingIfNeeded: value)
  }

  /// The end and number of the longest text that begins at the start of the range.
  func longestMatch(in text: [UInt32], _ range: Range<Int>) -> (end: Int, number: Int)? {
    var best: (Int, Int)?
    var node: UInt32 = 0
    var position = range.lowerBound
    while position < range.upperBound, let next = child(of: node, text[position]) {
      node = next
      position += 1
      if numbers[Int(node)] >= 0 { best = (position, Int(numbers[Int(node)])) }
    }
    return best
  }
}
