import Models
import Tensors

/// Weight-decomposed LoRA on one linear layer: every output has a trained magnitude, and the direction is that of
/// W + scale * B A. The norm of a direction counts as a constant of each step.
///
/// Source: Liu et al., "DoRA", 2024, section 4.3; PEFT's `DoraLinearLayer`, but that dropout leaves the base alone.
final class DoRALayer: LinearPart {
  private let lora: LoRALayer
  /// [out]
  private let magnitude: Parameter
  /// Of the weights as they were in a pass that records nothing; those of training change from step to step.
  private var keptFactors: [Float]?

  init(_ lora: LoRALayer, magnitude: Parameter) {
    self.lora = lora
    self.magnitude = magnitude
  }

  var linear: Linear { lora.linear }
  var tensors: [(name: String, parameter: Parameter)] { lora.tensors + [(magnitude.name, magnitude)] }
  var update: LowRankUpdate? { lora.update }
  var addsBias: Bool { true }
  var isInert: Bool { false }

  func output(_ y: Tensor, of x: Tensor) -> Tensor {
    scaledColumns(y, by: magnitude, factors: factors, bias: linear.bias)
  }

  /// One over the norm of each output's direction.
  private var factors: [Float] {
    if !Recording.isActive, let keptFactors { return keptFactors }
    let factors = lora.norms.values.map { 1 / $0 }
    keptFactors = Recording.isActive ? nil : factors
    return factors
  }

  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    Recording.off {
      let direction = lora.merged(parameter, value), width = linear.inputSize
      let norms = rowNorms(direction, plus: Tensor.zeros(direction.shape))
      for row in 0..<linear.outputSize {
        let factor = magnitude.pointer[row] / norms[row]
        for column in 0..<width { direction.pointer[row * width + column] *= factor }
      }
      return direction
    }
  }
}

extension LoRALayer {
  /// The norm of each row of W + scale * B A, [out].
  var norms: Tensor {
    Recording.off {
      let weight = linear.weight.value
      return Tensor(rowNorms(weight, plus: change), shape: [linear.outputSize])
    }
  }
}
