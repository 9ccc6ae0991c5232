import Basics
import Foundation
import Models

extension LoadedModel {
  /// Writes the model with its tokenizer and chat template as a Hugging Face folder that transformers loads unchanged.
  ///
  /// - Returns: the names of the files with weights.
  @discardableResult
  func save(to folder: String, _ saving: ModelSaving) throws -> [String] {
    var saving = saving
    let generation = "\(path)/generation_config.json"
    if saving.generationConfig == nil, FileManager.default.fileExists(atPath: generation) {
      saving.generationConfig = try JSON(contentsOf: generation)
    }
    try createFolder(folder)
    try tokenizer.write(toFolder: folder)
    return try saveModel(model, to: folder, saving)
  }
}

/// The format of each of a base's weights, for writing them in the same.
struct BaseFormats {
  private let weights: any WeightStore

  init(_ loaded: LoadedModel) throws {
    let isEmbedded = loaded.name == EmbeddedFiles.modelName
    weights = try isEmbedded ? EmbeddedFiles.model().weights : ModelFiles.open(loaded.path).weights
  }

  /// - Throws: `TuneError.usage` when a weight is quantised: it cannot be written in its format.
  func check() throws {
    guard let tensor = weights.tensorNames.lazy.compactMap({ weights.tensor($0) }).first(where: { isQuantised($0) })
    else { return }
    throw TuneError.usage(
      "\(weights.path): is quantised (\(tensor.format.rawValue)) and a merged model would lose the adapter to rounding; "
        + "name the format to write with --save-dtype float32, bfloat16 or float16")
  }

  private func isQuantised(_ tensor: StoredTensor) -> Bool { tensor.format.blockSize > 1 }

  func format(of parameter: String) -> StorageFormat {
    // Checkpoints saved without a head leave the first part of their names out.
    let short = parameter.split(separator: ".", maxSplits: 1).last.map { String($0) } ?? parameter
    let stored = (weights.tensor(parameter) ?? weights.tensor(short))?.format
    return stored == .bf16 || stored == .f16 ? stored ?? .f32 : .f32
  }
}
