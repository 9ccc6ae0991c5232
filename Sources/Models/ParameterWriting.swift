import Basics
import Tensors

/// Writes parameters under these names to one safetensors file, in the given order.
public func write(
  _ tensors: [(name: String, parameter: Parameter)], format: StorageFormat, to path: String
) throws {
  let values = StoredValues(tensors) { $0.value }
  try SafetensorsWriter.write(values.descriptions { _ in format }, to: path) { try values.pointer($0) }
}

/// How the weights of a model folder are written.
public struct ModelSaving {
  /// The largest shard of Hugging Face tools, in bytes: 5 GB.
  public static let defaultShardBytes = 5_000_000_000

  /// The format of each parameter: F32, BF16 or F16.
  public var format: (Parameter) -> StorageFormat
  /// `torch_dtype` of config.json; nil keeps the one that the configuration has, else takes that of most values.
  public var dtype: StorageFormat?
  /// A larger model is split into files of at most so many bytes of tensors.
  public var maximumShardBytes = ModelSaving.defaultShardBytes
  /// The base's generation_config.json; nil makes one of config.json's special tokens.
  public var generationConfig: JSON?
  /// The values to write instead of a parameter's own, such as those with an adapter merged into them.
  public var value: (Parameter) -> Tensor = { $0.value }

  /// Every parameter in one format.
  public init(_ format: StorageFormat) {
    self.format = { _ in format }
    dtype = format
  }

  /// Each parameter in a format of its own, such as that of the base.
  public init(formats: @escaping (Parameter) -> StorageFormat) { format = formats }
}

/// Writes a model as a Hugging Face folder that transformers loads unchanged: config.json, generation_config.json and
/// the weights, tied ones once. The weights come last: a folder with weights is complete. The tokenizer's files are the
/// caller's.
///
/// - Returns: the names of the files with weights, and of their index where there are several.
@discardableResult
public func saveModel(_ model: any LanguageModel, to folder: String, _ saving: ModelSaving) throws -> [String] {
  try createFolder(folder)
  let config = savedConfig(model, saving)
  try AtomicFile.write(JSON.object(config).text(.pretty) + "\n", to: "\(folder)/config.json")
  // Classifiers do not write.
  if model.traits.labels == nil {
    let generation = saving.generationConfig ?? .object(generationConfig(of: config))
    try AtomicFile.write(generation.text(.pretty) + "\n", to: "\(folder)/generation_config.json")
  }
  let values = StoredValues(model.parameters.map { ($0.name, $0) }, saving.value)
  return try SafetensorsWriter.writeModel(
    values.descriptions(saving.format), toFolder: folder, maximumShardBytes: saving.maximumShardBytes
  ) { try values.pointer($0) }
}

/// Writes a model as above with every parameter in one format.
public func saveModel(_ model: any LanguageModel, to folder: String, format: StorageFormat) throws {
  try saveModel(model, to: folder, ModelSaving(format))
}

/// The configuration as read, but for what is no longer true of the saved weights.
private func savedConfig(_ model: any LanguageModel, _ saving: ModelSaving) -> JSONObject {
  var config = model.config.json.objectValue ?? JSONObject()
  // A base may name a class without head, or one of an older release.
  config["architectures"] = [.string(model.traits.architecture)]
  // Names Python files that stand beside the base and are not copied; transformers has these families itself.
  config["auto_map"] = nil
  // Families differ in what a missing key means. T5's files say more than one thing by it and stay as they are.
  if config["tie_word_embeddings"] == nil, model.traits.decoderStartID == nil, model.traits.labels == nil {
    config["tie_word_embeddings"] = .bool(model.head === model.parameters.first)
  }
  let names: [StorageFormat: String] = [.f32: "float32", .bf16: "bfloat16", .f16: "float16"]
  if saving.dtype != nil || (config["torch_dtype"]?.stringValue ?? config["dtype"]?.stringValue) == nil {
    let dtype = saving.dtype ?? mostCommonFormat(model.parameters, saving.format)
    config["torch_dtype"] = .string(names[dtype] ?? "float32")
    config["dtype"] = config["dtype"] == nil ? nil : config["torch_dtype"]
  }
  return config
}

/// The format of most values.
private func mostCommonFormat(_ parameters: [Parameter], _ format: (Parameter) -> StorageFormat) -> StorageFormat {
  var counts: [StorageFormat: Int] = [:]
  for parameter in parameters { counts[format(parameter), default: 0] += parameter.count }
  return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key ?? .f32
}

private func generationConfig(of config: JSONObject) -> JSONObject {
  var generation: JSONObject = ["_from_model_config": true]
  for key in ["bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"] {
    if let value = config[key], !value.isNull { generation[key] = value }
  }
  return generation
}

/// The values of parameters as checkpoints have them, made one at a time.
private final class StoredValues {
  private let tensors: [(name: String, parameter: Parameter)]
  private let byName: [String: Parameter]
  private let value: (Parameter) -> Tensor
  /// Made for writing; it lives until the next one.
  private var current: Tensor?

  init(_ tensors: [(name: String, parameter: Parameter)], _ value: @escaping (Parameter) -> Tensor) {
    self.tensors = tensors
    self.value = value
    byName = Dictionary(tensors.map { ($0.name, $0.parameter) }) { first, _ in first }
  }

  func descriptions(_ format: (Parameter) -> StorageFormat) -> [TensorDescription] {
    tensors.map {
      TensorDescription(name: $0.name, shape: $0.parameter.storedShape, format: format($0.parameter))
    }
  }

  func pointer(_ description: TensorDescription) throws -> UnsafePointer<Float> {
    guard let parameter = byName[description.name] else {
      preconditionFailure("\(description.name) is none of the parameters")
    }
    current = nil
    let tensor = parameter.isStoredTransposed ? transposed(value(parameter)) : value(parameter)
    current = tensor
    return UnsafePointer(tensor.pointer)
  }
}
