import Basics
import Tensors

/// The low-rank adapters on a model's layers as a GGUF file that llama.cpp puts on the base model (`--lora`).
///
/// Source: `convert_lora_to_gguf.py` and `src/llama-adapter.cpp` of llama.cpp.
public struct GGUFAdapterExport {
  private let architecture: GGUFArchitecture
  private let alpha: Float
  private let tensors: [(description: TensorDescription, values: () -> Tensor)]

  /// llama.cpp scales by alpha / rank with one alpha for all layers; what a layer's scale has beyond that goes into its B.
  ///
  /// - Throws: `TuneError.data` for a family that llama.cpp has no name for, or a model without adapters.
  public init(_ model: any LanguageModel) throws {
    let architecture = try GGUFArchitecture.of(model.config)
    let settings = try GGUFModelSettings(model, architecture)
    let layers = try model.linears.compactMap { linear in
      guard let adapter = linear.adapters.first else { return (Linear, LowRankUpdate)?.none }
      guard linear.adapters.count == 1, let update = adapter.update, !adapter.addsBias else {
        throw TuneError.usage(
          "llama.cpp has adapters of plain LoRA alone, and that on '\(linear.name)' is another; use tune merge")
      }
      return (linear, update)
    }
    guard let (_, first) = layers.first else {
      throw TuneError.usage("llama.cpp has adapters of LoRA alone, and the model has none; use tune merge")
    }
    let alpha = first.scale * Float(first.a.shape[0])
    tensors = try layers.flatMap { linear, update in
      let name = try architecture.writtenName(of: linear.weight.name, model.config)
      let factor = alpha == 0 ? 0 : update.scale * Float(update.a.shape[0]) / alpha
      func description(_ suffix: String, _ shape: [Int]) -> TensorDescription {
        TensorDescription(name: "\(name).\(suffix)", shape: shape, format: .f32)
      }
      let b = {
        let scaled = factor == 1 ? update.b.value : Recording.off { Tensors.scaled(update.b.value, by: factor) }
        return settings.interleavedHeads(name).map { interleaved(scaled, heads: $0) } ?? scaled
      }
      return [
        (description("lora_a", update.a.shape), { update.a.value }), (description("lora_b", update.b.shape), b),
      ]
    }
    self.architecture = architecture
    // llama.cpp takes an alpha of 0 for none; B is zero then.
    self.alpha = alpha == 0 ? 1 : alpha
  }

  /// - Parameter name: `general.name`, for people.
  public func write(to path: String, name: String) throws {
    let metadata = [
      GGUFEntry("general.architecture", .string(architecture.name)), GGUFEntry("general.type", .string("adapter")),
      GGUFEntry("general.name", .string(name)), GGUFEntry("general.file_type", .uint32(GGUFFileType.f32.number)),
      GGUFEntry("general.quantization_version", .uint32(2)), GGUFEntry("adapter.type", .string("lora")),
      GGUFEntry("adapter.lora.alpha", .float32(alpha)),
    ]
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.description.name, $0.values) })
    var current: Tensor?
    try GGUFWriter.write(metadata, tensors.map(\.description), to: path) { description in
      let values = byName[description.name]?() ?? Tensor(shape: description.shape)
      current = values
      return UnsafePointer(values.pointer)
    }
    withExtendedLifetime(current) {}
  }
}
