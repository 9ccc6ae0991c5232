import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

/// Combinations of adapters against PEFT's `add_weighted_adapter`: Tests/Fixtures/combining.
@Suite struct CombinationTests {
  private func combined(
    _ folders: [String], _ weights: [Double], _ combination: AdapterCombination, on model: any LanguageModel
  ) throws -> AttachedAdapter {
    let adapters = try zip(folders, weights).map { (try AdapterFolder.load($0, onto: model), $1) }
    return try combination.combine(adapters, on: model)
  }

  @Test func everyKindHasAGolden() {
    let kinds = Set(CombiningCase.combinations.compactMap { $0.json["combination_type"]?.stringValue })
    #expect(kinds == Set(AdapterCombination.Kind.allCases.map { $0.rawValue }))
  }

  /// The changes of weights, and the logits. DARE's masks are PyTorch's.
  @Test(arguments: CombiningCase.combinations) func combinationsEqualPEFT(golden: CombiningCase) throws {
    let model = try golden.model()
    let adapter = try combined(golden.folders, golden.weights, golden.combination(), on: model)
    let layers = adapter.parts.compactMap { $0 as? LoRALayer }
    #expect(Set(layers.map { $0.linear.name }) == (try golden.layers()))
    #expect(adapter.settings["r"]?.intValue == golden.json["rank"]?.intValue)
    for layer in layers {
      let a = try golden.golden("\(layer.linear.name).lora_A.weight")
      let b = try golden.golden("\(layer.linear.name).lora_B.weight")
      #expect(layer.scale == 1)
      #expect(layer.a.count == a.count && layer.b.count == b.count)
      let rank = layer.a.shape[0]
      let product = linear(
        Tensor(b, shape: [layer.linear.outputSize, rank]),
        Parameter("", transposed(Tensor(a, shape: [rank, layer.linear.inputSize]))))
      #expect(relativeDifference(layer.change.values, product.values) <= 3e-6, "\(layer.linear.name)")
      // A decomposition's vectors have no sign, sums have.
      if !(try golden.combination().kind.decomposes) {
        #expect(relativeDifference(layer.a.value.values, a) <= 1e-6)
        #expect(relativeDifference(layer.b.value.values, b) <= 1e-6)
      }
    }
    #expect(relativeDifference(model.probe(), try golden.golden("logits")) <= 1e-5)
  }

  /// What is written is read again, by layers' ends or whole names, also where the rank is larger than a layer.
  @Test func combinationsAreSaved() throws {
    let temporary = try TemporaryFolder(), folders = ["first", "down", "output", "twin", "stabilized"]
    let model = try CombiningCase.llama()
    let adapter = try combined(
      (folders + folders).map { CombiningCase.adapter($0) }, [1, 0.5, 2, -1, 1, 1, 1, -3, 1, 0.1], AdapterCombination(),
      on: model)
    #expect(try #require(adapter.settings["r"]?.intValue) > 16)
    try AdapterFolder.save(adapter, to: temporary.path, baseModel: "base")
    let other = try CombiningCase.llama()
    _ = try AdapterFolder.load(temporary.path, onto: other)
    #expect(other.probe() == model.probe())
  }

  /// `cat` is the sum of the weighted adapters; the others come as near as they say.
  @Test func catIsTheSum() throws {
    let names = ["first", "down", "stabilized"].map { CombiningCase.adapter($0) }, weights = [1, -0.5, 2.0]
    let sum = try CombiningCase.llama()
    for (name, weight) in zip(names, weights) { _ = try AdapterFolder.load(name, onto: sum, weight: weight) }
    let expected = sum.probe()
    func difference(_ kind: AdapterCombination.Kind, rank: Int? = nil) throws -> Float {
      var combination = AdapterCombination(kind)
      combination.rank = rank
      let model = try CombiningCase.llama()
      _ = try combined(names, weights, combination, on: model)
      return relativeDifference(model.probe(), expected)
    }
    #expect(try difference(.cat) <= 1e-6)
    #expect(try difference(.svd, rank: 8) <= 1e-5)
    let coarse = try difference(.svd, rank: 1)
    #expect(coarse > 1e-3)
  }

  @Test func theResultIsDecidedByTheSeed() throws {
    func values(_ seed: UInt64) throws -> [Float] {
      var combination = AdapterCombination(.dareLinear)
      combination.seed = seed
      let model = try CombiningCase.llama()
      let names = ["first", "twin"].map { CombiningCase.adapter($0) }
      return try combined(names, [1, 1], combination, on: model).tensors.flatMap { $0.parameter.value.values }
    }
    #expect(try values(1) == values(1))
    #expect(try values(1) != values(2))
  }

  /// DARE keeps the expectation: the mean over many masks is the tensor.
  @Test func thinningKeepsTheMean() {
    let tensor = Tensor([1, -2, 3, 0.5], shape: [2, 2])
    let arithmetic = TaskArithmetic(pruning: .random, density: 0.25, majoritySign: nil)
    var random = MersenneTwister(seed: 3), sums = [0.0, 0, 0, 0]
    for _ in 0..<20_000 {
      for (index, value) in arithmetic.merged([tensor], weights: [1], &random).values.enumerated() {
        sums[index] += Double(value) / 20_000
      }
    }
    for (sum, value) in zip(sums, tensor.values) { #expect(abs(sum - Double(value)) < 0.06 * abs(Double(value))) }
  }

  /// By hand: of equal magnitudes the first stays; a sign of zero has no vote by frequency.
  @Test func pruningAndElection() {
    var random = MersenneTwister(seed: 1)
    let pruned = TaskArithmetic(pruning: .magnitude, density: 0.5, majoritySign: nil)
      .merged([Tensor([1, -3, 1, 2, -1, 1], shape: [6])], weights: [2], &random)
    #expect(pruned.values == [2, -6, 0, 4, 0, 0])
    let tensors = [
      Tensor([3, -1, 0, 1], shape: [4]), Tensor([-1, -1, 0, 0], shape: [4]), Tensor([-1, 4, 0, -1], shape: [4]),
    ]
    let total = TaskArithmetic(pruning: .none, density: 1, majoritySign: .total)
    #expect(total.merged(tensors, weights: [1, 1, 2], &random).values == [3, 8, 0, 1])
    let frequency = TaskArithmetic(pruning: .none, density: 1, majoritySign: .frequency)
    #expect(frequency.merged(tensors, weights: [1, 1, 2], &random).values == [-1.5, -1, 0, 1])
  }

  @Test func whatCannotBeCombinedIsRefused() throws {
    let model = try CombiningCase.llama(), before = model.probe()
    let ranks = try failure {
      _ = try combined(
        ["first", "down"].map { CombiningCase.adapter($0) }, [1, 1], AdapterCombination(.ties), on: model)
    }
    #expect(ranks.kind == .usage && ranks.message.contains("ranks 2 and 3"), "\(ranks)")
    #expect(model.probe() != before)
    let other = try CombiningCase.llama()
    let kind = try failure {
      _ = try combined(
        ["first", "ia3-a"].map { CombiningCase.adapter($0) }, [1, 1], AdapterCombination(.cat), on: other)
    }
    #expect(kind.message.contains("does not fit the model"), "\(kind)")
    let factors = try failure {
      _ = try combined(
        ["ia3-b", "ia3-a"].map { CombiningCase.adapter($0) }, [1, 1], AdapterCombination(),
        on: try CombiningCase.llama())
    }
    #expect(factors.kind == .usage && factors.message.contains("(IA)³"), "\(factors)")
  }
}
