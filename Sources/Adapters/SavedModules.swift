import Basics
import Models
import Tensors

/// Modules of the model that are trained whole beside an adapter, such as a classifier's new head, and saved with it:
/// PEFT's `modules_to_save`.
final class SavedModules {
  /// The names that were asked for; a module is meant when its path ends with one, as in PEFT: `classifier` means
  /// DistilBERT's `pre_classifier` too.
  let names: [String]
  /// With the tuned values while they are in place.
  let parameters: [Parameter]
  /// The values of the base while the tuned ones are in place, and the other way round.
  private var others: [Tensor]
  var isEnabled = true {
    didSet {
      guard isEnabled != oldValue else { return }
      for index in parameters.indices {
        parameters[index].exchangeValue(with: &others[index])
        parameters[index].isTrainable = isEnabled
      }
    }
  }

  /// Makes the modules' parameters trainable.
  ///
  /// - Parameter weight: gives the tuned values of a name of PEFT's and a shape as checkpoints have it; nil keeps the
  ///   model's.
  /// - Throws: `TuneError.usage` for a name that is no module's, and for the embedding of a model whose head is the same
  ///   weight.
  init(_ names: [String], of model: any LanguageModel, weight: (String, [Int]) throws -> Tensor?) throws {
    self.names = names
    let parameters = model.parameters.filter { Self.belongs($0.name, to: names) }
    // PEFT adds names of heads to those of every classifier.
    if model.traits.labels == nil,
      let unknown = names.first(where: { name in !parameters.contains { Self.belongs($0.name, to: [name]) } })
    {
      throw TuneError.usage(
        "'modules_to_save' names '\(unknown)', but the model has no such module with weights of its own")
    }
    if let tied = parameters.first(where: { $0 === model.head && $0 === model.parameters.first }) {
      throw TuneError.usage(
        "'modules_to_save' names '\(tied.name)', which is the model's embedding and its head in one and cannot be "
          + "trained whole beside an adapter")
    }
    self.parameters = parameters
    var tuned: [Tensor?] = []
    for parameter in parameters {
      let stored = try weight(Self.tensorName(of: parameter), parameter.storedShape)
      tuned.append(parameter.isStoredTransposed ? stored.map { transposed($0) } : stored)
    }
    others = parameters.map { Tensor($0.value.values, shape: $0.shape) }
    for (index, parameter) in parameters.enumerated() {
      parameter.isTrainable = true
      guard var values = tuned[index] else { continue }
      parameter.exchangeValue(with: &values)
    }
  }

  /// What PEFT calls the parameters in its file.
  var tensors: [(name: String, parameter: Parameter)] { parameters.map { (Self.tensorName(of: $0), $0) } }

  private static func tensorName(of parameter: Parameter) -> String { peftPrefix + parameter.name }

  /// Whether a parameter is in one of the modules.
  private static func belongs(_ parameter: String, to names: [String]) -> Bool {
    var path = parameter[...]
    while let dot = path.lastIndex(of: ".") {
      path = path[..<dot]
      if names.contains(where: { path.hasSuffix($0) }) { return true }
    }
    return false
  }
}
