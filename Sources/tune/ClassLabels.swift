import Basics
import Datasets
import Foundation
import Models

/// The classes that a classifier is trained for.
enum ClassLabels {
  private static let mostClasses = 1000

  /// The classes that the training data name, sorted, where the model is a classifier that does not know all of them.
  ///
  /// - Returns: nil for models that write, and where the model's own classes do.
  /// - Throws: `TuneError.data` for fewer than two classes, or so many that the completions are no classes.
  static func new(for model: String?, file: String, limit: Int?, console: Console) throws -> [String]? {
    guard let model, model != EmbeddedFiles.modelName else { return nil }
    let path = try HubModels.resolve(model, flag: "--model", content: .model, console: console)
    let config = (try? JSON(contentsOf: "\(path)/config.json")) ?? .null
    guard isClassifier(config) else { return nil }
    var found: Set<String> = []
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
    if let known = classLabels(config), found.isSubset(of: known) { return nil }
    guard found.count > 1 else {
      throw TuneError.data("\(file): \(found.count) different completions; a classifier needs at least two classes")
    }
    return found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }
}
