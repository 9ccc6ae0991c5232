import Basics
import Tensors
import Testing

@testable import Models

/// Llama against transformers: Tests/Fixtures/llama.
@Suite struct LlamaTests {
  @Test(arguments: LlamaFixture.names) func logitsEqualTransformers(name: String) throws {
    let fixture = try LlamaFixture(name)
    for (index, ids) in try fixture.sequences("input_ids").enumerated() {
      let expected = try fixture.tensors.values("sequences.\(index).logits")
      #expect(relativeDifference(fixture.model.allLogits([ids]).values, expected) <= 5e-6)
    }
  }

  @Test(arguments: LlamaFixture.names) func lossEqualsTransformers(name: String) throws {
    let fixture = try LlamaFixture(name)
    let expected = try #require(fixture.json["loss"]?.doubleValue)
    let loss = try fixture.loss()
    #expect(loss.rowLosses.count == fixture.json["trained_tokens"]?.intValue)
    #expect(abs(Double(loss.loss.values[0]) - expected) <= 5e-6)
    #expect(abs(loss.sum / Double(loss.rowLosses.count) - expected) <= 5e-6)
  }

  @Test(arguments: LlamaFixture.names) func everyGradientEqualsTransformers(name: String) throws {
    let fixture = try LlamaFixture(name)
    for parameter in fixture.model.parameters { parameter.isTrainable = true }
    try fixture.loss().loss.backward()
    let expected = fixture.tensors.tensorNames.filter { $0.hasPrefix("gradients.") }
    #expect(Set(fixture.model.parameters.map { "gradients.\($0.name)" }) == Set(expected))
    for parameter in fixture.model.parameters {
      let golden = try fixture.tensors.values("gradients.\(parameter.name)")
      let found = try #require(parameter.gradient, "\(parameter.name) has no gradient").values
      #expect(relativeDifference(found, golden) <= 2e-5, "\(parameter.name)")
    }
  }

  /// Only what trains gets a gradient, and gets the same as when all train.
  @Test(arguments: LlamaFixture.names) func frozenParametersGetNothing(name: String) throws {
    let fixture = try LlamaFixture(name)
    let trained = try #require(fixture.model.parameters.first { $0.name.hasSuffix("layers.1.mlp.up_proj.weight") })
    trained.isTrainable = true
    try fixture.loss().loss.backward()
    #expect(fixture.model.trainableParameters.map { $0.name } == [trained.name])
    #expect(fixture.model.parameters.filter { $0.gradient != nil }.map { $0.name } == [trained.name])
    let expected = try fixture.tensors.values("gradients.\(trained.name)")
    #expect(relativeDifference(try #require(trained.gradient).values, expected) <= 2e-5)
  }

  @Test(arguments: LlamaFixture.names) func packedSequencesEqualSeparateOnes(name: String) throws {
    let fixture = try LlamaFixture(name)
    let sequences = try fixture.sequences("input_ids")
    let packed = fixture.model.allLogits(sequences).values
    let separate = sequences.flatMap { fixture.model.allLogits([$0]).values }
    #expect(relativeDifference(packed, separate) <= 1e-6)
  }

  @Test func tiedEmbeddingsAreOneParameter() throws {
    let tied = try LlamaFixture("tied").model, untied = try LlamaFixture("untied").model
    #expect(tied.head === tied.parameters[0])
    #expect(untied.head === untied.parameters[untied.parameters.count - 1])
    #expect(tied.parameterCount == tied.parameters.reduce(0) { $0 + $1.count })
    #expect(tied.linears.count == 14 && untied.linears.count == 14)
    #expect(Set(tied.parameters.map { $0.name }).count == tied.parameters.count)
  }

  /// A checkpoint with tied embeddings may repeat them, and older ones hold rotary frequencies.
  @Test func knownExtraTensorsAreIgnored() throws {
    let model = try SpoiledModel("tied")
    model["lm_head.weight"] = model["model.embed_tokens.weight"]
    model["model.layers.0.self_attn.rotary_emb.inv_freq"] = Tensor([1, 2], shape: [2])
    #expect(try model.load().parameters.count == LlamaFixture("tied").model.parameters.count)
  }

  /// Biases of attention and MLP act and are listed.
  @Test func biasesAreRead() throws {
    let model = try SpoiledModel()
    model.config["attention_bias"] = true
    model.config["mlp_bias"] = true
    let plain = try LlamaFixture("untied").model
    for linear in plain.linears {
      let bias = linear.name.hasSuffix("down_proj") ? Float(0.5) : 0
      model["\(linear.name).bias"] = Tensor(
        [Float](repeating: bias, count: linear.outputSize), shape: [linear.outputSize])
    }
    let biased = try model.load()
    #expect(biased.parameters.count == plain.parameters.count + 14)
    let difference = relativeDifference(biased.allLogits([[1, 2, 3]]).values, plain.allLogits([[1, 2, 3]]).values)
    #expect(difference > 0.01)
  }

  @Test func newModelsDependOnTheirSeedAlone() throws {
    let config = ConfigFile(try JSON(contentsOf: "\(LlamaFixture.path("tied"))/config.json"), path: "config.json")
    let first = try newModel(config, seed: 1), again = try newModel(config, seed: 1)
    let other = try newModel(config, seed: 2)
    let pinned = first.parameters[0].value.values
    #expect(again.parameters[0].value.values == pinned)
    #expect(other.parameters[0].value.values != pinned)
    let deviation = (pinned.reduce(0) { $0 + $1 * $1 } / Float(pinned.count)).squareRoot()
    #expect(abs(deviation - 0.02) < 0.002)
    for parameter in first.parameters where parameter.name.hasSuffix("norm.weight") {
      #expect(parameter.value.values.allSatisfy { $0 == 1 })
    }
    #expect(first.allLogits([[1, 2, 3]]).values.allSatisfy { $0.isFinite })
  }

  /// A saved model is read back to the same bits, with the keys that transformers writes.
  @Test(arguments: LlamaFixture.names) func savedModelsAreReadBack(name: String) throws {
    let fixture = try LlamaFixture(name), folder = try TemporaryFolder()
    try saveModel(fixture.model, to: folder.path, format: .f32)
    let read = try loadModel(ModelFiles.open(folder.path))
    #expect(read.parameters.map { $0.name } == fixture.model.parameters.map { $0.name })
    for (found, expected) in zip(read.parameters, fixture.model.parameters) {
      #expect(bits(found.value.values) == bits(expected.value.values))
    }
    let written = try JSON(contentsOf: "\(folder.path)/config.json")
    #expect(written["architectures"] == ["LlamaForCausalLM"])
    #expect(written["torch_dtype"] == "float32")
    #expect(written["hidden_size"] == fixture.model.config.json["hidden_size"])
    let generation = try JSON(contentsOf: "\(folder.path)/generation_config.json")
    #expect(generation["eos_token_id"] == 2 && generation["bos_token_id"] == 1)
    try saveModel(fixture.model, to: folder.path, format: .bf16)
    let rounded = try loadModel(ModelFiles.open(folder.path))
    #expect(relativeDifference(rounded.parameters[0].value.values, read.parameters[0].value.values) <= 0.004)
    #expect(try JSON(contentsOf: "\(folder.path)/config.json")["torch_dtype"] == "bfloat16")
  }
}
