import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

/// Merged weights against PEFT's `merge_and_unload`: Tests/Fixtures/merging.
@Suite struct MergingTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path
  /// Tiny models of every family with adapters of PEFT; present where they have been made.
  static let families = "\(fixtures)/families"
  static let familyNames =
    (try? FileManager.default.contentsOfDirectory(atPath: families))?.filter { name in
      FileManager.default.fileExists(atPath: "\(families)/\(name)/adapter")
        // No language models.
        && !["bert", "roberta", "distilbert"].contains(name)
    }.sorted() ?? []

  @Test(arguments: [("llama/tied", "lora_qv"), ("llama/untied", "lora_all")])
  func changedWeightsEqualPEFT(base: String, adapter: String) throws {
    let model = try loadModel(ModelFiles.open("\(Self.fixtures)/\(base)"))
    let attached = try AdapterFolder.load("\(Self.fixtures)/\(base)/\(adapter)", onto: model)
    let golden = try Safetensors(
      "\(Self.fixtures)/merging/\((base as NSString).lastPathComponent)-\(adapter).safetensors")
    let merged = try attached.mergedValues()
    #expect(golden.tensorNames.count == attached.changedWeightCount)
    for parameter in model.parameters {
      let values = merged(parameter).values
      if let stored = golden.tensor(parameter.name) {
        #expect(relativeDifference(values, try golden.floats(stored)) <= 1e-6)
      } else {
        #expect(values == parameter.value.values)
      }
    }
  }

  /// GPT-2 has its weights as [in, out]; here with two ranks and rank-stabilised scaling.
  @Test func transposedWeightsEqualPEFT() throws {
    let folder = try TemporaryFolder()
    let model = try loadModel(ModelFiles.open("\(Self.fixtures)/merging/gpt2"))
    let adapter = try AdapterFolder.load("\(Self.fixtures)/merging/gpt2/adapter", onto: model)
    var saving = ModelSaving(.f32)
    saving.value = try adapter.mergedValues()
    try saveModel(model, to: folder.path, saving)
    let written = try Safetensors("\(folder.path)/model.safetensors")
    let golden = try Safetensors("\(Self.fixtures)/merging/gpt2/merged.safetensors")
    #expect(written.tensorNames.sorted() == golden.tensorNames.sorted())
    for name in golden.tensorNames {
      let stored = try #require(written.tensor(name)), expected = try #require(golden.tensor(name))
      #expect(stored.shape == expected.shape)
      #expect(relativeDifference(try written.floats(stored), try golden.floats(expected)) <= 1e-6, "\(name)")
    }
  }

  @Test(arguments: AdapterFixture.names) func mergedLogitsEqualTheAdapters(name: String) throws {
    let fixture = try AdapterFixture(name)
    let base = "\(Self.fixtures)/llama/\(name.split(separator: "/")[0])"
    try expectSameLogits(base: base, adapter: fixture.folder)
  }

  @Test(.enabled(if: !familyNames.isEmpty, "Tests/Fixtures/families has not been made"), arguments: familyNames)
  func mergedLogitsEqualTheAdaptersInEveryFamily(name: String) throws {
    try expectSameLogits(base: "\(Self.families)/\(name)", adapter: "\(Self.families)/\(name)/adapter")
  }

  /// Writes the merged model, reads it back, and compares; in bfloat16 and in shards as well.
  private func expectSameLogits(base: String, adapter: String) throws {
    let model = try loadModel(ModelFiles.open(base))
    let plain = model.probe()
    let attached = try AdapterFolder.load(adapter, onto: model)
    let expected = model.probe()
    let effect = relativeDifference(plain, expected)
    #expect(effect > 1e-3)
    #expect(attached.changesLogits(of: model))
    for (format, shard, bound) in [
      (StorageFormat.f32, ModelSaving.defaultShardBytes, Float(1e-5)), (.f32, 2000, 1e-5), (.bf16, 2000, 0.1),
    ] {
      let folder = try TemporaryFolder()
      var saving = ModelSaving(format)
      saving.maximumShardBytes = shard
      saving.value = try attached.mergedValues()
      let files = try saveModel(model, to: folder.path, saving)
      #expect(files.count == 1 || files.last == "model.safetensors.index.json")
      let read = try loadModel(ModelFiles.open(folder.path))
      #expect(relativeDifference(read.probe(), expected) <= bound)
      #expect(read.config.json["architectures"] == [.string(model.traits.architecture)])
      #expect(read.config.text("model_type") == model.config.text("model_type"))
      #expect((read.head === read.parameters[0]) == (model.head === model.parameters[0]))
      #expect(read.parameters.map { $0.name } == model.parameters.map { $0.name })
      // The base was written by transformers: the same tensors and settings are what it reads.
      let origin = try Safetensors("\(base)/model.safetensors")
      #expect(try ModelFiles.open(folder.path).weights.tensorNames.sorted() == origin.tensorNames.sorted())
      for entry in try #require(model.config.json.objectValue) where !["torch_dtype", "dtype"].contains(entry.key) {
        #expect(read.config.json[entry.key] == entry.value, "\(entry.key)")
      }
    }
    #expect(model.probe() == expected)
  }

  @Test func newAdaptersChangeNothing() throws {
    let fixture = try AdapterFixture("tied/lora_qv")
    let adapter = try LoRA(rank: 2).attach(to: fixture.model, seed: 1)
    #expect(!adapter.changesLogits(of: fixture.model))
    #expect(adapter.isEnabled)
    adapter.parameters[1].pointer[0] = 1e-38
    #expect(!adapter.changesLogits(of: fixture.model))
    adapter.parameters[1].pointer[0] = 1
    #expect(adapter.changesLogits(of: fixture.model))
    adapter.isEnabled = false
    #expect(adapter.changesLogits(of: fixture.model) && !adapter.isEnabled)
  }
}

extension LanguageModel {
  /// The logits of some tokens, which an encoder reads as well.
  func probe() -> [Float] {
    Recording.off {
      let tokens: [Int32] = [1, 7, 42, 3, 60, 12]
      let source = traits.decoderStartID.map { _ in TokenBatch([tokens]) }
      let batch = TokenBatch([traits.decoderStartID.map { [$0, 5, 9] } ?? tokens])
      return headLogits(of: hiddenStates(batch, source: source, caches: nil, rows: nil)).values
    }
  }
}

extension Safetensors {
  func floats(_ stored: StoredTensor) throws -> [Float] {
    var values = [Float](repeating: .nan, count: stored.elementCount)
    try read(stored, into: &values)
    return values
  }
}
