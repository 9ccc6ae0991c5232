import Basics
import Tensors

/// Hands out the tensors of a checkpoint by name, checking shapes; afterwards nothing may be left untaken.
public final class WeightLoader {
  /// Where weights come from.
  private enum Source {
    case checkpoint(any WeightStore)
    case random(seed: UInt64, deviation: Double)
  }

  /// What a new weight holds before it is trained.
  public enum Initial {
    /// Zeros for vectors, normal values for matrices.
    case standard
    case constant(Float)
  }

  private let source: Source
  private let quantization: WeightQuantization?
  private var taken: Set<String> = []
  /// The name of the base model with a dot; checkpoints saved without a head leave it out of their names.
  public var basePrefix = ""

  /// - Parameter quantization: of the weights of linear layers; nil leaves them in the format of their file.
  public init(_ store: any WeightStore, quantization: WeightQuantization? = nil) {
    source = .checkpoint(store)
    self.quantization = quantization
  }

  /// New weights for training from scratch: biases are zero, matrices normal with this deviation.
  public init(randomSeed seed: UInt64, deviation: Double) {
    source = .random(seed: seed, deviation: deviation)
    quantization = nil
  }

  /// The weight of a name: a matrix stays in the format of its file, mapped; other weights are float32.
  ///
  /// - Throws: `TuneError.data` when it is missing, has another shape, or holds NaN or infinite values.
  public func take(_ name: String, shape: [Int], initial: Initial = .standard) throws -> Parameter {
    switch source {
    case .checkpoint(let store): try read(name, shape: shape, from: store)
    case .random(let seed, let deviation): Parameter(name, new(name, shape, initial, seed, deviation))
    }
  }

  /// Whether the checkpoint has a tensor of this name, and of this shape where one is given; new models have all.
  public func has(_ name: String, shape: [Int]? = nil) -> Bool {
    guard case .checkpoint(let store) = source else { return true }
    guard let stored = find(name, in: store) else { return false }
    return shape == nil || stored.shape == shape
  }

  /// A weight that the checkpoint does not have, or has of another shape: normal values of deviation 0.02 or, for a
  /// vector, zeros.
  func new(_ name: String, shape: [Int]) -> Parameter {
    taken.insert(name)
    return Parameter(name, new(name, shape, .standard, Self.newLayerSeed, 0.02))
  }

  /// New layers of a checkpoint are the same each time it is loaded.
  private static let newLayerSeed: UInt64 = 42

  /// The weight of a name that the checkpoint has with rows and columns exchanged.
  ///
  /// - Parameter shape: as it is used, [out, in].
  public func takeTransposed(_ name: String, shape: [Int]) throws -> Parameter {
    if case .checkpoint(let store) = source, find(name, in: store)?.isExchanged == true {
      return try read(name, shape: shape, from: store)
    }
    let stored = try take(name, shape: shape.reversed())
    return Parameter(name, transposed(stored.value), isStoredTransposed: true)
  }

  /// The weight of a linear layer: quantised where the loader is told to, one at a time, so that beside the quantised
  /// ones no more than one weight is in memory.
  ///
  /// - Throws: `TuneError` as `take` does, and for a weight that is quantised already: rounded twice it would be worse.
  func takeLayer(_ name: String, shape: [Int], isStoredTransposed: Bool) throws -> Parameter {
    func weight() throws -> Parameter {
      try isStoredTransposed ? takeTransposed(name, shape: shape) : take(name, shape: shape)
    }
    guard let quantization, case .checkpoint(let store) = source, let stored = find(name, in: store) else {
      return try weight()
    }
    guard stored.format.blockSize == 1 else {
      throw TuneError.usage(
        "\(store.path): tensor '\(stored.name)' is quantised already (\(stored.format.rawValue)) and is not quantised "
          + "again; load the model as it is, or name one in float32, bfloat16 or float16")
    }
    defer { stored.releasePages() }
    return try weight().quantized(quantization)
  }

  private func read(_ name: String, shape: [Int], from store: any WeightStore) throws -> Parameter {
    guard let stored = find(name, in: store) else {
      throw TuneError.data("\(store.path): the tensor '\(name)' is missing; expected one of shape \(shape)")
    }
    guard stored.shape == shape else {
      throw TuneError.data(
        "\(store.path): tensor '\(name)' has shape \(stored.shape), but the config asks for \(shape); "
          + "config.json and weights belong to different models")
    }
    taken.insert(stored.name)
    if let matrix = try store.compactMatrix(stored) {
      return Parameter(name, matrix, isStoredTransposed: stored.isExchanged)
    }
    let tensor: Tensor
    if let view = store.float32View(stored) {
      tensor = Tensor(shape: shape, buffer: Buffer(borrowing: view, count: stored.elementCount, owner: store))
    } else {
      tensor = Tensor(shape: shape)
      try store.read(stored, into: tensor.pointer)
    }
    try store.requireFinite(stored, tensor.pointer)
    return Parameter(name, tensor, isStoredTransposed: stored.isExchanged)
  }

  private func find(_ name: String, in store: any WeightStore) -> StoredTensor? {
    let short = name.hasPrefix(basePrefix) ? String(name.dropFirst(basePrefix.count)) : name
    return store.tensor(name) ?? store.tensor(short)
  }

  private func new(
    _ name: String, _ shape: [Int], _ initial: Initial, _ seed: UInt64, _ deviation: Double
  ) -> Tensor {
    let tensor = Tensor.zeros(shape)
    if case .constant(let value) = initial {
      tensor.pointer.update(repeating: value, count: tensor.count)
      return tensor
    }
    guard shape.count > 1 else { return tensor }
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
