import Basics
import Models
import Tensors

/// The tensors of an adapter's file, handed out by name. What is missing, left over or of another shape is collected
/// and told at once: an adapter that is read in part would do something else than it was trained for.
final class AdapterTensors {
  /// How many problems one error names.
  private static let shownProblems = 5

  private let store: Safetensors
  private var taken: Set<String> = []
  private var problems: [String] = []
  private var problemCount = 0

  /// - Throws: `TuneError.data` when the file is missing, incomplete or damaged.
  init(_ path: String) throws { store = try Safetensors(path) }

  /// The tensor of a name; zeros where it does not fit, which `finish` then throws.
  ///
  /// - Throws: `TuneError.data` for values that are not finite.
  func take(_ name: String, _ shape: [Int]) throws -> Tensor {
    taken.insert(name)
    guard let stored = store.tensor(name) else {
      add("the tensor '\(name)' of shape \(shape) is missing")
      return Tensor.zeros(shape)
    }
    guard stored.shape == shape else {
      add("tensor '\(name)' has shape \(stored.shape), but the model needs \(shape)")
      return Tensor.zeros(shape)
    }
    let tensor = Tensor(shape: shape)
    try store.read(stored, into: tensor.pointer)
    try store.requireFinite(stored, tensor.pointer)
    return tensor
  }

  /// - Throws: `TuneError.data` with the first of all tensors that are missing, left over or of another shape.
  func finish() throws {
    for name in store.tensorNames where !taken.contains(name) {
      add("the tensor '\(name)' belongs to no targeted layer of the model")
    }
    guard problemCount > 0 else { return }
    let more = problemCount > problems.count ? "\n  … and \(problemCount - problems.count) more" : ""
    throw TuneError.data(
      "\(store.path): does not fit the model; the adapter was made for another model or by a method that is not "
        + "supported:\n  \(problems.joined(separator: "\n  "))\(more)")
  }

  private func add(_ problem: String) {
    problemCount += 1
    if problems.count < Self.shownProblems { problems.append(problem) }
  }
}
