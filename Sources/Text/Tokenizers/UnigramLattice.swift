import Foundation

/// All ways to write a word in the pieces of a Unigram model in training.
struct UnigramLattice {
  struct Edge {
    /// Offsets in the word.
    var start: Int32
    var end: Int32
    /// The piece; -1 for a scalar that is none.
    var piece: Int32
    var score: Double
  }

  /// By where they begin.
  private(set) var edges: [Edge] = []
  private var length = 0
  private var forward: [Double] = []
  private var backward: [Double] = []
  /// The edge that ends the best way to each offset.
  private var bestEdges: [Int32] = []

  mutating func fill(_ text: [UInt32], _ range: Range<Int>, _ model: UnigramEstimate) {
    edges.removeAll(keepingCapacity: true)
    length = range.count
    for start in range {
      let offset = Int32(start - range.lowerBound)
      var hasSingle = false
      var node = PieceTrie.root
      var position = start
      while position < range.upperBound, let next = model.trie.child(of: node, text[position]) {
        node = next.number
        position += 1
        guard next.piece >= 0 else { continue }
        if position == start + 1 { hasSingle = true }
        edges.append(
          Edge(
            start: offset, end: Int32(position - range.lowerBound), piece: next.piece,
            score: model.pieces[Int(next.piece)].score))
      }
      if !hasSingle { edges.append(Edge(start: offset, end: offset + 1, piece: -1, score: model.unknownScore)) }
    }
  }

  /// Adds how often each piece is expected in so many occurrences of the word, by the forward-backward algorithm.
  mutating func addExpectedCounts(_ count: Double, to expected: inout [Double]) {
    reset(&forward)
    reset(&backward)
    forward[0] = 0
    backward[length] = 0
    for edge in edges {
      Self.add(forward[Int(edge.start)] + edge.score, to: &forward[Int(edge.end)])
    }
    for edge in edges.reversed() {
      Self.add(backward[Int(edge.end)] + edge.score, to: &backward[Int(edge.start)])
    }
    let total = forward[length]
    for edge in edges where edge.piece >= 0 {
      let share = exp(forward[Int(edge.start)] + edge.score + backward[Int(edge.end)] - total)
      expected[Int(edge.piece)] += count * share
    }
  }

  /// The edges of the best way, last first.
  ///
  /// - Parameter excluded: an edge over the whole word that is not to be used.
  mutating func bestPath(withoutWhole excluded: Bool = false) -> [Edge] {
    reset(&forward)
    forward[0] = 0
    bestEdges.removeAll(keepingCapacity: true)
    bestEdges.append(contentsOf: repeatElement(-1, count: length + 1))
    for (index, edge) in edges.enumerated() {
      if excluded, Int(edge.end - edge.start) == length { continue }
      let score = forward[Int(edge.start)] + edge.score
      if score > forward[Int(edge.end)] {
        forward[Int(edge.end)] = score
        bestEdges[Int(edge.end)] = Int32(index)
      }
    }
    var path: [Edge] = []
    var offset = length
    while offset > 0, bestEdges[offset] >= 0 {
      path.append(edges[Int(bestEdges[offset])])
      offset = Int(edges[Int(bestEdges[offset])].start)
    }
    return path
  }

  private func reset(_ values: inout [Double]) {
    values.removeAll(keepingCapacity: true)
    values.append(contentsOf: repeatElement(-Double.infinity, count: length + 1))
  }

  /// The logarithm of a sum of what is given as logarithms.
  @inline(__always)
  private static func add(_ value: Double, to sum: inout Double) {
    let (low, high) = value < sum ? (value, sum) : (sum, value)
    // Below this the smaller one is lost in rounding; it is also the way of an empty sum.
    sum = high - low > 40 ? high : high + log1p(exp(low - high))
  }
}
