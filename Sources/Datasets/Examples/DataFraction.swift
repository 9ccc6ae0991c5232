import Basics

extension ExampleSet {
  /// The first examples under a seeded order, in the order of the file.
  ///
  /// Subsets of one seed are nested: what a fraction holds, every larger fraction holds too, as a learning curve needs
  /// it (the points then differ by what was added alone).
  ///
  /// - Parameters:
  ///   - fraction: the share of the examples, above 0 and at most 1; at least one example is kept.
  ///   - seed: of the order.
  public func subset(fraction: Double, seed: UInt64) -> ExampleSet {
    let count = min(examples.count, max(1, Int((fraction * Double(examples.count)).rounded())))
    guard count < examples.count else { return self }
    var random = SeededRandom(seed: seed, stream: "data-fraction")
    var order = Array(examples.indices)
    order.shuffle(using: &random)
    var subset = self
    subset.examples = order.prefix(count).sorted().map { examples[$0] }
    subset.tokenCount = subset.examples.reduce(0) { $0 + $1.tokens.count }
    subset.trainedTokenCount = subset.examples.reduce(0) { $0 + $1.trainedTokenCount }
    return subset
  }
}
