import Basics
import Testing

@testable import Tensors

/// Results do not depend on the number of threads. Serial, as the number belongs to the whole process.
@Suite(.serialized) struct ThreadTests {
  @Test func attentionIsEqualToTheBit() {
    expectEqualBits {
      let catchers = (0..<3).map { _ in GradientCatcher() }
      let shape = AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 16)
      let out = attention(
        query: catchers[0].track(randomTensor([200, 64], "query")),
        key: catchers[1].track(randomTensor([200, 32], "key")),
        value: catchers[2].track(randomTensor([200, 32], "value")), offsets: [0, 70, 200], shape: shape)
      out.backward(randomTensor([200, 64], "seed"))
      return [out.values] + catchers.map { $0.values ?? [] }
    }
  }

  @Test func rowOperationsAreEqualToTheBit() {
    expectEqualBits {
      let weight = randomParameter([48], "weight"), x = GradientCatcher(), up = GradientCatcher()
      let input = x.track(randomTensor([1000, 48], "x"))
      let table = RotaryTable(frequencies: RotaryTable.frequencies(headSize: 16, theta: 1e4), positionCount: 1000)
      let turned = rotary(
        rmsNorm(input, weight, epsilon: 1e-5), rows: (0..<1000).map { $0 }, table: table, headSize: 16)
      let out = swiGLU(gate: add(turned, input), up: up.track(randomTensor([1000, 48], "up")))
      out.backward(randomTensor([1000, 48], "seed"))
      return [out.values, x.values ?? [], up.values ?? [], weight.gradient?.values ?? []]
    }
  }

  @Test func productsAreEqualToRounding() {
    let (one, two) = withOneAndTwoThreads {
      let tall = randomParameter([40, 96], "tall"), wide = randomParameter([500, 40], "wide"), x = GradientCatcher()
      let out = linear(linear(x.track(randomTensor([300, 96], "x")), tall), wide)
      out.backward(randomTensor([300, 500], "seed"))
      let loss = headCrossEntropy(
        randomTensor([300, 40], "hidden"), head: wide, targets: (0..<300).map { $0 }, scale: 0.01)
      return [out.values, x.values ?? [], tall.gradient?.values ?? [], wide.gradient?.values ?? [], loss.rowLosses]
    }
    for (one, two) in zip(one, two) {
      #expect(!one.isEmpty)
      #expect(difference(two, one) <= 1e-6)
    }
  }

  private func expectEqualBits(_ run: () -> [[Float]]) {
    let (one, two) = withOneAndTwoThreads(run)
    for (one, two) in zip(one, two) {
      #expect(!one.isEmpty)
      #expect(bits(one) == bits(two))
    }
  }

  private func withOneAndTwoThreads<Result>(_ run: () -> Result) -> (Result, Result) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 1
    let one = run()
    Threads.count = 2
    return (one, run())
  }
}
