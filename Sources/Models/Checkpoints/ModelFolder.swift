import Basics
import Foundation

/// A model on disk: its configuration and its weights.
public struct ModelFiles {
  /// What the user named: a folder or a GGUF file.
  public let path: String
  /// Hugging Face's `config.json`, or the same made from a GGUF file's metadata; always an object.
  public let config: JSON
  /// Tensors under Hugging Face names.
  public let weights: any WeightStore
  /// The GGUF file that the weights come from: it has the tokenizer and the chat template in its metadata.
  public let gguf: GGUFFile?
  /// The folder that holds the weights; nil when `path` is a GGUF file.
  public let folder: String?

  public init(path: String, config: JSON, weights: any WeightStore, gguf: GGUFFile?, folder: String?) {
    self.path = path
    self.config = config
    self.weights = weights
    self.gguf = gguf
    self.folder = folder
  }

  /// The same model with other classes.
  public func relabelled(_ labels: [String]) -> ModelFiles {
    var object = config.objectValue ?? [:]
    let places = labels.enumerated()
    object["id2label"] = .object(
      JSONObject(entries: places.map { .init(key: String($0.offset), value: .string($0.element)) }))
    object["label2id"] = .object(
      JSONObject(entries: places.map { .init(key: $0.element, value: .integer($0.offset)) }))
    return ModelFiles(path: path, config: .object(object), weights: weights, gguf: gguf, folder: folder)
  }

  /// Opens a Hugging Face folder (`config.json` with `model.safetensors` or its index), a GGUF file, or a folder that
  /// holds exactly one GGUF file and no safetensors.
  ///
  /// - Throws: `TuneError` that says what is missing and what was found instead.
  public static func open(_ path: String) throws -> ModelFiles {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TuneError.data("\(path): no such file or folder; expected a model folder or a .gguf file")
    }
    return isFolder.boolValue ? try openFolder(path) : try openFile(path)
  }

  private static func openFile(_ path: String) throws -> ModelFiles {
    let file = try MappedFile(path)
    guard GGUFFile.isGGUF(file.bytes) || path.hasSuffix(".gguf") else {
      let mend = path.hasSuffix(".safetensors") ? "name the folder that holds it with its config.json" : "name a folder"
      throw TuneError.data("\(path): is not a GGUF file; expected a model folder or a .gguf file; \(mend)")
    }
    return try open(gguf: try GGUFFile(bytes: file.bytes, owner: file, name: path), path: path, folder: nil)
  }

  private static func open(gguf: GGUFFile, path: String, folder: String?) throws -> ModelFiles {
    let checkpoint = try GGUFCheckpoint(gguf)
    return ModelFiles(path: path, config: checkpoint.config, weights: checkpoint, gguf: gguf, folder: folder)
  }

  private static func openFolder(_ path: String) throws -> ModelFiles {
    let found: [String]
    do {
      found = try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw TuneError.data("\(path): the folder cannot be read")
    }
    let names = Set(found)
    if names.contains("model.safetensors") || names.contains("model.safetensors.index.json") {
      return try openHuggingFace(path, names: names)
    }
    let ggufs = found.filter { $0.hasSuffix(".gguf") }
    if ggufs.count == 1 {
      return try open(gguf: try GGUFFile("\(path)/\(ggufs[0])"), path: path, folder: path)
    }
    throw missingWeights(path, found: found, ggufs: ggufs)
  }

  private static func openHuggingFace(_ path: String, names: Set<String>) throws -> ModelFiles {
    let configPath = "\(path)/config.json"
    guard names.contains("config.json") else {
      throw TuneError.data("\(path): has weights but no config.json, which describes the model; add it")
    }
    let config = try JSON(contentsOf: configPath)
    guard config.objectValue != nil else {
      throw TuneError.data("\(configPath): is \(config.kindName); expected an object")
    }
    let weights: any WeightStore =
      names.contains("model.safetensors")
      ? try Safetensors("\(path)/model.safetensors")
      : try ShardedSafetensors(index: "\(path)/model.safetensors.index.json")
    return ModelFiles(path: path, config: config, weights: weights, gguf: nil, folder: path)
  }

  /// The error of a folder without weights that can be read: what it holds decides the advice.
  private static func missingWeights(_ path: String, found: [String], ggufs: [String]) -> TuneError {
    if ggufs.count > 1 {
      return .data("\(path): holds several GGUF files (\(listed(ggufs))); name one of them")
    }
    let pickles = found.filter { name in [".bin", ".pt", ".pth", ".ckpt"].contains { name.hasSuffix($0) } }
    if let pickle = pickles.first(where: { $0.hasPrefix("pytorch_model") }) ?? pickles.first {
      return .data(
        "\(path): holds \(pickle), a Python pickle, which can run code and is not read; "
          + "convert the model to safetensors (save_pretrained with safe_serialization=True)")
    }
    if found.contains("adapter_config.json") {
      return .data("\(path): is an adapter, not a model; name its base model here and the adapter as an adapter")
    }
    let shards = found.filter { $0.hasSuffix(".safetensors") }
    if !shards.isEmpty {
      return .data(
        "\(path): holds \(listed(shards)) but neither model.safetensors nor model.safetensors.index.json; "
          + "fetch the index or rename the file")
    }
    let content = found.isEmpty ? "the folder is empty" : "found \(listed(found))"
    return .data("\(path): has no weights: \(content); expected config.json with model.safetensors, or one .gguf file")
  }

  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}
