import Basics
import Tensors

/// What a new tensor of an adapter holds before it is trained.
public enum InitialValues {
  case zeros
  case constant(Float)
  /// Uniform in ±bound.
  case uniform(bound: Double)
  case normal(deviation: Double)
  /// Made of the model's weights, by chance or not.
  case made((inout SeededRandom) throws -> Tensor)
}

/// Where the tensors of an adapter come from when it is put on a model: new values, or those of a file.
public struct TensorSource {
  /// The tensor of PEFT's name, of this shape; new ones hold the initial values.
  let tensor: (String, [Int], InitialValues) throws -> Tensor
  /// Whether the tensors are those of a file.
  var isFile = true
  /// Whether a file has a tensor of this name, for those that not every file has.
  var has: (String) -> Bool = { _ in false }
  /// The tensor of a module that is trained whole, as checkpoints have it; nil keeps the model's.
  var saved: (String, [Int]) throws -> Tensor? = { _, _ in nil }

  /// The same tensors, but those whose names end so multiplied by a factor.
  func scaled(_ endings: [String], by factor: Float) -> TensorSource {
    TensorSource(
      tensor: { name, shape, initial in
        let value = try tensor(name, shape, initial)
        return endings.contains { name.hasSuffix($0) } ? Recording.off { Tensors.scaled(value, by: factor) } : value
      }, isFile: isFile, has: has, saved: saved)
  }

  /// New tensors, each decided by the seed and its own name.
  static func new(seed: UInt64) -> TensorSource {
    let make = { (name: String, shape: [Int], initial: InitialValues) throws -> Tensor in
      let tensor = Tensor.zeros(shape)
      var random = SeededRandom(seed: seed, stream: "lora/\(name)")
      switch initial {
      case .zeros: break
      case .constant(let value): tensor.pointer.update(repeating: value, count: tensor.count)
      case .uniform(let bound):
        for index in 0..<tensor.count { tensor.pointer[index] = Float((random.uniform() * 2 - 1) * bound) }
      case .normal(let deviation):
        for index in 0..<tensor.count { tensor.pointer[index] = Float(random.normal() * deviation) }
      case .made(let make): return try make(&random)
      }
      return tensor
    }
    return TensorSource(tensor: make, isFile: false)
  }

  /// The tensors of a file.
  static func file(_ tensors: AdapterTensors) -> TensorSource {
    TensorSource(
      tensor: { name, shape, _ in try tensors.take(name, shape) }, has: { tensors.has($0) }, saved: tensors.take)
  }
}
