import Basics
import Testing

/// Streams are part of every result: these values never change.
@Suite struct SeededRandomTests {
  @Test func streamsArePinned() {
    var plain = SeededRandom(seed: 42)
    let plainDraws = (0..<3).map { _ in plain.next() }
    #expect(plainDraws == [5_341_877_333_728_418_578, 16_202_820_787_060_593_652, 13_388_131_691_690_067_664])
    var named = SeededRandom(seed: 42, stream: "shuffle")
    let namedDraws = (0..<3).map { _ in named.next() }
    #expect(namedDraws == [14_197_267_491_877_481_042, 6_597_466_956_282_840_222, 16_626_994_119_241_797_431])
    var numbers = SeededRandom(seed: 7, stream: "numbers")
    #expect(numbers.uniform() == 0.41786753050647774)
    #expect(abs(numbers.normal() + 0.23001381915723978) <= 1e-15)
    #expect((0..<8).map { _ in numbers.integer(below: 10) } == [3, 7, 6, 2, 5, 9, 9, 0])
    #expect((1...10).shuffled(using: &numbers) == [10, 6, 9, 1, 4, 3, 8, 7, 5, 2])
  }

  @Test func hashesArePinned() {
    #expect(stableHash("") == 17_665_956_581_633_026_203)
    #expect(stableHash("tune") == 9_662_691_629_571_013_670)
    #expect(stableHash([0, 255, 16]) == 2_834_560_039_434_577_775)
    #expect(stableHash("é") == stableHash([0xC3, 0xA9]))
  }

  @Test func seedsAndStreamsDiffer() {
    var values: Set<UInt64> = []
    for seed in 0..<50 {
      for stream in ["", "a", "b", "ab", "ba"] {
        var random = SeededRandom(seed: UInt64(seed), stream: stream)
        values.insert(random.next())
      }
    }
    #expect(values.count == 250)
  }

  /// 100,000 draws; the bounds are five standard deviations of each mean.
  @Test func uniformHasItsMoments() {
    var random = SeededRandom(seed: 1, stream: "uniform")
    let draws = (0..<100_000).map { _ in random.uniform() }
    #expect(draws.allSatisfy { (0..<1).contains($0) })
    expectMoment(draws, 1, 0.5, 0.0046)
    expectMoment(draws, 2, 1.0 / 3, 0.0048)
    expectMoment(draws, 3, 0.25, 0.0045)
  }

  @Test func normalHasItsMoments() {
    var random = SeededRandom(seed: 1, stream: "normal")
    let draws = (0..<100_000).map { _ in random.normal() }
    #expect(draws.allSatisfy { $0.isFinite })
    expectMoment(draws, 1, 0, 0.016)
    expectMoment(draws, 2, 1, 0.0224)
    expectMoment(draws, 3, 0, 0.062)
    expectMoment(draws, 4, 3, 0.155)
    #expect(abs(Double(draws.count { abs($0) > 1.959964 }) / 100_000 - 0.05) <= 0.0035)
  }

  /// Chi-square with 9 degrees of freedom stays below 33.7 with probability 0.9999.
  @Test func integersAreEven() {
    var random = SeededRandom(seed: 1, stream: "integers")
    var counts = [Double](repeating: 0, count: 10)
    for _ in 0..<100_000 { counts[random.integer(below: 10)] += 1 }
    #expect(counts.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 } < 33.7)
    #expect((0..<100).allSatisfy { _ in random.integer(below: 1) == 0 })
    #expect((0..<100).allSatisfy { _ in (0..<Int.max).contains(random.integer(below: .max)) })
  }

  /// Each bit of the input changes each bit of the hash about half of the time.
  @Test func hashesMixTheirBits() {
    var flips = 0
    for number in 0..<200 {
      let bytes = withUnsafeBytes(of: UInt64(number)) { Array($0) }
      for bit in 0..<64 {
        var other = bytes
        other[bit / 8] ^= 1 << UInt8(bit % 8)
        flips += (stableHash(bytes) ^ stableHash(other)).nonzeroBitCount
      }
    }
    #expect(abs(Double(flips) / Double(200 * 64 * 64) - 0.5) < 0.005)
  }

  private func expectMoment(_ draws: [Double], _ power: Int, _ expected: Double, _ bound: Double) {
    let sum = draws.reduce(0) { sum, draw in sum + (0..<power).reduce(1) { product, _ in product * draw } }
    #expect(abs(sum / Double(draws.count) - expected) <= bound, "moment \(power): \(sum / Double(draws.count))")
  }
}
