import Basics
import Foundation
import Models
import Tensors

/// What PEFT puts before the names of a model's modules.
let peftPrefix = "base_model.model."

/// Reads adapter folders of PEFT and mlx-lm, and writes PEFT's: `adapter_config.json` and `adapter_model.safetensors`.
public enum AdapterFolder {
  static let configName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"
  /// The PEFT release whose files these are.
  static let peftVersion = "0.21.2"

  /// Whether a folder holds an adapter.
  public static func isAdapter(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(configName)")
  }

  /// The base model that the adapter was trained on, as its configuration names it; `name@revision` where that names a
  /// revision too.
  public static func baseModel(of folder: String) throws -> String? {
    let json = try JSON(contentsOf: "\(folder)/\(configName)")
    let name = (json["base_model_name_or_path"] ?? (MLXAdapter.describes(json) ? json["model"] : nil))?.stringValue
    guard let name, let revision = json["revision"]?.stringValue, !revision.isEmpty, revision != "main" else {
      return name
    }
    return "\(name)@\(revision)"
  }

  /// The virtual tokens that the adapter puts before every text; 0 for most methods.
  public static func virtualTokenCount(of folder: String) throws -> Int {
    max(0, try JSON(contentsOf: "\(folder)/\(configName)")["num_virtual_tokens"]?.intValue ?? 0)
  }

  /// The file of a folder that holds the adapter's tensors.
  public static func weightsPath(of folder: String) throws -> String {
    let json = try JSON(contentsOf: "\(folder)/\(configName)")
    return "\(folder)/\(MLXAdapter.describes(json) ? MLXAdapter.weightsName : weightsName)"
  }

  /// Writes the adapter so that PEFT loads it unchanged. Weights come last: a folder with weights is complete.
  ///
  /// - Parameter revision: of the base model on the hub; nil for its usual one.
  public static func save(
    _ adapter: AttachedAdapter, to folder: String, baseModel: String, revision: String? = nil
  ) throws {
    try createFolder(folder)
    let config = configuration(adapter, baseModel: baseModel, revision: revision)
    try AtomicFile.write(config.text(JSON.Style(indent: 2, sortsKeys: true)) + "\n", to: "\(folder)/\(configName)")
    try write(adapter.savedTensors.sorted { $0.name < $1.name }, format: .f32, to: "\(folder)/\(weightsName)")
  }

  /// Puts the adapter of a folder on a model: PEFT's, or mlx-lm's where its configuration says so.
  ///
  /// On top of other adapters changes of the same kind add up or multiply.
  ///
  /// - Parameter weight: multiplies the adapter's change, which may be below 0.
  /// - Throws: `TuneError.data` for a missing file, an unsupported method or option, and any missing, unexpected or
  ///   wrongly shaped tensor, also where the adapters on the model leave it no room; `TuneError.usage` for a weight other
  ///   than 1 where the method has none. The model is then as before.
  public static func load(
    _ folder: String, onto model: any LanguageModel, weight: Double = 1
  ) throws -> AttachedAdapter {
    let path = "\(folder)/\(configName)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw TuneError.data("\(folder): has no \(configName); expected a PEFT or MLX adapter folder")
    }
    let configuration = AdapterConfiguration(json: try JSON(contentsOf: path), path: path)
    if MLXAdapter.describes(configuration.json) {
      return try MLXAdapter.load(folder, configuration, onto: model, weight: weight)
    }
    let type = configuration.json["peft_type"]?.stringValue ?? "missing"
    guard let method = peftMethods.first(where: { $0.peftType == type }) else {
      let known = peftMethods.map { $0.peftType }.joined(separator: ", ")
      throw TuneError.data("\(path): peft_type is \(type); expected one of: \(known)")
    }
    return try attach(
      try method.init(configuration), to: model, path: path, weights: "\(folder)/\(weightsName)",
      weight: weight, source: TensorSource.file)
  }

  /// Puts the adapter that a configuration describes on a model, with the tensors of a file.
  ///
  /// - Parameter source: the tensors by PEFT's names.
  static func attach(
    _ method: any PEFTMethod, to model: any LanguageModel, path: String, weights: String,
    weight: Double, source: (AdapterTensors) -> TensorSource
  ) throws -> AttachedAdapter {
    if weight != 1 { try requireWeight(of: method, path: path) }
    let tensors = try AdapterTensors(weights)
    let adapter: AttachedAdapter
    do {
      let source = source(tensors)
      adapter = try method.attach(
        to: model, from: weight == 1 ? source : source.scaled(method.proportionalTensors, by: Float(weight)))
    } catch let error as TuneError where error.kind == .usage {
      throw TuneError.data("\(path): does not fit the model: \(error.message)")
    }
    do {
      try tensors.finish()
      if weight != 1, let whole = adapter.savedModules.part.trained.first {
        throw TuneError.usage(
          "\(path): a weight multiplies what an adapter adds, and '\(whole.name)' is trained whole beside it; leave the "
            + "weight out")
      }
    } catch {
      adapter.isEnabled = false
      throw error
    }
    return adapter
  }

  /// - Throws: `TuneError.usage` where the method's change is proportional to none of its tensors.
  private static func requireWeight(of method: any PEFTMethod, path: String) throws {
    guard method.proportionalTensors.isEmpty else { return }
    let name = (method as? LoRA)?.usesDoRA == true ? "DoRA" : type(of: method).peftType
    throw TuneError.usage(
      "\(path): a weight multiplies what an adapter adds, and one of type \(name) adds nothing that could be multiplied; "
        + "leave the weight out")
  }

  private static func configuration(_ adapter: AttachedAdapter, baseModel: String, revision: String?) -> JSON {
    let savedModules = adapter.savedModules.names
    var config: JSONObject = [
      "peft_type": .string(adapter.peftType), "task_type": .string(taskType(adapter.traits)),
      "peft_version": .string(peftVersion), "base_model_name_or_path": .string(baseModel),
      "revision": revision.map { .string($0) } ?? .null, "inference_mode": true,
    ]
    // Not every method of PEFT has the key.
    if !savedModules.isEmpty { config["modules_to_save"] = .array(savedModules.map { .string($0) }) }
    for entry in adapter.savedSettings { config[entry.key] = entry.value }
    return .object(config)
  }

  private static func taskType(_ traits: ModelTraits) -> String {
    if traits.labels != nil { return "SEQ_CLS" }
    return traits.decoderStartID == nil ? "CAUSAL_LM" : "SEQ_2_SEQ_LM"
  }
}
