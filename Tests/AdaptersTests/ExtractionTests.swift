import Basics
import Models
import Tensors
import Testing

@testable import Adapters

/// LoRAs that are taken out of models.
@Suite struct ExtractionTests {
  /// The base with adapters merged into it.
  private func tuned(_ names: [String], change: (any LanguageModel) -> Void = { _ in }) throws -> any LanguageModel {
    let model = try CombiningCase.llama()
    let adapters = try names.map { try AdapterFolder.load(CombiningCase.adapter($0), onto: model) }
    let merged = try adapters.mergedValues()
    let values = model.parameters.map { merged($0) }
    for adapter in adapters { adapter.isEnabled = false }
    for (parameter, value) in zip(model.parameters, values) {
      var value = Tensor(value.values, shape: value.shape)
      parameter.exchangeValue(with: &value)
    }
    change(model)
    return model
  }

  /// A LoRA that was merged comes back at its rank, and by its energy.
  @Test(arguments: [["first"], ["first", "down"], ["down", "output", "twin"]])
  func mergedAdaptersComeBack(names: [String]) throws {
    let tuned = try tuned(names), expected = tuned.probe()
    for size in [LoRAExtraction.Size.rank(8), .energy(1 - 1e-10)] {
      let base = try CombiningCase.llama(), before = base.probe()
      let extracted = try LoRAExtraction(size).extract(tuned, onto: base)
      #expect(relativeDifference(base.probe(), expected) <= 1e-5)
      #expect(relativeDifference(before, expected) > 1e-2)
      #expect(extracted.losses.isEmpty && extracted.wholeModules.isEmpty)
      #expect(extracted.kinds.allSatisfy { $0.keptShare > 1 - 1e-9 && $0.layerCount == 2 })
      if names == ["first"], size != .rank(8) {
        #expect(extracted.kinds.map { $0.name } == ["q_proj", "v_proj"])
        #expect(extracted.kinds.allSatisfy { $0.smallestRank == 2 && $0.largestRank == 2 })
      }
      // As PEFT reads it.
      let temporary = try TemporaryFolder()
      try AdapterFolder.save(extracted.adapter, to: temporary.path, baseModel: "base")
      let other = try CombiningCase.llama()
      _ = try AdapterFolder.load(temporary.path, onto: other)
      #expect(other.probe() == base.probe())
    }
  }

  /// What a smaller rank loses is what it says: no LoRA of the rank is nearer.
  @Test func theEnergyIsThatOfTheDifference() throws {
    let tuned = try tuned(["down", "twin"]), base = try CombiningCase.llama()
    let extracted = try LoRAExtraction(.rank(2)).extract(tuned, onto: base)
    let merged = try extracted.adapter.mergedValues()
    for kind in extracted.kinds {
      var error = 0.0, energy = 0.0
      for (own, other) in zip(base.linears, tuned.linears) where own.name.hasSuffix(kind.name) {
        let values = zip(zip(own.weight.value.values, other.weight.value.values), merged(own.weight).values)
        for ((base, tuned), found) in values {
          error += Double((tuned - found) * (tuned - found))
          energy += Double((tuned - base) * (tuned - base))
        }
      }
      #expect(abs(kind.energy - energy) <= 1e-5 * energy)
      #expect(abs((1 - kind.keptShare) - error / energy) <= 1e-5)
    }
    let shares = try [1, 2, 3, 5].map { rank in
      try #require(LoRAExtraction(.rank(rank)).extract(tuned, onto: try CombiningCase.llama()).kinds.first).keptShare
    }
    #expect(shares == shares.sorted() && shares[0] < 0.9 && shares[3] > 1 - 1e-9)
  }

  @Test func theThresholdPicksTheSmallestRank() throws {
    let tuned = try tuned(["down", "output", "twin"])
    for share in [0.5, 0.8, 0.95] {
      let base = try CombiningCase.llama()
      let extracted = try LoRAExtraction(.energy(share)).extract(tuned, onto: base)
      let layers = extracted.adapter.parts.compactMap { $0 as? LoRALayer }
      for (layer, other) in layers.compactMap({ layer in
        tuned.linears.first { $0.name == layer.linear.name }.map { (layer, $0) }
      }) {
        let difference = Tensor(
          zip(other.weight.value.values, layer.linear.weight.value.values).map { $0 - $1 },
          shape: other.weight.shape)
        let energies = try #require(SingularValueDecomposition(of: difference)).values.map { Double($0) * Double($0) }
        let total = energies.reduce(0, +), rank = layer.a.shape[0]
        #expect(energies.prefix(rank).reduce(0, +) >= share * total)
        #expect(energies.prefix(rank - 1).reduce(0, +) < share * total)
        #expect(layer.scale == 1)
      }
      #expect(Set(layers.map { $0.a.shape[0] }).count > 1 || share < 0.8)
    }
  }

  /// Norms and embeddings are lost and told, or saved whole.
  @Test func otherWeights() throws {
    let tuned = try tuned(["first"]) { model in
      for parameter in model.parameters
      where parameter.name == "model.norm.weight" || parameter === model.inputEmbedding {
        var value = Tensor(parameter.value.values.map { $0 * 1.5 }, shape: parameter.shape)
        parameter.exchangeValue(with: &value)
      }
    }
    let base = try CombiningCase.llama()
    let without = try LoRAExtraction(.rank(2)).extract(tuned, onto: base)
    #expect(without.losses.map { $0.name } == ["model.embed_tokens.weight", "model.norm.weight"])
    #expect(without.losses.allSatisfy { abs($0.share - 0.5) < 1e-6 })
    #expect(relativeDifference(base.probe(), tuned.probe()) > 1e-2)
    let whole = try CombiningCase.llama(), temporary = try TemporaryFolder()
    let with = try LoRAExtraction(.rank(2), includesModules: true).extract(tuned, onto: whole)
    #expect(with.losses.isEmpty && with.wholeModules == ["model.embed_tokens", "model.norm"])
    #expect(relativeDifference(whole.probe(), tuned.probe()) <= 1e-5)
    try AdapterFolder.save(with.adapter, to: temporary.path, baseModel: "base")
    let other = try CombiningCase.llama()
    _ = try AdapterFolder.load(temporary.path, onto: other)
    #expect(other.probe() == whole.probe())
  }

  @Test func otherModelsAreRefused() throws {
    let base = try CombiningCase.llama(), before = base.probe()
    let gpt2 = try #require(CombiningCase.combinations.first { $0.name == "gpt2-cat" }).model()
    let family = try failure { _ = try LoRAExtraction(.rank(2)).extract(gpt2, onto: base) }
    #expect(family.kind == .usage && family.message.contains("GPT2LMHeadModel"), "\(family)")
    let small = try AdapterFixture("tied/lora_qv").model
    let sizes = try failure { _ = try LoRAExtraction(.rank(2)).extract(small, onto: base) }
    #expect(sizes.message.contains("of shape"), "\(sizes)")
    let same = try failure { _ = try LoRAExtraction(.rank(2)).extract(try CombiningCase.llama(), onto: base) }
    #expect(same.message.contains("nothing to extract"), "\(same)")
    #expect(base.probe() == before)
  }
}
