import Basics
import CKernels
import Tensors

/// The Euclidean norm of all gradients together; each parameter is summed in a fixed order.
public func gradientNorm(_ parameters: [Parameter]) -> Double {
  var sums = [Double](repeating: 0, count: parameters.count)
  let gradients = parameters.map { $0.gradient }
  sums.withUnsafeMutableBufferPointer { sums in
    nonisolated(unsafe) let sums = sums
    parallelFor(parameters.count) { index in
      if let gradient = gradients[index] { sums[index] = tune_sum_of_squares(gradient.pointer, gradient.count) }
    }
  }
  return sums.reduce(0, +).squareRoot()
}

/// The sum of squares of one parameter's gradient, 0 without one.
func squaredNorm(_ parameter: Parameter) -> Double {
  parameter.gradient.map { tune_sum_of_squares($0.pointer, $0.count) } ?? 0
}
