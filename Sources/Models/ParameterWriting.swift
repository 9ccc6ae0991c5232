import Basics
import Tensors

/// Writes parameters to one safetensors file in the given order.
public func write(_ parameters: [Parameter], format: StorageFormat, to path: String) throws {
  let byName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
  // A compact weight is expanded for writing and lives until the next one.
  var current: Tensor?
  try SafetensorsWriter.write(
    parameters.map {
      TensorDescription(name: $0.name, shape: $0.isStoredTransposed ? $0.shape.reversed() : $0.shape, format: format)
    }, to: path
  ) { description in
    let parameter = byName[description.name]!
    let tensor = parameter.isStoredTransposed ? transposed(parameter.value) : parameter.value
    current = tensor
    return UnsafePointer(tensor.pointer)
  }
  withExtendedLifetime(current) {}
}

/// Writes a model as a Hugging Face folder that transformers loads unchanged: config.json, generation_config.json and
/// the weights. The weights come last: a folder with weights is complete. The tokenizer's files are the caller's.
///
/// - Parameter format: F32, BF16 or F16.
public func saveModel(_ model: any LanguageModel, to folder: String, format: StorageFormat) throws {
  try createFolder(folder)
  let names: [StorageFormat: String] = [.f32: "float32", .bf16: "bfloat16", .f16: "float16"]
  var config = model.config.json.objectValue ?? JSONObject()
  config["architectures"] = config["architectures"] ?? [.string(model.traits.architecture)]
  config["torch_dtype"] = .string(names[format] ?? "float32")
  config["dtype"] = config["dtype"] == nil ? nil : config["torch_dtype"]
  try AtomicFile.write(JSON.object(config).text(.pretty) + "\n", to: "\(folder)/config.json")
  var generation: JSONObject = ["_from_model_config": true]
  for key in ["bos_token_id", "eos_token_id", "pad_token_id"] {
    if let value = config[key], !value.isNull { generation[key] = value }
  }
  try AtomicFile.write(JSON.object(generation).text(.pretty) + "\n", to: "\(folder)/generation_config.json")
  try write(model.parameters, format: format, to: "\(folder)/model.safetensors")
}
