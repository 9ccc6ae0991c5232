import Testing

@testable import Tensors

@Suite struct ProjectionTests {
  /// Layers computed together give what each gives alone, at sizes around the products' blocks.
  @Test(arguments: [1, 7, 63, 65]) func togetherEqualsAlone(rows: Int) {
    let layers = (0..<3).map { index in
      Projection(
        weight: randomParameter([48, 40], "weight/\(index)"), bias: randomParameter([48], "bias/\(index)"),
        updates: [
          LowRankUpdate(
            a: randomParameter([3, 40], "a/\(index)"), b: randomParameter([48, 3], "b/\(index)"), scale: 0.5)
        ])
    }
    let x = randomTensor([rows, 40], "x")
    func run(_ compute: (Tensor) -> [Tensor]) -> [[Float]] {
      let catcher = GradientCatcher()
      let outputs = compute(catcher.track(x))
      add(swiGLU(gate: outputs[0], up: outputs[1]), outputs[2]).backward(randomTensor([rows, 48], "seed"))
      let gradients = layers.flatMap { [$0.weight, $0.bias!, $0.updates[0].a, $0.updates[0].b] }.map { parameter in
        defer { parameter.clearGradient() }
        return parameter.gradient?.values ?? []
      }
      return outputs.map { $0.values } + [catcher.values ?? []] + gradients
    }
    let together = run { projections($0, layers) }
    let alone = run { x in layers.map { projections(x, [$0])[0] } }
    for (found, expected) in zip(together, alone) {
      #expect(!found.isEmpty)
      #expect(difference(found, expected) <= 2e-6)
    }
  }

  /// An output that nothing uses sends nothing, and the others' gradients do not notice it.
  @Test func unusedOutputsSendNothing() {
    let used = randomParameter([5, 6], "used", trains: true)
    let unused = randomParameter([3, 6], "unused", trains: true)
    let catcher = GradientCatcher()
    let outputs = projections(
      catcher.track(randomTensor([4, 6], "x")), [Projection(weight: unused), Projection(weight: used)])
    let seed = randomTensor([4, 5], "seed")
    outputs[1].backward(seed)
    #expect(unused.gradient == nil)
    let single = GradientCatcher()
    linear(single.track(randomTensor([4, 6], "x")), used).backward(seed)
    #expect(catcher.values == single.values)
  }

  /// An input with a recipe is not kept: it is made again for the gradient of a weight.
  @Test func inputsWithARecipeAreNotKept() {
    let weight = randomParameter([5, 6], "weight", trains: true), norm = randomParameter([6], "norm", trains: false)
    let catcher = GradientCatcher()
    weak var normalized: Buffer?
    func output() -> Tensor {
      let x = rmsNorm(catcher.track(randomTensor([4, 6], "x")), norm, epsilon: 1e-5)
      normalized = x.buffer
      return linear(x, weight)
    }
    let out = output()
    #expect(normalized == nil)
    out.backward(randomTensor([4, 5], "seed"))
    #expect(weight.gradient != nil)
  }
}
