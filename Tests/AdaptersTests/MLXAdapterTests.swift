import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

/// Adapters that mlx-lm saved and the logits that it computes with them: Tests/Fixtures/mlx.
@Suite struct MLXAdapterTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  /// One adapter with its base and golden.
  private struct Fixture {
    let folder: String
    let golden: JSON
    let model: any LanguageModel

    init(_ name: String) throws {
      folder = "\(fixtures)/mlx/\(name)"
      golden = try JSON(contentsOf: "\(folder)/golden.json")
      model = try loadModel(ModelFiles.open("\(fixtures)/\(try #require(golden["base"]?.stringValue))"))
    }

    var ids: [Int32] { golden["input_ids"]?.arrayValue?.compactMap { $0.intValue.map { Int32($0) } } ?? [] }

    func logits(_ key: String) throws -> [Float] {
      try #require(golden[key]?.arrayValue).flatMap { row in
        row.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } } ?? []
      }
    }
  }

  @Test(arguments: ["llama", "llama-all", "gpt2"]) func logitsEqualMLX(name: String) throws {
    let fixture = try Fixture(name)
    #expect(relativeDifference(fixture.model.allLogits(fixture.ids), try fixture.logits("base_logits")) <= 2e-5)
    _ = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    let expected = try fixture.logits("logits")
    #expect(relativeDifference(fixture.model.allLogits(fixture.ids), expected) <= 2e-5)
    #expect(relativeDifference(try fixture.logits("base_logits"), expected) > 1e-2)
    #expect(try AdapterFolder.baseModel(of: fixture.folder) == fixture.golden["base"]?.stringValue)
  }

  /// What mlx-lm wrote is written again with the same tensors and settings.
  @Test(arguments: ["llama", "llama-all", "gpt2"]) func writtenAdaptersEqualTheirOrigin(name: String) throws {
    let fixture = try Fixture(name), folder = try TemporaryFolder()
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    try MLXAdapter.write(adapter, of: fixture.model, to: folder.path, baseModel: "base")
    let written = try Safetensors("\(folder.path)/adapters.safetensors")
    let origin = try Safetensors("\(fixture.folder)/adapters.safetensors")
    #expect(written.tensorNames.sorted() == origin.tensorNames.sorted())
    for tensor in origin.tensorNames {
      let stored = try #require(written.tensor(tensor)), expected = try #require(origin.tensor(tensor))
      #expect(stored.shape == expected.shape)
      #expect(try written.floats(stored) == origin.floats(expected))
    }
    let config = try JSON(contentsOf: "\(folder.path)/adapter_config.json")
    let expected = try JSON(contentsOf: "\(fixture.folder)/adapter_config.json")
    for key in ["rank", "scale", "dropout"] {
      #expect(config["lora_parameters"]?[key]?.doubleValue == expected["lora_parameters"]?[key]?.doubleValue)
    }
    let blocks = try #require(expected["num_layers"]?.intValue)
    #expect(config["num_layers"]?.intValue == (blocks < 0 ? 2 : blocks))
    if let keys = expected["lora_parameters"]?["keys"]?.arrayValue?.compactMap({ $0.stringValue }) {
      #expect(config["lora_parameters"]?["keys"]?.arrayValue?.compactMap { $0.stringValue } == keys.sorted())
    }
  }

  /// Ranks and scales that differ by layer, and layers without an adapter, do not change the result.
  @Test func unevenAdaptersAreFilledUp() throws {
    let model = try loadModel(ModelFiles.open("\(Self.fixtures)/merging/gpt2")), folder = try TemporaryFolder()
    let adapter = try AdapterFolder.load("\(Self.fixtures)/merging/gpt2/adapter", onto: model)
    let expected = model.allLogits([1, 2, 3, 4])
    try MLXAdapter.write(adapter, of: model, to: folder.path, baseModel: "base")
    adapter.isEnabled = false
    _ = try AdapterFolder.load(folder.path, onto: model)
    #expect(relativeDifference(model.allLogits([1, 2, 3, 4]), expected) <= 1e-6)

    let partial = try AdapterFixture("untied/lora_all"), other = try TemporaryFolder()
    let names = ["model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"]
    let lora = try LoRA(rank: 2, targetModules: .suffixes(names)).attach(to: partial.model, seed: 3)
    for parameter in lora.parameters { parameter.pointer.update(repeating: 0.1, count: parameter.count) }
    let logits = partial.model.allLogits([1, 2, 3])
    try MLXAdapter.write(lora, of: partial.model, to: other.path, baseModel: "base")
    lora.isEnabled = false
    #expect(try AdapterFolder.load(other.path, onto: partial.model).changedWeightCount == 4)
    #expect(relativeDifference(partial.model.allLogits([1, 2, 3]), logits) <= 1e-6)
  }

  @Test func convertedToPEFTItIsTheSame() throws {
    let fixture = try Fixture("llama"), folder = try TemporaryFolder()
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    let expected = fixture.model.allLogits(fixture.ids)
    try AdapterFolder.save(adapter, to: folder.path, baseModel: "base")
    adapter.isEnabled = false
    _ = try AdapterFolder.load(folder.path, onto: fixture.model)
    #expect(fixture.model.allLogits(fixture.ids) == expected)
  }

  @Test(
    arguments: [
      ("fine_tune_type", "dora", ["'dora'", "only MLX adapters of type 'lora'"]),
      ("fine_tune_type", "full", ["'full'"]),
      ("num_layers", .null, ["'num_layers' is null"]), ("num_layers", "2", ["'num_layers'"]),
      ("num_layers", 2, ["3 tensors", "is missing"]), ("lora_parameters", [:], ["'scale' is missing"]),
      ("lora_parameters", .null, ["'scale' is missing"]),
      ("lora_parameters", ["scale": 1], ["'rank' is missing"]),
      ("lora_parameters", ["scale": "x", "rank": 2], ["'scale' is \"x\""]),
      ("lora_parameters", ["scale": 1, "rank": 3, "keys": ["mlp.down_proj"]], ["shape"]),
      ("lora_parameters", ["scale": 1, "rank": 2, "keys": []], ["'keys'"]),
      ("lora_parameters", ["scale": 1, "rank": 2, "keys": ["nothing"]], ["names no layer"]),
      ("lora_parameters", ["scale": 1, "rank": 2, "keys": ["mlp.down_proj"]], ["belongs to no targeted layer"]),
      ("lora_parameters", ["scale": 1, "rank": 1_000_000_000], ["does not fit the model", "1000000000"]),
    ] as [(String, JSON, [String])]) func wrongSettingsAreNamed(key: String, value: JSON, parts: [String]) throws
  {
    let fixture = try Fixture("llama"), folder = try TemporaryFolder()
    var config = try #require(try JSON(contentsOf: "\(fixture.folder)/adapter_config.json").objectValue)
    config[key] = value
    try AtomicFile.write(JSON.object(config).text(), to: "\(folder.path)/adapter_config.json")
    try FileManager.default.copyItem(
      atPath: "\(fixture.folder)/adapters.safetensors", toPath: "\(folder.path)/adapters.safetensors")
    let error = try failure { _ = try AdapterFolder.load(folder.path, onto: fixture.model) }
    #expect(error.kind == .data)
    #expect(error.message.hasPrefix(folder.path), "\(error.message)")
    #expect(parts.contains { error.message.contains($0) }, "\(error.message)")
    #expect(fixture.model.linears.allSatisfy { $0.adapters.isEmpty })
  }

  @Test func familiesThatMLXHasNotAreNamed() throws {
    let path = "\(MergingTests.families)/t5"
    guard FileManager.default.fileExists(atPath: path) else { return }
    let model = try loadModel(ModelFiles.open(path)), folder = try TemporaryFolder()
    let adapter = try AdapterFolder.load("\(path)/adapter", onto: model)
    let error = try failure {
      try MLXAdapter.write(adapter, of: model, to: folder.path, baseModel: "base")
    }
    #expect(error.kind == .usage && error.message.contains("T5ForConditionalGeneration"))
  }
}
