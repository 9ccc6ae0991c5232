import Adapters
import Basics
import Datasets
import Foundation
import Models

/// The classes that a classifier is trained for.
enum ClassLabels {
  private static let mostClasses = 1000

  /// The classes that a tuned folder was trained for, where the base is a classifier: those of the folder's config.json
  /// or, for an adapter without one, as many as its head has rows.
  ///
  /// - Returns: nil for models that write, and where the folder does not tell.
  static func known(_ base: String?, tuned folder: String, console: Console) throws -> [String]? {
    guard try classifierConfig(base, console) != nil else { return nil }
    let path = "\(folder)/config.json"
    if FileManager.default.fileExists(atPath: path), let labels = classLabels(try JSON(contentsOf: path)) {
      return labels
    }
    guard AdapterFolder.isAdapter(folder) else { return nil }
    let tensors = try Safetensors(AdapterFolder.weightsPath(of: folder))
    let heads = ["classifier", "classifier.out_proj"].compactMap { tensors.tensor("base_model.model.\($0).weight") }
    return heads.first?.shape.first.map { count in (0..<count).map { "LABEL_\($0)" } }
  }

  /// Writes a classifier's configuration beside its adapter: the names of the classes are nowhere else.
  static func write(of model: any LanguageModel, to folder: String) throws {
    guard model.traits.labels != nil else { return }
    try createFolder(folder)
    try AtomicFile.write(model.config.json.text(.pretty) + "\n", to: "\(folder)/config.json")
  }

  /// The configuration of a classifier; nil for other models.
  private static func classifierConfig(_ model: String?, _ console: Console) throws -> JSON? {
    guard let model, model != EmbeddedFiles.modelName else { return nil }
    let path = try HubModels.resolve(model, flag: "--model", content: .model, console: console)
    let config = (try? JSON(contentsOf: "\(path)/config.json")) ?? .null
    return isClassifier(config) ? config : nil
  }

  /// The classes that the training data name, sorted, where the model is a classifier that does not know all of them.
  ///
  /// - Returns: nil for models that write, and where the model's own classes do.
  /// - Parameter limit: so many records of each file are looked at.
  /// - Throws: `TuneError.data` for fewer than two classes, or so many that the completions are no classes.
  static func new(for model: String?, files: [String], limit: Int?, console: Console) throws -> [String]? {
    guard let config = try classifierConfig(model, console) else { return nil }
    var found: Set<String> = []
    for file in files { try collect(&found, in: file, limit: limit) }
    if let known = classLabels(config), found.isSubset(of: known) { return nil }
    guard found.count > 1 else {
      throw TuneError.data(
        "\(files[0]): \(found.count) different completions; a classifier needs at least two classes")
    }
    return found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }

  private static func collect(_ found: inout Set<String>, in file: String, limit: Int?) throws {
    let reader = try RecordReader(file)
    var count = 0
    while count < limit ?? .max, let outcome = try reader.next() {
      count += 1
      guard case .record(let record) = outcome, let completion = record.fields["completion"]?.stringValue else {
        continue
      }
      let label = completion.trimmingCharacters(in: .whitespacesAndNewlines)
      if !label.isEmpty { found.insert(label) }
      guard found.count <= mostClasses else {
        throw TuneError.data(
          "\(file): more than \(mostClasses) different completions; a classifier needs completions that are classes")
      }
    }
  }
}
