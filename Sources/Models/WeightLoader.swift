import Basics
import Tensors

/// Hands out the tensors of a checkpoint by name, checking shapes; afterwards nothing may be left untaken.
public final class WeightLoader {
  /// Where weights come from.
  private enum Source {
    case checkpoint(any WeightStore)
    case random(seed: UInt64, deviation: Double)
  }

  private let source: Source
  private var taken: Set<String> = []

  public init(_ store: any WeightStore) { source = .checkpoint(store) }

  /// New weights for training from scratch: norms are one, biases zero, matrices normal with this deviation.
  public init(randomSeed seed: UInt64, deviation: Double) { source = .random(seed: seed, deviation: deviation) }

  /// The weight of a name: a matrix stays in the format of its file, mapped; other weights are float32.
  ///
  /// - Throws: `TuneError.data` when it is missing, has another shape, or holds NaN or infinite values.
  public func take(_ name: String, shape: [Int]) throws -> Parameter {
    switch source {
    case .checkpoint(let store): try read(name, shape: shape, from: store)
    case .random(let seed, let deviation): Parameter(name, random(name, shape, seed, deviation))
    }
  }

  private func read(_ name: String, shape: [Int], from store: any WeightStore) throws -> Parameter {
    guard let stored = store.tensor(name) else {
      throw TuneError.data("\(store.path): the tensor '\(name)' is missing; expected one of shape \(shape)")
    }
    guard stored.shape == shape else {
      throw TuneError.data(
        "\(store.path): tensor '\(name)' has shape \(stored.shape), but the config asks for \(shape); "
          + "config.json and weights belong to different models")
    }
    taken.insert(name)
    if let matrix = try store.compactMatrix(stored) { return Parameter(name, matrix) }
    let tensor: Tensor
    if let view = store.float32View(stored) {
      tensor = Tensor(shape: shape, buffer: Buffer(borrowing: view, count: stored.elementCount, owner: store))
    } else {
      tensor = Tensor(shape: shape)
      try store.read(stored, into: tensor.pointer)
    }
    try store.requireFinite(stored, tensor.pointer)
    return Parameter(name, tensor)
  }

  private func random(_ name: String, _ shape: [Int], _ seed: UInt64, _ deviation: Double) -> Tensor {
    let tensor = Tensor(shape: shape)
    guard shape.count > 1 else {
      tensor.pointer.update(repeating: name.hasSuffix("norm.weight") ? 1 : 0, count: tensor.count)
      return tensor
    }
    var random = SeededRandom(seed: seed, stream: "weights/\(name)")
    for index in 0..<tensor.count { tensor.pointer[index] = Float(random.normal() * deviation) }
    return tensor
  }

  /// - Throws: `TuneError.data` when the checkpoint has tensors that nothing asked for, except those named here.
  public func finish(ignoring isKnownExtra: (String) -> Bool) throws {
    guard case .checkpoint(let store) = source else { return }
    let extra = store.tensorNames.filter { !taken.contains($0) && !isKnownExtra($0) }
    guard let first = extra.first else { return }
    throw TuneError.data(
      "\(store.path): \(extra.count) tensor\(extra.count == 1 ? "" : "s") of the checkpoint belong to no layer of the "
        + "config's model, the first is '\(first)'; config.json and weights belong to different models")
  }
}
