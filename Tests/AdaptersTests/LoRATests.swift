import Basics
import Models
import Tensors
import Testing

@testable import Adapters

/// LoRA against PEFT: Tests/Fixtures/llama.
@Suite struct LoRATests {
  @Test(arguments: AdapterFixture.names) func logitsEqualPEFT(name: String) throws {
    let fixture = try AdapterFixture(name)
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    for (index, ids) in try fixture.sequences("input_ids").enumerated() {
      let expected = try fixture.values("\(fixture.adapterName).sequences.\(index).logits")
      #expect(relativeDifference(fixture.model.allLogits(ids), expected) <= 5e-6)
    }
    let loss = try fixture.loss().loss.values[0]
    #expect(abs(Double(loss) - (try #require(fixture.golden["loss"]?.doubleValue))) <= 5e-6)
    #expect(adapter.parameters.count == fixture.model.trainableParameters.count)
  }

  /// Only A and B get gradients, and theirs are PEFT's.
  @Test(arguments: AdapterFixture.names) func gradientsEqualPEFT(name: String) throws {
    let fixture = try AdapterFixture(name)
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    try fixture.loss().loss.backward()
    let prefix = "\(fixture.adapterName).gradients."
    let expected = fixture.tensors.tensorNames.filter { $0.hasPrefix(prefix) }
    #expect(Set(adapter.parameters.map { prefix + $0.name }) == Set(expected))
    for parameter in adapter.parameters {
      let found = try #require(parameter.gradient, "\(parameter.name) has no gradient").values
      #expect(relativeDifference(found, try fixture.values(prefix + parameter.name)) <= 2e-5, "\(parameter.name)")
    }
    #expect(fixture.model.parameters.allSatisfy { $0.gradient == nil && !$0.isTrainable })
    #expect(fixture.model.trainableParameters.map { $0.name } == adapter.parameters.map { $0.name })
  }

  @Test(arguments: AdapterFixture.names) func generationEqualsPEFT(name: String) throws {
    let fixture = try AdapterFixture(name)
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    let request = GenerationRequest(promptIDs: try fixture.greedy("prompt"), maxNewTokens: 8)
    let generator = Generator(fixture.model, stopIDs: [])
    #expect(try generator.generate([request])[0].ids == fixture.greedy("new_tokens"))
    adapter.isEnabled = false
    #expect(try generator.generate([request])[0].ids != fixture.greedy("new_tokens"))
  }

  @Test func anUntrainedAdapterChangesNothing() throws {
    let fixture = try AdapterFixture("untied/lora_all")
    let before = fixture.model.allLogits([1, 2, 3, 4])
    let adapter = try LoRA(rank: 3, targetModules: .allLinear).attach(to: fixture.model, seed: 1)
    #expect(fixture.model.allLogits([1, 2, 3, 4]) == before)
    #expect(adapter.parameters.count == 28)
    for parameter in adapter.parameters where parameter.name.hasSuffix("lora_A.weight") {
      let bound = 1 / Float(parameter.shape[1]).squareRoot()
      #expect(parameter.value.values.allSatisfy { abs($0) <= bound })
      #expect(parameter.value.values.contains { abs($0) > bound / 2 })
    }
  }

  @Test func newAdaptersDependOnTheirSeedAlone() throws {
    func first(_ seed: UInt64) throws -> [Float] {
      let fixture = try AdapterFixture("tied/lora_qv")
      return try LoRA().attach(to: fixture.model, seed: seed).parameters[0].value.values
    }
    #expect(try first(1) == first(1))
    #expect(try first(1) != first(2))
  }

  @Test func adaptersAreTakenOffAndPutBack() throws {
    let fixture = try AdapterFixture("tied/lora_qv")
    let base = fixture.model.allLogits([1, 2, 3])
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    let tuned = fixture.model.allLogits([1, 2, 3])
    #expect(tuned != base)
    adapter.isEnabled = false
    #expect(fixture.model.allLogits([1, 2, 3]) == base)
    #expect(fixture.model.trainableParameters.isEmpty)
    adapter.isEnabled = true
    #expect(fixture.model.allLogits([1, 2, 3]) == tuned)
  }

  @Test func dropoutActsInTrainingAlone() throws {
    let fixture = try AdapterFixture("tied/lora_qv")
    let trained = try AdapterFolder.load(fixture.folder, onto: fixture.model).parameters.map { $0.value.values }
    let adapter = try LoRA(rank: 4, loraAlpha: 8, loraDropout: 0.5).attach(to: fixture.model, seed: 1)
    for (parameter, values) in zip(adapter.parameters, trained) {
      parameter.pointer.update(from: values, count: values.count)
    }
    let plain = fixture.model.allLogits([1, 2, 3])
    adapter.setDropout(seed: 1)
    let dropped = fixture.model.allLogits([1, 2, 3])
    #expect(dropped != plain)
    #expect(fixture.model.allLogits([1, 2, 3]) == dropped)
    adapter.setDropout(seed: 2)
    #expect(fixture.model.allLogits([1, 2, 3]) != dropped)
    adapter.setDropout(seed: nil)
    #expect(fixture.model.allLogits([1, 2, 3]) == plain)
  }

  @Test(
    arguments: [
      (LoRA(rank: 13, targetModules: .allLinear), ["--rank: 13", "self_attn.q_proj", "24 × 12", "at most 12"]),
      (LoRA(rank: 0), ["--rank: 0"]), (LoRA(rank: -1), ["--rank: -1"]),
      (LoRA(loraDropout: 1), ["--lora-dropout: 1.0"]), (LoRA(loraDropout: -0.1), ["--lora-dropout"]),
      (LoRA(loraDropout: .nan), ["--lora-dropout"]),
      (LoRA(targetModules: .suffixes(["q_porj"])), ["'q_porj'", "did you mean q_proj?", "down_proj"]),
    ] as [(LoRA, [String])]) func wrongOptionsAreUsageErrors(lora: LoRA, parts: [String]) throws
  {
    let fixture = try AdapterFixture("untied/lora_all")
    let error = try failure { _ = try lora.attach(to: fixture.model, seed: 1) }
    #expect(error.kind == .usage)
    for part in parts { #expect(error.message.contains(part), "\(error.message)") }
    #expect(fixture.model.linears.allSatisfy { $0.adapters.isEmpty })
  }
}
