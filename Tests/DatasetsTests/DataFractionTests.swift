import Testing

@testable import Datasets

/// Shares of the training data are nested and seeded.
@Suite struct DataFractionTests {
  private func set(_ count: Int) -> ExampleSet {
    var set = ExampleSet(path: "train.jsonl")
    set.examples = (0..<count).map { Example(tokens: [1, 2, Int32($0)], trained: [1..<3], line: $0 + 1) }
    (set.recordsRead, set.tokenCount, set.trainedTokenCount) = (count, 3 * count, 2 * count)
    return set
  }

  @Test func smallerSharesArePartsOfLargerOnes() {
    let all = set(200), fractions = [0.001, 0.05, 0.1, 0.25, 0.5, 0.75, 1]
    var previous: Set<Int> = []
    for fraction in fractions {
      let subset = all.subset(fraction: fraction, seed: 42), lines = subset.examples.map { $0.line }
      #expect(lines == lines.sorted() && Set(lines).count == lines.count)
      #expect(lines.count == max(1, Int(200 * fraction)))
      #expect(previous.isSubset(of: lines), "\(fraction)")
      #expect(subset.tokenCount == 3 * lines.count && subset.trainedTokenCount == 2 * lines.count)
      #expect(all.subset(fraction: fraction, seed: 42).examples == subset.examples)
      previous = Set(lines)
    }
    #expect(previous.count == 200)
    #expect(all.subset(fraction: 0.5, seed: 1).examples != all.subset(fraction: 0.5, seed: 2).examples)
  }
}
