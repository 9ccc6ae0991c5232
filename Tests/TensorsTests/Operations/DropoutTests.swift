import Testing

@testable import Tensors

@Suite struct DropoutTests {
  private let ones = Tensor([Float](repeating: 1, count: 200_000), shape: [200_000, 1])

  /// 200,000 draws have a standard deviation of 0.0011 at most: five of them.
  @Test(arguments: [Float(0.05), 0.1, 0.5, 0.9]) func keepsTheExpectedShare(probability: Float) {
    let values = dropped(ones, probability, 3).values
    let kept = values.filter { $0 != 0 }
    #expect(abs(Double(kept.count) / 200_000 - Double(1 - probability)) <= 0.0056)
    #expect(kept.allSatisfy { abs($0 * (1 - probability) - 1) <= 1e-6 })
  }

  @Test func seedsDecideIndependently() {
    let first = dropped(ones, 0.5, 1).values
    #expect(dropped(ones, 0.5, 1).values == first)
    let other = dropped(ones, 0.5, 2).values
    let agreeing = zip(first, other).count { ($0 == 0) == ($1 == 0) }
    #expect(abs(Double(agreeing) / 200_000 - 0.5) <= 0.0056)
    // Neighbours agree as often as not.
    let neighbours = zip(first, first.dropFirst()).count { ($0 == 0) == ($1 == 0) }
    #expect(abs(Double(neighbours) / 200_000 - 0.5) <= 0.0056)
  }
}
