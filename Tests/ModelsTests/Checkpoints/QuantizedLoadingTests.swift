import Basics
import Tensors
import Testing

@testable import Models

/// Weights that are quantised while they load.
@Suite struct QuantizedLoadingTests {
  /// GPT-2's files have matrices transposed, those of classifiers layers that may be new.
  @Test(arguments: ["llama-linear", "gpt2", "phi3", "t5", "bert"]) func linearLayersAloneAreQuantised(name: String)
    throws
  {
    let plain = try load(name, nil)
    for quantization in [WeightQuantization.eightBit, .fourBit(.nf4, nestsScales: true)] {
      let found = try load(name, quantization)
      let linears = Set(plain.linears.map { $0.weight.name })
      let heads = plain.traits.classifierModules
      var quantized = 0
      for (weight, expected) in zip(found.parameters, plain.parameters) {
        #expect(weight.name == expected.name && weight.isStoredTransposed == expected.isStoredTransposed)
        let isHead = heads.contains { weight.name.contains($0) }
        if linears.contains(weight.name), weight.byteCount != expected.byteCount {
          quantized += 1
          #expect(!isHead && weight.value.values == expected.quantized(quantization).value.values, "\(weight.name)")
        } else {
          #expect(!linears.contains(weight.name) || isHead || weight.name.contains("pooler"), "\(weight.name)")
          #expect(weight.value.values == expected.value.values)
        }
      }
      #expect(quantized > 0)
    }
  }

  /// Rounding to eight bits moves a tiny model's hidden states, but not far.
  @Test func hiddenStatesStayNear() throws {
    let batch = TokenBatch([[1, 5, 9, 3, 7]])
    let plain = try load("llama-linear", nil).hiddenStates(batch, caches: nil).values
    let found = try load("llama-linear", .eightBit).hiddenStates(batch, caches: nil).values
    let error = zip(found, plain).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error > 0 && error < 0.05 * plain.reduce(0) { max($0, abs($1)) })
  }

  @Test func whatIsQuantisedAlreadyIsRefused() throws {
    let files = try ModelFiles.open(CheckpointFixtures.path("llama.gguf"))
    let error = #expect(throws: TuneError.self) { try loadModel(files, quantization: .eightBit) }
    #expect(error?.message.contains("'model.layers.0.self_attn.q_proj.weight' is quantised already (Q4_1)") == true)
    #expect(error?.message.contains("llama.gguf") == true)
  }

  private func load(_ name: String, _ quantization: WeightQuantization?) throws -> any LanguageModel {
    try loadModel(ModelFiles.open(FamilyFixture.path(name)), quantization: quantization)
  }
}
