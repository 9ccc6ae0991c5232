import Basics
import Tensors
import Testing

@testable import Models

/// What is wrong with a model's files is a data error that names the file and the key or tensor.
@Suite struct ModelErrorTests {
  private let up = "model.layers.0.mlp.up_proj.weight"

  @Test func untouchedCopiesLoad() throws { _ = try SpoiledModel().load() }

  @Test func aMissingTensorIsNamed() throws {
    let model = try SpoiledModel()
    model[up] = nil
    try expectFailure(model, "model.safetensors", up, "missing", "[14, 12]")
  }

  @Test func aWrongShapeIsNamed() throws {
    let model = try SpoiledModel()
    model[up] = Tensor.zeros([13, 12])
    try expectFailure(model, "model.safetensors", up, "[13, 12]", "[14, 12]")
  }

  @Test func aTransposedShapeIsNamed() throws {
    let model = try SpoiledModel()
    model[up] = Tensor.zeros([12, 14])
    try expectFailure(model, "model.safetensors", up, "[12, 14]", "[14, 12]")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func valuesThatAreNotFiniteAreNamed(value: Float) throws {
    let model = try SpoiledModel()
    let tensor = try #require(model[up])
    tensor.pointer[17] = value
    try expectFailure(model, "model.safetensors", up, "index 17")
  }

  @Test func extraTensorsAreNamed() throws {
    let model = try SpoiledModel()
    model["model.layers.2.input_layernorm.weight"] = Tensor.zeros([12])
    model["model.layers.3.input_layernorm.weight"] = Tensor.zeros([12])
    try expectFailure(model, "model.safetensors", "model.layers.2.input_layernorm.weight", "2 tensors")
  }

  /// A bias that the configuration does not ask for would be lost.
  @Test func unexpectedBiasesAreNamed() throws {
    let model = try SpoiledModel()
    model["model.layers.0.self_attn.q_proj.bias"] = Tensor.zeros([24])
    try expectFailure(model, "model.safetensors", "model.layers.0.self_attn.q_proj.bias", "1 tensor ")
  }

  @Test func tiedConfigurationWithUntiedWeightsLoads() throws {
    let model = try SpoiledModel()
    model.config["tie_word_embeddings"] = true
    #expect(try model.load().parameters.last?.name == "model.norm.weight")
  }

  @Test(
    arguments: [
      ("model_type", "mamba", ["/config.json: model_type 'mamba'", "llama"]),
      ("model_type", .null, ["model_type ''", "llama"]),
      ("hidden_size", 16, ["model.embed_tokens.weight", "[61, 16]"]), ("vocab_size", 60, ["embed_tokens", "[60, 12]"]),
      ("num_hidden_layers", 1, ["model.layers.1"]), ("num_hidden_layers", 3, ["model.layers.2", "missing"]),
      ("num_hidden_layers", 2_000_000_000, ["'num_hidden_layers' is 2000000000", "at most"]),
      ("hidden_size", 0, ["/config.json: 'hidden_size' is 0", "positive integer"]),
      ("hidden_size", -1, ["'hidden_size' is -1"]), ("hidden_size", "12", ["'hidden_size' is \"12\""]),
      ("hidden_size", 12.5, ["'hidden_size' is 12.5"]), ("hidden_size", 1e30, ["'hidden_size' is 1e+30"]),
      ("intermediate_size", .null, ["'intermediate_size' is null"]),
      ("num_key_value_heads", 3, ["'num_key_value_heads' is 3", "divisor"]),
      ("num_attention_heads", 1000, ["shape"]), ("head_dim", 5, ["'head_dim' is 5", "even"]),
      ("hidden_act", "mish", ["'hidden_act' is \"mish\"", "silu"]),
      ("rope_scaling", ["rope_type": "llama3", "factor": 8], ["rope_scaling", "'original_max_position_embeddings'"]),
      ("rope_scaling", ["type": "linear"], ["rope_scaling", "'factor' is null", "at least 1"]),
      ("rope_parameters", ["rope_type": "longrope"], ["'rope_parameters'", "longrope", "linear"]),
      ("rms_norm_eps", "small", ["'rms_norm_eps' is \"small\""]), ("rope_theta", [], ["'rope_theta' is []"]),
      ("tie_word_embeddings", 1, ["'tie_word_embeddings' is 1", "true or false"]),
    ] as [(String, JSON, [String])]) func wrongSettingsAreNamed(key: String, value: JSON, parts: [String]) throws
  {
    let model = try SpoiledModel()
    model.config[key] = value
    let error = try model.failure()
    #expect(error.kind == .data)
    #expect(error.message.hasPrefix(model.folder.path))
    for part in parts { #expect(error.message.contains(part), "\(error.message)") }
  }

  @Test(arguments: ["hidden_size", "vocab_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"])
  func missingSettingsAreNamed(key: String) throws {
    let model = try SpoiledModel()
    model.config[key] = nil
    let error = try model.failure()
    #expect(error.kind == .data)
    #expect(error.message.contains("the key '\(key)' is missing"))
  }

  /// Every key in turn with values of every kind: an error or a model, never a crash.
  @Test func spoiledSettingsNeverCrash() throws {
    let values: [JSON] = [
      .null, true, 0, -1, 1, 3, 1e300, .integer(.max), .integer(.min), 0.5, "", "x", [], [1], [:], ["rope_type": 1],
    ]
    let store = try Safetensors("\(LlamaFixture.path("untied"))/model.safetensors")
    let original = try JSON(contentsOf: "\(LlamaFixture.path("untied"))/config.json").objectValue ?? [:]
    for key in original.keys + ["rope_parameters"] {
      for value in values {
        var config = original
        config[key] = value
        do {
          let files = ModelFiles(path: "model", config: .object(config), weights: store, gguf: nil, folder: nil)
          let model = try loadModel(files)
          _ = model.allLogits([[1]])
          _ = model.config.tokenIDs(key)
        } catch let error as TuneError {
          #expect(error.kind == .data)
        }
      }
    }
  }

  /// The same for the keys of every family.
  @Test(arguments: FamilyFixture.all) func spoiledSettingsOfFamiliesNeverCrash(name: String) throws {
    let values: [JSON] = [.null, 0, -1, 1, 2, 3, 1e300, .integer(1 << 31), .integer(.max), 0.5, "x", [], ["0": "a"]]
    let folder = FamilyFixture.path(name)
    let store = try Safetensors("\(folder)/model.safetensors")
    let original = try JSON(contentsOf: "\(folder)/config.json").objectValue ?? [:]
    let extra = ["num_labels", "relative_attention_num_buckets", "relative_attention_max_distance", "rotary_pct"]
    for key in original.keys + extra + ["partial_rotary_factor", "sliding_window_pattern"] {
      for value in values {
        var config = original
        config[key] = value
        do {
          let files = ModelFiles(path: "model", config: .object(config), weights: store, gguf: nil, folder: nil)
          let model = try loadModel(files)
          let tokens = TokenBatch([[1, 2, 3]])
          let source = model.traits.decoderStartID.map { _ in tokens }
          let start = model.traits.decoderStartID.map { TokenBatch([[$0]]) } ?? tokens
          Recording.off { _ = model.hiddenStates(start, source: source, caches: nil) }
        } catch let error as TuneError {
          #expect(error.kind == .data, "\(key): \(value)")
        }
      }
    }
  }

  private func expectFailure(_ model: SpoiledModel, _ file: String, _ parts: String...) throws {
    let error = try model.failure()
    #expect(error.kind == .data)
    #expect(error.message.hasPrefix("\(model.folder.path)/\(file): "), "\(error.message)")
    for part in parts { #expect(error.message.contains(part), "\(error.message)") }
  }
}
