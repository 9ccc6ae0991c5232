import Basics
import Foundation
import Testing

@testable import Models

func exponential(_ x: Double) -> Double { exp(x) }

@Suite struct SamplerTests {
  private static let logits: [Float] = [1, 3, -2, 0.5, 2.9, -30, 2, 0]
  private static let drawCount = 20_000

  /// Chi-square of 20,000 draws against the exact distribution; the limit has a probability of about 1e-5.
  @Test(arguments: [
    SamplingOptions(temperature: 1), SamplingOptions(temperature: 0.5), SamplingOptions(temperature: 3),
    SamplingOptions(temperature: 1, topK: 3), SamplingOptions(temperature: 1, topP: 0.6),
    SamplingOptions(temperature: 1, topP: 0.999), SamplingOptions(temperature: 1, topK: 4, topP: 0.7),
    SamplingOptions(temperature: 2, topK: 100, topP: 1, seed: 9),
  ]) func drawsFollowTheDistribution(options: SamplingOptions) {
    let expected = Self.distribution(options)
    var counts = [Double](repeating: 0, count: expected.count)
    var sampler = Sampler(options, sequence: 0)
    for _ in 0..<Self.drawCount { counts[sampler.next(Self.logits, count: counts.count)] += 1 }
    var statistic = 0.0
    for (count, probability) in zip(counts, expected) {
      if probability == 0 { #expect(count == 0) }
      let mean = probability * Double(Self.drawCount)
      if mean >= 1 { statistic += (count - mean) * (count - mean) / mean }
    }
    #expect(statistic < 36)
  }

  /// The distribution by the definitions, step by step as transformers' logits processors apply them: temperature,
  /// top-k, then top-p on what is left.
  private static func distribution(_ options: SamplingOptions) -> [Double] {
    let weights = logits.map { exp(Double($0) / options.temperature) }
    var order = weights.indices.sorted { weights[$0] > weights[$1] }
    if options.topK > 0 { order = Array(order.prefix(options.topK)) }
    let total = order.reduce(0) { $0 + weights[$1] }
    var kept: [Int] = []
    var sum = 0.0
    for index in order where kept.isEmpty || sum < options.topP * total {
      kept.append(index)
      sum += weights[index]
    }
    return weights.indices.map { kept.contains($0) ? weights[$0] / sum : 0 }
  }

  @Test func greedyTakesTheFirstOfTheLargest() {
    var sampler = Sampler(.greedy, sequence: 0)
    #expect(sampler.next([1, 5, 5, 2], count: 4) == 1)
    #expect(sampler.next([-5, -7], count: 2) == 0)
  }

  @Test func narrowChoicesAreGreedy() {
    for options in [
      SamplingOptions(temperature: 1, topK: 1), SamplingOptions(temperature: 1, topP: 1e-9),
      SamplingOptions(temperature: 1, topP: 0), SamplingOptions(temperature: 1e-6),
    ] {
      var sampler = Sampler(options, sequence: 0)
      #expect((0..<50).allSatisfy { _ in sampler.next(Self.logits, count: 8) == 1 })
    }
  }

  @Test func seedsAndSequencesDecide() {
    func draws(_ seed: UInt64, _ sequence: Int) -> [Int] {
      var sampler = Sampler(SamplingOptions(temperature: 2, seed: seed), sequence: sequence)
      return (0..<50).map { _ in sampler.next(Self.logits, count: 8) }
    }
    #expect(draws(1, 0) == draws(1, 0))
    #expect(draws(1, 0) != draws(2, 0))
    #expect(draws(1, 0) != draws(1, 1))
  }
}
