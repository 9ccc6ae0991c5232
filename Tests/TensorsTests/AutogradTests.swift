import Basics
import Testing

@testable import Tensors

@Suite struct AutogradTests {
  @Test func sharedResultsAddTheirGradients() {
    let catcher = GradientCatcher()
    let x = catcher.track(Tensor([1, 2], shape: [2]))
    let a = add(x, x)
    let b = add(a, a)
    add(a, b).backward()
    #expect(catcher.values == [6, 6])
  }

  /// Both inputs of an addition get the same memory; what one adds to it must not reach the other.
  @Test func sharedGradientsStayApart() {
    let first = GradientCatcher(), second = GradientCatcher()
    let x = first.track(Tensor([1], shape: [1])), y = second.track(Tensor([1], shape: [1]))
    let sum = add(x, y)
    let seed = Tensor([3], shape: [1])
    add(add(sum, x), add(x, sum)).backward(seed)
    #expect(first.values == [12])
    #expect(second.values == [6])
    #expect(seed.values == [3])
  }

  /// Random graphs of additions: a gradient is the number of paths.
  @Test func randomGraphsCountPaths() {
    var random = SeededRandom(seed: 42, stream: "graphs")
    for _ in 0..<50 {
      let catchers = (0..<3).map { _ in GradientCatcher() }
      var tensors = catchers.map { $0.track(Tensor([1], shape: [1])) }
      var paths: [[Float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
      for _ in 0..<20 {
        let a = random.integer(below: tensors.count), b = random.integer(below: tensors.count)
        tensors.append(add(tensors[a], tensors[b]))
        paths.append(zip(paths[a], paths[b]).map { $0 + $1 })
      }
      tensors[tensors.count - 1].backward()
      for (catcher, count) in zip(catchers, paths[paths.count - 1]) { #expect((catcher.values?[0] ?? 0) == count) }
    }
  }

  @Test func longChainsNeedNoStack() {
    let catcher = GradientCatcher(), zero = Tensor([0], shape: [1])
    var chain = catcher.track(Tensor([1], shape: [1]))
    for _ in 0..<100_000 { chain = add(chain, zero) }
    chain.backward()
    #expect(catcher.values == [1])
  }

  /// A graph that no one sends a gradient through, as after an error, is released link by link.
  @Test func longChainsAreReleasedWithoutStack() {
    let catcher = GradientCatcher(), zero = Tensor([0], shape: [1])
    weak var memory: Buffer?
    do {
      let start = catcher.track(Tensor([1], shape: [1]))
      memory = start.buffer
      var chain = start
      for _ in 0..<100_000 { chain = add(add(chain, zero), chain) }
      #expect(chain.node != nil)
    }
    #expect(memory == nil)
    #expect(catcher.values == nil)
  }

  @Test func memoryIsReleasedByBackward() {
    weak var hidden: Buffer?
    let catcher = GradientCatcher()
    let x = catcher.track(randomTensor([4, 4], "release"))
    func loss() -> Tensor {
      let gate = add(x, x)
      hidden = gate.buffer
      return swiGLU(gate: gate, up: x)
    }
    let out = loss()
    #expect(hidden != nil)
    out.backward()
    #expect(hidden == nil)
  }

  @Test func parametersSumGradientsUntilCleared() throws {
    let weight = randomParameter([3, 2], "weight"), x = randomTensor([4, 2], "x")
    linear(x, weight).backward()
    let once = try #require(weight.gradient).values
    linear(x, weight).backward()
    #expect(difference(try #require(weight.gradient).values, once.map { $0 * 2 }) <= 1e-6)
    weight.clearGradient()
    #expect(weight.gradient == nil)
    linear(x, weight).backward()
    #expect(weight.gradient?.values == once)
    weight.releaseGradient()
    #expect(weight.gradient == nil)
  }

  @Test func nothingIsRecordedInsideRecordingOff() {
    let weight = randomParameter([3, 2], "weight"), x = randomTensor([4, 2], "x")
    let out = Recording.off { linear(x, weight) }
    #expect(out.node == nil)
    out.backward()
    #expect(weight.gradient == nil)
  }

  /// A weight in a mapped file is copied before it trains.
  @Test func borrowedWeightsAreCopiedToTrain() {
    let file = randomTensor([2, 3], "file")
    let view = Buffer(borrowing: UnsafePointer(file.pointer), count: 6, owner: file.buffer)
    let weight = Parameter("weight", Tensor(shape: [2, 3], buffer: view))
    #expect(weight.pointer == file.pointer)
    weight.isTrainable = true
    #expect(weight.pointer != file.pointer)
    #expect(weight.value.values == file.values)
  }
}
