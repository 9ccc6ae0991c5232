import Basics
import Models
import Tensors

/// The tensors of an adapter's file, handed out by name. What is missing, left over or of another shape is collected
/// and told at once: an adapter that is read in part would do something else than it was trained for.
final class AdapterTensors {
  /// How many problems one error names.
  private static let shownProblems = 5

  private let store: Safetensors
  /// Of all tensors of the file.
  private let elementCount: Int
  private var taken: Set<String> = []
  private var problems: [String] = []
  private var problemCount = 0

  /// - Throws: `TuneError.data` when the file is missing, incomplete or damaged.
  init(_ path: String) throws {
    store = try Safetensors(path)
    elementCount = store.tensorNames.compactMap { [store] in store.tensor($0)?.elementCount }.reduce(0, +)
  }

  func has(_ name: String) -> Bool { store.tensor(name) != nil }

  /// The tensor of a name; zeros where it does not fit, which `finish` then throws.
  ///
  /// - Throws: `TuneError.data` for values that are not finite, and at once for a tensor that does not fit and of which
  ///   the configuration asks for more than the model's layers could hold.
  func take(_ name: String, _ shape: [Int]) throws -> Tensor {
    taken.insert(name)
    guard let stored = store.tensor(name) else {
      add("the tensor '\(name)' of shape \(shape) is missing")
      return try placeholder(shape)
    }
    guard stored.shape == shape else {
      add("tensor '\(name)' has shape \(stored.shape), but the model needs \(shape)")
      return try placeholder(shape)
    }
    let tensor = Tensor(shape: shape)
    try store.read(stored, into: tensor.pointer)
    try store.requireFinite(stored, tensor.pointer)
    return tensor
  }

  /// Zeros in the place of a tensor that does not fit. Their size is the configuration's word alone: what is larger than
  /// all that the file holds is not made.
  private func placeholder(_ shape: [Int]) throws -> Tensor {
    var count = 1
    for size in shape {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
      guard !isTooLarge, product <= max(elementCount, Self.smallTensor) else { throw problem() }
      count = product
    }
    return Tensor.zeros(shape)
  }

  /// Elements that cost nothing worth a check.
  private static let smallTensor = 1 << 14

  /// - Throws: `TuneError.data` with the first of all tensors that are missing, left over or of another shape.
  func finish() throws {
    for name in store.tensorNames where !taken.contains(name) {
      add("the tensor '\(name)' belongs to no targeted layer of the model")
    }
    if problemCount > 0 { throw problem() }
  }

  private func problem() -> TuneError {
    let more = problemCount > problems.count ? "\n  … and \(problemCount - problems.count) more" : ""
    return TuneError.data(
      "\(store.path): does not fit the model; the adapter was made for another model or by a method that is not "
        + "supported:\n  \(problems.joined(separator: "\n  "))\(more)")
  }

  private func add(_ problem: String) {
    problemCount += 1
    if problems.count < Self.shownProblems { problems.append(problem) }
  }
}
