import Basics
import Foundation
import Models
import Tensors

/// Reads and writes the LoRA adapters of mlx-lm: `adapter_config.json` and `adapters.safetensors`.
///
/// They differ from PEFT's: the matrices are transposed (`lora_a` [in, rank], `lora_b` [rank, out]), one scale stands in
/// the place of alpha / rank, and the layers are the last `num_layers` blocks with the same `keys` in each.
///
/// Source: `tuner/utils.py` and `tuner/lora.py` of mlx-lm 0.32.
public enum MLXAdapter {
  static let weightsName = "adapters.safetensors"

  /// Whether an adapter_config.json is mlx-lm's.
  static func describes(_ config: JSON) -> Bool {
    config["peft_type"] == nil && (config["lora_parameters"] != nil || config["fine_tune_type"] != nil)
  }

  // MARK: Reading

  static func load(
    _ folder: String, _ config: AdapterConfiguration, onto model: any LanguageModel, weight: Double
  ) throws -> AttachedAdapter {
    let type = config.json["fine_tune_type"]?.stringValue ?? "lora"
    guard type == "lora" else {
      throw TuneError.data(
        "\(config.path): fine_tune_type is '\(type)'; only MLX adapters of type 'lora' are supported")
    }
    let layers = try MLXLayers(model)
    let parameters = AdapterConfiguration(
      json: config.json["lora_parameters"] ?? .null, path: "\(config.path): lora_parameters")
    guard parameters.json["scale"] != nil else { throw parameters.wrong("scale", "a number, as mlx-lm writes it") }
    let rank = try parameters.rank("rank")
    let selected = layers.selected(blocks: try blockCount(config), keys: try keys(parameters))
    guard !selected.isEmpty else {
      throw TuneError.data("\(config.path): 'lora_parameters' names no layer of the model")
    }
    let lora = LoRA(
      rank: rank, loraAlpha: try parameters.number("scale", default: 0) * Double(rank),
      loraDropout: try parameters.number("dropout", default: 0),
      targetModules: .suffixes(selected.map { $0.linear.name }))
    let names = Dictionary(uniqueKeysWithValues: selected.map { ($0.linear.name, $0.name) })
    return try AdapterFolder.attach(
      lora, to: model, path: config.path, weights: "\(folder)/\(weightsName)", weight: weight
    ) { tensors in
      TensorSource { name, shape, _ in
        let (module, isA) = LoRA.layer(ofTensor: name)
        return transposed(
          try tensors.take("\(names[module] ?? module).\(isA ? "lora_a" : "lora_b")", shape.reversed()))
      }
    }
  }

  /// How many blocks from the last one on have adapters; nil for all.
  private static func blockCount(_ config: AdapterConfiguration) throws -> Int? {
    // Releases of 2024 wrote lora_layers.
    let key = config.json["num_layers"] == nil ? "lora_layers" : "num_layers"
    guard let count = config.json[key]?.intValue else { throw config.wrong(key, "the number of blocks, or -1 for all") }
    return count > 0 ? count : nil
  }

  /// The layers of a block by their names in it; nil for all.
  private static func keys(_ parameters: AdapterConfiguration) throws -> Set<String>? {
    guard let value = parameters.json["keys"], !value.isNull else { return nil }
    let names = value.arrayValue?.compactMap { $0.stringValue } ?? []
    guard !names.isEmpty, names.count == value.arrayValue?.count else {
      throw parameters.wrong("keys", "a list of layer names such as self_attn.q_proj")
    }
    return Set(names)
  }

  // MARK: Writing

  /// Writes an adapter folder that mlx-lm loads unchanged onto the same base. Weights come last: a folder with weights
  /// is complete.
  ///
  /// mlx-lm has one rank and one scale for all layers: smaller ranks are filled up with zeros, other scales go into
  /// `lora_b`, and a layer that has no adapter where its neighbours have gets one of zeros. None of this changes the
  /// result.
  ///
  /// - Throws: `TuneError.usage` for a family that mlx-lm does not have, for modules that are trained whole, and for methods
  ///   other than plain LoRA.
  public static func write(
    _ adapter: AttachedAdapter, of model: any LanguageModel, to folder: String, baseModel: String
  ) throws {
    let layers = try MLXLayers(model)
    let own = try adapter.plainLoRA(in: "MLX adapters")
    let adapters = Dictionary(uniqueKeysWithValues: own.map { ($0.linear.name, $0) })
    let adapted = layers.all.filter { adapters[$0.linear.name] != nil }
    let firstBlock = adapted.map { $0.block }.min() ?? 0
    let keys = Set(adapted.map { $0.key })
    let written = layers.all.filter { $0.block >= firstBlock && keys.contains($0.key) }
    let rank = own.map { $0.a.shape[0] }.max() ?? 1
    let scale = own.map { $0.scale }.first { $0 != 0 } ?? 0
    let tensors = written.flatMap { layer in
      let (a, b) = matrices(adapters[layer.linear.name], of: layer.linear, rank: rank, scale: scale)
      return [Parameter("\(layer.name).lora_a", a), Parameter("\(layer.name).lora_b", b)]
    }
    let config: JSON = [
      "fine_tune_type": "lora", "model": .string(baseModel), "num_layers": .integer(layers.blockCount - firstBlock),
      "lora_parameters": [
        "rank": .integer(rank), "scale": .number(Double(scale)),
        "dropout": adapter.settings["lora_dropout"] ?? .number(0), "keys": .array(keys.sorted().map { .string($0) }),
      ],
    ]
    try createFolder(folder)
    try AtomicFile.write(
      config.text(JSON.Style(indent: 4, sortsKeys: true)) + "\n", to: "\(folder)/\(AdapterFolder.configName)")
    try Models.write(tensors.map { ($0.name, $0) }.sorted { $0.0 < $1.0 }, format: .f32, to: "\(folder)/\(weightsName)")
  }

  /// The transposed matrices, filled up with zeros to the common rank.
  private static func matrices(_ layer: LoRALayer?, of linear: Linear, rank: Int, scale: Float) -> (
    a: Tensor, b: Tensor
  ) {
    let a = Tensor.zeros([rank, linear.inputSize]), b = Tensor.zeros([rank, linear.outputSize])
    if let layer {
      let factor = scale == 0 ? 1 : layer.scale / scale
      let own = transposed(factor == 1 ? layer.b.value : scaled(layer.b.value, by: factor))
      a.pointer.update(from: layer.a.pointer, count: layer.a.count)
      b.pointer.update(from: own.pointer, count: own.count)
    }
    return (transposed(a), b)
  }
}

/// The linear layers of a model under mlx-lm's names.
private struct MLXLayers {
  struct Layer {
    let linear: Linear
    /// Such as `model.layers.3.self_attn.q_proj`.
    let name: String
    let block: Int
    /// The name in the block, such as `self_attn.q_proj`.
    let key: String
  }

  let all: [Layer]
  var blockCount: Int { (all.map { $0.block }.max() ?? -1) + 1 }

  /// Where mlx-lm has the blocks of a Hugging Face model.
  private static let stems = [
    "model.layers": "model.layers", "transformer.h": "model.h", "gpt_neox.layers": "model.h",
  ]

  /// - Throws: `TuneError.usage` for a family that mlx-lm does not have.
  init(_ model: any LanguageModel) throws {
    all = try model.linears.map { linear in
      let parts = linear.name.split(separator: ".")
      guard let place = parts.firstIndex(where: { Int($0) != nil }), let block = Int(parts[place]),
        let stem = Self.stems[parts[..<place].joined(separator: ".")]
      else {
        throw TuneError.usage(
          "mlx-lm has no models of the family \(model.traits.architecture); use a PEFT adapter")
      }
      let key = parts[(place + 1)...].joined(separator: ".")
      return Layer(linear: linear, name: "\(stem).\(block).\(key)", block: block, key: key)
    }
  }

  func selected(blocks: Int?, keys: Set<String>?) -> [Layer] {
    let first = blocks.map { blockCount - $0 } ?? 0
    return all.filter { $0.block >= first && keys?.contains($0.key) != false }
  }
}
