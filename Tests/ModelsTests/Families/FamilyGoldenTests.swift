import Basics
import Foundation
import Tensors
import Testing

@testable import Models

/// Every family against transformers: Tests/Fixtures/families.
@Suite struct FamilyGoldenTests {
  @Test(arguments: FamilyFixture.all) func logitsEqualTransformers(name: String) throws {
    let fixture = try FamilyFixture(name)
    for (index, sequence) in try fixture.sequences().enumerated() {
      let expected = try fixture.tensors.values("sequences.\(index).logits")
      #expect(largestDifference(fixture.model.ownLogits([sequence]).values, expected) <= 1e-5, "sequence \(index)")
    }
  }

  @Test(arguments: FamilyFixture.all) func packedSequencesEqualSeparateOnes(name: String) throws {
    let fixture = try FamilyFixture(name)
    let sequences = try fixture.sequences()
    let separate = sequences.flatMap { fixture.model.ownLogits([$0]).values }
    #expect(largestDifference(fixture.model.ownLogits(sequences).values, separate) <= 1e-5)
  }

  /// A gradient is held against the largest of its tensor; one that is zero but for rounding, as that of a bias of keys
  /// without rotary positions is, against a hundredth of the model's largest.
  @Test(arguments: FamilyFixture.all, [false, true])
  func lossAndGradientsEqualTransformers(name: String, checkpoints: Bool) throws {
    let fixture = try FamilyFixture(name)
    fixture.model.checkpointsActivations = checkpoints
    for parameter in fixture.model.parameters { parameter.isTrainable = true }
    let loss = try fixture.loss()
    #expect(abs(Double(loss.loss.values[0]) - (try #require(fixture.json["loss"]?.doubleValue))) <= 1e-5)
    try loss.loss.backward()
    let names = fixture.tensors.tensorNames.filter { $0.hasPrefix("gradients.") }
    #expect(Set(fixture.model.parameters.map { "gradients.\($0.name)" }) == Set(names))
    let expected = try Dictionary(uniqueKeysWithValues: names.map { ($0, try fixture.tensors.values($0)) })
    let floor = 1e-2 * expected.values.reduce(0) { $1.reduce($0) { max($0, abs($1)) } }
    for parameter in fixture.model.parameters {
      let golden = try #require(expected["gradients.\(parameter.name)"])
      let found = try #require(parameter.storedGradient, "\(parameter.name) has no gradient")
      let magnitude = golden.reduce(floor) { max($0, abs($1)) }
      #expect(largestDifference(found, golden) <= 1e-4 * magnitude, "\(parameter.name)")
    }
  }

  @Test(arguments: FamilyFixture.writers) func greedyTokensWithoutACacheEqualTransformers(name: String) throws {
    let fixture = try FamilyFixture(name), model = fixture.model
    let (source, prompt, expected) = try fixture.greedy()
    var ids = prompt
    for _ in expected {
      let sources = source.isEmpty ? nil : TokenBatch([source])
      ids.append(next(model, TokenBatch([ids]), source: sources, caches: nil))
    }
    #expect(Array(ids.dropFirst(prompt.count)) == expected)
  }

  @Test(arguments: FamilyFixture.writers) func greedyTokensWithACacheEqualTransformers(name: String) throws {
    let fixture = try FamilyFixture(name), model = fixture.model
    let (source, prompt, expected) = try fixture.greedy(cached: true)
    let cache = model.makeCache(capacity: prompt.count + expected.count)
    if !source.isEmpty { Recording.off { model.read(source: source, into: cache) } }
    var pending = prompt, found: [Int32] = []
    for _ in expected {
      pending = [next(model, TokenBatch([pending], starts: [cache.count]), source: nil, caches: [cache])]
      found += pending
    }
    #expect(found == expected)
  }

  /// The generator decodes several prompts together and reads them in blocks.
  ///
  /// `llama-dynamic` has fewer positions than tokens here.
  @Test(arguments: FamilyFixture.writers.filter { $0 != "llama-dynamic" })
  func generatedTokensEqualTransformers(name: String) throws {
    let fixture = try FamilyFixture(name)
    let (source, prompt, expected) = try fixture.greedy()
    let other = GenerationRequest(promptIDs: [7, 8, 9, 10, 11, 12, 13, 14, 15], maxNewTokens: 12)
    let ids = source.isEmpty ? prompt : source
    let request = GenerationRequest(promptIDs: ids.map { Int($0) }, maxNewTokens: expected.count)
    var generator = Generator(fixture.model, stopIDs: [])
    generator.promptBlock = 3
    let results = try generator.generate([other, request, other])
    #expect(results[1].ids == expected.map { Int($0) })
    #expect(results[0].ids == results[2].ids && results[0].ids.count == 12)
  }

  /// The other spelling of a configuration, of transformers 4 or 5, describes the same model.
  @Test(arguments: FamilyFixture.all) func bothSpellingsOfTheConfigurationAgree(name: String) throws {
    let source = FamilyFixture.path(name)
    guard FileManager.default.fileExists(atPath: "\(source)/other-config.json") else {
      #expect((["gpt2", "opt"] + FamilyFixture.classifiers).contains(name), "its spelling has changed")
      return
    }
    let folder = try TemporaryFolder(), fixture = try FamilyFixture(name)
    for (file, copy) in [("other-config.json", "config.json"), ("model.safetensors", "model.safetensors")] {
      try FileManager.default.copyItem(atPath: "\(source)/\(file)", toPath: "\(folder.path)/\(copy)")
    }
    let other = try loadModel(ModelFiles.open(folder.path)), sequences = try fixture.sequences()
    #expect(bits(other.ownLogits(sequences).values) == bits(fixture.model.ownLogits(sequences).values))
  }

  /// What is saved is read back to the same bits, under the names and shapes of the file it came from.
  @Test(arguments: FamilyFixture.all) func savedModelsAreReadBack(name: String) throws {
    let fixture = try FamilyFixture(name), folder = try TemporaryFolder()
    try saveModel(fixture.model, to: folder.path, format: .f32)
    let original = try Safetensors("\(fixture.folder)/model.safetensors")
    let written = try Safetensors("\(folder.path)/model.safetensors")
    #expect(Set(written.tensorNames) == Set(original.tensorNames))
    for name in original.tensorNames {
      #expect(written.tensor(name)?.shape == original.tensor(name)?.shape, "\(name)")
      #expect(bits(try written.values(name)) == bits(try original.values(name)), "\(name)")
    }
    let read = try loadModel(ModelFiles.open(folder.path)), sequences = try fixture.sequences()
    #expect(bits(read.ownLogits(sequences).values) == bits(fixture.model.ownLogits(sequences).values))
  }

  /// Checkpoints on the hub that were saved as the model without its head lack the first part of each name.
  @Test(arguments: [("gpt2", "transformer."), ("opt", "model.")])
  func namesWithoutTheirPrefixAreRead(name: String, prefix: String) throws {
    let fixture = try FamilyFixture(name), folder = try TemporaryFolder()
    let original = try Safetensors("\(fixture.folder)/model.safetensors")
    try FileManager.default.copyItem(
      atPath: "\(fixture.folder)/config.json", toPath: "\(folder.path)/config.json")
    let tensors = try original.tensorNames.map { name in
      let stored = try #require(original.tensor(name))
      return (String(name.dropFirst(prefix.count)), Tensor(try original.values(name), shape: stored.shape))
    }
    let byName = Dictionary(uniqueKeysWithValues: tensors)
    let descriptions = tensors.map { TensorDescription(name: $0.0, shape: $0.1.shape, format: .f32) }
    try SafetensorsWriter.write(descriptions, to: "\(folder.path)/model.safetensors") { description in
      UnsafePointer(try #require(byName[description.name]).pointer)
    }
    let read = try loadModel(ModelFiles.open(folder.path)), sequences = try fixture.sequences()
    #expect(bits(read.ownLogits(sequences).values) == bits(fixture.model.ownLogits(sequences).values))
  }

  /// The most likely token after the only sequence of a batch.
  private func next(
    _ model: any LanguageModel, _ batch: TokenBatch, source: TokenBatch?, caches: [SequenceCache]?
  ) -> Int32 {
    let last = Int32(batch.tokenCount - 1)
    let row = Recording.off {
      model.headLogits(of: model.hiddenStates(batch, source: source, caches: caches, rows: [last])).values
    }
    return Int32(row.indices.max { row[$0] < row[$1] } ?? -1)
  }
}
