import Basics
import CKernels

/// Root-mean-square normalisation of each row times a weight: x / sqrt(mean(x²) + epsilon) * weight.
///
/// x [tokens, width], weight [width]. Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
public func rmsNorm(_ x: Tensor, _ weight: Parameter, epsilon: Float) -> Tensor {
  precondition(weight.shape == [x.width], "\(weight.name): weight \(weight.shape) applied to \(x.shape)")
  let inverse = Tensor(shape: [x.rows])
  func normalized() -> Tensor {
    let out = Tensor(shape: x.shape)
    profiled("rmsNorm") {
      parallelRanges(x.rows, grain: rowGrain) { range in
        let start = range.lowerBound * x.width
        tune_rms_norm_forward(
          out.pointer + start, inverse.pointer + range.lowerBound, x.pointer + start, weight.pointer, epsilon,
          range.count, x.width)
      }
    }
    return out
  }
  return normalized().recorded(
    "rmsNorm", from: [x], parameters: [weight], recipe: normalized
  ) { gradient in
    if weight.isTrainable { addWeightGradient(gradient, x, weight, inverse) }
    guard let node = x.node else { return }
    let below = Tensor(shape: x.shape)
    parallelRanges(x.rows, grain: rowGrain) { range in
      let start = range.lowerBound * x.width
      tune_rms_norm_backward(
        below.pointer + start, gradient.pointer + start, x.pointer + start, weight.pointer,
        inverse.pointer + range.lowerBound, range.count, x.width)
    }
    node.accumulate(below)
  }
}

/// Rows a thread takes at a time in work on whole rows.
let rowGrain = 16

/// Threads share the columns, not the rows, so that every column is summed in a fixed order.
private func addWeightGradient(_ gradient: Tensor, _ x: Tensor, _ weight: Parameter, _ inverse: Tensor) {
  weight.addToGradient { sum in
    parallelRanges(x.width, grain: 64) { columns in
      let start = columns.lowerBound
      tune_rms_norm_weight_backward(
        sum + start, gradient.pointer + start, x.pointer + start, inverse.pointer, x.rows, x.width, columns.count)
    }
  }
}
