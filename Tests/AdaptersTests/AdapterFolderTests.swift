import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite struct AdapterFolderTests {
  @Test(arguments: AdapterFixture.names) func savedAdaptersAreReadBack(name: String) throws {
    let fixture = try AdapterFixture(name), folder = try TemporaryFolder()
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    let expected = fixture.model.allLogits([1, 2, 3])
    try AdapterFolder.save(adapter, to: folder.path, baseModel: "some/model")
    adapter.isEnabled = false
    let read = try AdapterFolder.load(folder.path, onto: fixture.model)
    #expect(fixture.model.allLogits([1, 2, 3]) == expected)
    #expect(read.parameters.map { $0.name } == adapter.parameters.map { $0.name })
    #expect(read.settings["r"] == 4 && read.settings["lora_alpha"] == 8)
    #expect(try AdapterFolder.baseModel(of: folder.path) == "some/model")
    #expect(AdapterFolder.isAdapter(folder.path))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }

  /// Every setting that we write has the value that PEFT wrote for the same adapter.
  @Test(arguments: AdapterFixture.names) func savedSettingsEqualPEFT(name: String) throws {
    let fixture = try AdapterFixture(name), folder = try TemporaryFolder()
    let adapter = try AdapterFolder.load(fixture.folder, onto: fixture.model)
    try AdapterFolder.save(adapter, to: folder.path, baseModel: name.split(separator: "/").map { String($0) }[0])
    let written = try #require(try JSON(contentsOf: "\(folder.path)/adapter_config.json").objectValue)
    let expected = try #require(try JSON(contentsOf: "\(fixture.folder)/adapter_config.json").objectValue)
    for entry in written {
      guard entry.key != "target_modules" else { continue }
      #expect(entry.value == expected[entry.key], "\(entry.key)")
    }
    func targets(_ object: JSONObject) -> Set<String> {
      Set(object["target_modules"]?.arrayValue?.compactMap { $0.stringValue } ?? [])
    }
    #expect(targets(written) == targets(expected))
    #expect(written.keys == written.keys.sorted())
    for key in ["peft_type", "r", "lora_alpha", "target_modules", "task_type", "base_model_name_or_path", "bias"] {
      #expect(written[key] != nil)
    }
    let store = try Safetensors("\(folder.path)/adapter_model.safetensors")
    let golden = try Safetensors("\(fixture.folder)/adapter_model.safetensors")
    #expect(store.tensorNames.sorted() == golden.tensorNames.sorted())
    #expect(store.metadata == ["format": "pt"])
  }

  /// An adapter on all layers is saved with their names, as PEFT does.
  @Test func allLinearIsSavedByName() throws {
    let fixture = try AdapterFixture("untied/lora_all"), folder = try TemporaryFolder()
    let adapter = try LoRA(rank: 2, targetModules: .allLinear).attach(to: fixture.model, seed: 1)
    try AdapterFolder.save(adapter, to: folder.path, baseModel: "base")
    let written = try JSON(contentsOf: "\(folder.path)/adapter_config.json")
    #expect(written["target_modules"]?.arrayValue?.count == 14)
    #expect(try AdapterFolder.load(folder.path, onto: fixture.model).parameters.count == 28)
  }

  @Test func rankStabilizedScalingAndPatternsAct() throws {
    let spoiled = try SpoiledAdapter()
    spoiled.config["use_rslora"] = true
    let scaled = try spoiled.load().model.allLogits([1, 2, 3])
    let doubled = try SpoiledAdapter()
    // 8 / sqrt(4) is 16 / 4.
    doubled.config["lora_alpha"] = 16
    #expect(try doubled.load().model.allLogits([1, 2, 3]) == scaled)
    let pattern = try SpoiledAdapter()
    pattern.config["alpha_pattern"] = ["q_proj": 16, "v_proj": 16]
    #expect(try pattern.load().model.allLogits([1, 2, 3]) == scaled)
  }

  @Test func untouchedCopiesLoad() throws { _ = try SpoiledAdapter().load() }

  @Test func aMissingTensorIsNamed() throws {
    let adapter = try SpoiledAdapter()
    let name = adapter.order.removeLast()
    try expectFailure(adapter, "adapter_model.safetensors: ", name, "missing")
  }

  @Test func anExtraTensorIsNamed() throws {
    let adapter = try SpoiledAdapter()
    adapter.order.append("base_model.model.lm_head.lora_A.weight")
    adapter.tensors["base_model.model.lm_head.lora_A.weight"] = Tensor.zeros([4, 32])
    try expectFailure(adapter, "adapter_model.safetensors: ", "'base_model.model.lm_head.lora_A.weight'")
  }

  @Test func aWrongShapeIsNamed() throws {
    let adapter = try SpoiledAdapter()
    adapter.tensors[adapter.order[0]] = Tensor.zeros([5, 32])
    try expectFailure(adapter, "adapter_model.safetensors: ", adapter.order[0], "[5, 32]", "[4, 32]")
  }

  /// All problems at once, but no more than five of them.
  @Test func allProblemsAreListed() throws {
    let adapter = try SpoiledAdapter()
    adapter.tensors[adapter.order[0]] = Tensor.zeros([5, 32])
    let missing = adapter.order.removeLast()
    adapter.order.append("unknown")
    adapter.tensors["unknown"] = Tensor.zeros([1])
    try expectFailure(adapter, "adapter_model.safetensors: ", adapter.order[0], missing, "'unknown'")
    adapter.order = ["unknown"]
    try expectFailure(adapter, "adapter_model.safetensors: ", "missing", "… and 4 more")
  }

  @Test func valuesThatAreNotFiniteAreNamed() throws {
    let adapter = try SpoiledAdapter()
    let name = adapter.order[0]
    adapter.tensors[name]?.pointer[3] = .nan
    try expectFailure(adapter, "adapter_model.safetensors: ", name, "index 3")
  }

  @Test(
    arguments: [
      ("peft_type", "LOHA", ["peft_type is LOHA"]), ("modules_to_save", ["lm_head"], ["'modules_to_save'"]),
      ("peft_type", .null, ["peft_type is missing"]),
      ("bias", "some", ["'bias' is \"some\"", "lora_only"]),
      ("trainable_token_indices", ["x": [1]], ["list of token ids"]),
      ("trainable_token_indices", [-1], ["-1 is outside"]), ("trainable_token_indices", [1], ["is missing"]),
      ("r", 0, ["'r' is 0"]), ("r", "4", ["'r'"]), ("r", .null, ["'r'"]),
      ("r", 8, ["shape [4, 32]", "[8, 32]"]), ("r", .integer(.max), ["does not fit the model", "shape [4, 32]"]),
      ("target_modules", [], ["'target_modules' is []"]), ("target_modules", .null, ["'target_modules'"]),
      ("target_modules", [1], ["'target_modules'"]), ("target_modules", ["q_proj", "w_proj"], ["'w_proj'"]),
      ("target_modules", ["q_proj"], ["v_proj", "belongs to no targeted layer"]), ("target_modules", "(", ["regular"]),
      ("lora_dropout", 1.5, ["dropout"]), ("rank_pattern", [1], ["'rank_pattern'"]),
      ("rank_pattern", ["q_proj": 0], ["'rank_pattern'"]), ("rank_pattern", ["q_proj": 1e300], ["rank"]),
      ("rank_pattern", ["q_proj": 2.5], ["'rank_pattern'"]), ("rank_pattern", ["(": 2], ["regular"]),
      ("alpha_pattern", ["q_proj": "x"], ["'alpha_pattern'"]),
      ("alpha_pattern", ["q_proj": .number(.infinity)], ["alpha"]),
      ("lora_alpha", "x", ["'lora_alpha'"]), ("lora_dropout", "x", ["'lora_dropout'"]),
      ("init_lora_weights", "corda", ["'init_lora_weights' is \"corda\"", "not supported"]),
      ("use_dora", true, ["lora_magnitude_vector"]), ("lora_bias", true, ["lora_B.bias", "missing"]),
      ("kasa_config", ["x": 1], ["'kasa_config'"]),
    ] as [(String, JSON, [String])]) func wrongSettingsAreNamed(key: String, value: JSON, parts: [String]) throws
  {
    let adapter = try SpoiledAdapter()
    adapter.config[key] = value
    try expectFailure(adapter, "", parts: parts)
  }

  @Test func foldersThatAreNoAdaptersAreNamed() throws {
    let model = try AdapterFixture("tied/lora_qv").model, folder = try TemporaryFolder()
    let empty = try failure { _ = try AdapterFolder.load(folder.path, onto: model) }
    #expect(empty.kind == .data && empty.message.contains("has no adapter_config.json"))
    #expect(!AdapterFolder.isAdapter(folder.path))
    let settings = #"{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"]}"#
    try AtomicFile.write(settings, to: "\(folder.path)/adapter_config.json")
    let withoutWeights = try failure { _ = try AdapterFolder.load(folder.path, onto: model) }
    #expect(withoutWeights.kind == .data && withoutWeights.message.contains("adapter_model.safetensors: no such file"))
    for text in ["", "[]", "{", "null", "\"LORA\""] {
      try AtomicFile.write(text, to: "\(folder.path)/adapter_config.json")
      #expect(try failure { _ = try AdapterFolder.load(folder.path, onto: model) }.kind == .data)
    }
  }

  /// Every key in turn with values of every kind: an error or an adapter, never a crash.
  @Test func spoiledSettingsNeverCrash() throws {
    let adapter = try SpoiledAdapter()
    let original = adapter.config
    let values: [JSON] = [
      .null, true, 0, -1, 3, 1e300, .integer(.max), .integer(.min), 0.5, "", "x", "(", [], [1], [:],
      ["q_proj": 1e300], ["q_proj": -1], ["[": 1],
    ]
    for key in original.keys {
      for value in values {
        adapter.config = original
        adapter.config[key] = value
        do {
          _ = try adapter.load().model.allLogits([1])
        } catch let error as TuneError {
          #expect(error.kind == .data)
        }
      }
    }
  }

  private func expectFailure(_ adapter: SpoiledAdapter, _ file: String, _ parts: String...) throws {
    try expectFailure(adapter, file, parts: parts)
  }

  private func expectFailure(_ adapter: SpoiledAdapter, _ file: String, parts: [String]) throws {
    let error = try failure { _ = try adapter.load() }
    #expect(error.kind == .data)
    #expect(error.message.hasPrefix("\(adapter.folder.path)/\(file)"), "\(error.message)")
    for part in parts { #expect(error.message.contains(part), "\(error.message)") }
    #expect(adapter.model.linears.allSatisfy { $0.adapters.isEmpty })
  }
}

/// A copy of PEFT's adapter on the query and value projections whose settings and tensors a test may spoil.
private final class SpoiledAdapter {
  let folder: TemporaryFolder
  let model: any LanguageModel
  var config: JSONObject
  var order: [String]
  var tensors: [String: Tensor] = [:]

  init() throws {
    let fixture = try AdapterFixture("tied/lora_qv")
    model = fixture.model
    folder = try TemporaryFolder()
    config = try JSON(contentsOf: "\(fixture.folder)/adapter_config.json").objectValue ?? [:]
    let store = try Safetensors("\(fixture.folder)/adapter_model.safetensors")
    order = store.tensorNames
    for name in order {
      let stored = try #require(store.tensor(name))
      let tensor = Tensor(shape: stored.shape)
      try store.read(stored, into: tensor.pointer)
      tensors[name] = tensor
    }
  }

  /// Writes the folder and puts its adapter on the model.
  func load() throws -> (adapter: AttachedAdapter, model: any LanguageModel) {
    try AtomicFile.write(JSON.object(config).text(), to: "\(folder.path)/adapter_config.json")
    let descriptions = order.map { TensorDescription(name: $0, shape: tensors[$0]?.shape ?? [], format: .f32) }
    try SafetensorsWriter.write(descriptions, to: "\(folder.path)/adapter_model.safetensors") { description in
      UnsafePointer(try #require(self.tensors[description.name]).pointer)
    }
    return (try AdapterFolder.load(folder.path, onto: model), model)
  }
}
