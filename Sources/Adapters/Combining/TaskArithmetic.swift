import Basics
import Tensors

/// Which sign an element gets where several adapters disagree.
public enum MajoritySign: String, CaseIterable, Sendable {
  /// That of the sum.
  case total
  /// That of the most.
  case frequency
}

/// Makes one tensor of those that several adapters have in the same place: prunes each, then adds them with weights.
///
/// Source: PEFT's `merge_utils.py`; Yadav et al., "TIES-Merging", 2023 (elected signs); Yu et al., "Language Models are
/// Super Mario", 2024 (DARE: random pruning).
struct TaskArithmetic {
  enum Pruning {
    case none
    /// Keeps the elements of the largest magnitude.
    case magnitude
    /// Keeps elements by chance, and makes them larger by as much as there are fewer.
    case random
  }

  let pruning: Pruning
  /// The share of elements that pruning keeps, above 0 and at most 1.
  let density: Double
  /// Elects a sign for each element and means over those that have it; nil adds all.
  let majoritySign: MajoritySign?

  /// - Parameter random: draws masks as `torch.bernoulli` draws them on a CPU.
  func merged(_ tensors: [Tensor], weights: [Float], _ random: inout MersenneTwister) -> Tensor {
    let tensors = tensors.map { pruned($0, &random) }
    guard let majoritySign else { return weightedSum(tensors, weights) }
    return electedMean(tensors, weights, majoritySign)
  }

  private func pruned(_ tensor: Tensor, _ random: inout MersenneTwister) -> Tensor {
    guard density < 1 else { return tensor }
    switch pruning {
    case .none: return tensor
    case .magnitude: return largest(of: tensor)
    case .random: return thinned(tensor, &random)
    }
  }

  /// Where magnitudes are equal the first elements stay.
  private func largest(of tensor: Tensor) -> Tensor {
    let result = Tensor.zeros(tensor.shape), count = Int(density * Double(tensor.count))
    guard count > 0 else { return result }
    let magnitudes = tensor.values.map { abs($0) }
    let smallest = magnitudes.sorted(by: >)[count - 1]
    var room = count - magnitudes.reduce(0) { $0 + ($1 > smallest ? 1 : 0) }
    let source = tensor.pointer, target = result.pointer
    for (index, magnitude) in magnitudes.enumerated() where magnitude >= smallest {
      if magnitude == smallest {
        guard room > 0 else { continue }
        room -= 1
      }
      target[index] = source[index]
    }
    return result
  }

  private func thinned(_ tensor: Tensor, _ random: inout MersenneTwister) -> Tensor {
    let result = Tensor.zeros(tensor.shape), density = Float(density)
    let source = tensor.pointer, target = result.pointer
    for index in 0..<tensor.count where random.uniform(from: 0, to: 1) < density {
      target[index] = source[index] / density
    }
    return result
  }

  private func weightedSum(_ tensors: [Tensor], _ weights: [Float]) -> Tensor {
    let result = Tensor.zeros(tensors[0].shape), sum = result.pointer, count = result.count
    for (tensor, weight) in zip(tensors, weights) {
      let values = tensor.pointer
      for index in 0..<count { sum[index] += values[index] * weight }
    }
    return result
  }

  private func electedMean(_ tensors: [Tensor], _ weights: [Float], _ majority: MajoritySign) -> Tensor {
    let result = Tensor(shape: tensors[0].shape), pointers = tensors.map { $0.pointer }
    let mean = result.pointer
    withExtendedLifetime(tensors) {
      for index in 0..<result.count {
        var vote: Float = 0
        for pointer in pointers { vote += majority == .total ? pointer[index] : sign(pointer[index]) }
        let elected: Float = vote >= 0 ? 1 : -1
        var sum: Float = 0, count: Float = 0
        for (pointer, weight) in zip(pointers, weights) where sign(pointer[index]) == elected {
          sum += pointer[index] * weight
          count += 1
        }
        mean[index] = sum / max(count, 1)
      }
    }
    return result
  }

  private func sign(_ value: Float) -> Float { value > 0 ? 1 : value < 0 ? -1 : 0 }
}
