import Basics
import Models
import Tensors

/// Parameters of the model that are trained whole: a selective method, or modules beside an adapter such as a
/// classifier's new head (PEFT's `modules_to_save`).
final class WholeParameters: AdapterPart {
  private let parameters: [Parameter]
  private let trains: Bool
  private let names: [String]
  /// The tuned values, or the base's while the tuned ones are in place.
  private var others: [Tensor]

  /// - Parameters:
  ///   - parameters: with their names in PEFT's file.
  ///   - trains: whether they are trained, or only stand in the place of the base's.
  ///   - values: gives the tuned values of such a name, of the shape that checkpoints have; nil begins with the model's.
  init(
    _ parameters: [(name: String, parameter: Parameter)], trains: Bool = true,
    values: (String, [Int]) throws -> Tensor?
  ) rethrows {
    self.parameters = parameters.map { $0.parameter }
    self.trains = trains
    names = parameters.map { $0.name }
    others = try parameters.map { name, parameter in
      guard let stored = try values(name, parameter.storedShape) else {
        return Tensor(parameter.value.values, shape: parameter.shape)
      }
      return parameter.isStoredTransposed ? transposed(stored) : stored
    }
  }

  var trained: [Parameter] { trains ? parameters : [] }
  var tensors: [(name: String, parameter: Parameter)] { zip(names, parameters).map { ($0, $1) } }

  func requireRoom() throws {
    guard let taken = trained.first(where: { $0.isTrainable }) else { return }
    throw TuneError.usage(
      "another adapter has brought '\(taken.name)' already, and only one can; leave one of them out")
  }

  func putOn() {
    exchange()
    for parameter in trained { parameter.isTrainable = true }
  }

  func takeOff() {
    exchange()
    for parameter in trained { parameter.isTrainable = false }
  }

  private func exchange() {
    for index in parameters.indices { parameters[index].exchangeValue(with: &others[index]) }
  }

  var isInert: Bool { parameters.isEmpty }
  /// The tuned values are in place.
  var mergedParameters: [Parameter]? { [] }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }

  /// The modules of PEFT's `modules_to_save`. A module is meant when its path ends with a name, as in PEFT: `classifier`
  /// means DistilBERT's `pre_classifier` too.
  ///
  /// - Throws: `TuneError.usage` for a name that is no module's, and for the embedding of a model whose head is the same
  ///   weight.
  static func modules(
    _ names: [String], of model: any LanguageModel, values: (String, [Int]) throws -> Tensor?
  ) throws -> WholeParameters {
    func belongs(_ parameter: Parameter, to names: [String]) -> Bool {
      modulePaths(of: parameter.name).contains { path in names.contains { path.hasSuffix($0) } }
    }
    let parameters = model.parameters.filter { belongs($0, to: names) }
    // PEFT adds names of heads to those of every classifier.
    if model.traits.labels == nil,
      let unknown = names.first(where: { name in !parameters.contains { belongs($0, to: [name]) } })
    {
      throw TuneError.usage(
        "'modules_to_save' names '\(unknown)', but the model has no such module with weights of its own")
    }
    if let tied = parameters.first(where: { $0 === model.head && $0 === model.inputEmbedding }) {
      throw TuneError.usage(
        "'modules_to_save' names '\(tied.name)', which is the model's embedding and its head in one and cannot be "
          + "trained whole beside an adapter")
    }
    return try WholeParameters(parameters.map { (peftPrefix + $0.name, $0) }, values: values)
  }
}

/// The paths of the modules that a parameter is in, the innermost first.
func modulePaths(of parameter: String) -> [Substring] {
  var paths: [Substring] = [], path = parameter[...]
  while let dot = path.lastIndex(of: ".") {
    path = path[..<dot]
    paths.append(path)
  }
  return paths
}
