import Basics
import CKernels

/// Root-mean-square normalisation of each row times a weight: x / sqrt(mean(x²) + epsilon) * weight.
///
/// x [tokens, width], weight [width]. Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
public func rmsNorm(_ x: Tensor, _ weight: Parameter, epsilon: Float) -> Tensor {
  let (rows, width) = (x.rows, x.width)
  precondition(weight.shape == [width], "\(weight.name): weight \(weight.shape) applied to \(x.shape)")
  let out = Tensor(shape: x.shape)
  let inverse = Tensor(shape: [rows])
  parallelRanges(rows, grain: 16) { range in
    let start = range.lowerBound * width
    tune_rms_norm_forward(
      out.pointer + start, inverse.pointer + range.lowerBound, x.pointer + start, weight.pointer, epsilon, range.count,
      width)
  }
  return out.recorded(from: [x], trains: weight.isTrainable) { gradient in
    if weight.isTrainable {
      // On one thread: rows are summed in a fixed order.
      weight.accumulateGradient {
        tune_rms_norm_backward(
          nil, $0, gradient.pointer, x.pointer, weight.pointer, inverse.pointer, rows, width)
      }
    }
    guard let node = x.node else { return }
    let below = Tensor(shape: x.shape)
    parallelRanges(rows, grain: 16) { range in
      let start = range.lowerBound * width
      tune_rms_norm_backward(
        below.pointer + start, nil, gradient.pointer + start, x.pointer + start, weight.pointer,
        inverse.pointer + range.lowerBound, range.count, width)
    }
    node.accumulate(below)
  }
}
