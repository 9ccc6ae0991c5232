import Basics
import CKernels

/// Root-mean-square normalisation of each row times a weight: x / sqrt(mean(x²) + epsilon) * (offset + weight).
///
/// x [tokens, width], weight [width]; `offset` is 1 for the Gemma family, whose weights are stored less one. Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
public func rmsNorm(_ x: Tensor, _ weight: Parameter, epsilon: Float, offset: Float = 0) -> Tensor {
  precondition(weight.shape == [x.width], "\(weight.name): weight \(weight.shape) applied to \(x.shape)")
  let inverse = Tensor(shape: [x.rows])
  func normalized() -> Tensor {
    let out = Tensor(shape: x.shape)
    profiled("rmsNorm") {
      parallelRanges(x.rows, grain: rowGrain) { range in
        let start = range.lowerBound * x.width
        tune_rms_norm_forward(
          out.pointer + start, inverse.pointer + range.lowerBound, x.pointer + start, weight.pointer, offset,
          epsilon, range.count, x.width)
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
        below.pointer + start, gradient.pointer + start, x.pointer + start, weight.pointer, offset,
        inverse.pointer + range.lowerBound, range.count, x.width)
    }
    node.accumulate(below)
  }
}

/// Normalisation of each row to mean 0 and variance 1, times a weight, plus a bias.
///
/// x [tokens, width], weight and bias [width]. Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
public func layerNorm(_ x: Tensor, _ weight: Parameter, _ bias: Parameter?, epsilon: Float) -> Tensor {
  precondition(weight.shape == [x.width], "\(weight.name): weight \(weight.shape) applied to \(x.shape)")
  let statistics = Tensor(shape: [x.rows, 2])
  func normalized() -> Tensor {
    let out = Tensor(shape: x.shape)
    profiled("layerNorm") {
      parallelRanges(x.rows, grain: rowGrain) { range in
        let start = range.lowerBound * x.width
        tune_layer_norm_forward(
          out.pointer + start, statistics.pointer + 2 * range.lowerBound, x.pointer + start, weight.pointer,
          bias?.pointer, epsilon, range.count, x.width)
      }
    }
    return out
  }
  return normalized().recorded(
    "layerNorm", from: [x], parameters: [weight, bias].compactMap { $0 }, recipe: normalized
  ) { gradient in
    if weight.isTrainable { addWeightGradient(gradient, x, layerNorm: weight, statistics) }
    if let bias, bias.isTrainable { bias.addToGradient { Products.addColumns($0, of: gradient) } }
    guard let node = x.node else { return }
    let below = Tensor(shape: x.shape)
    parallelRanges(x.rows, grain: rowGrain) { range in
      let start = range.lowerBound * x.width
      tune_layer_norm_backward(
        below.pointer + start, gradient.pointer + start, x.pointer + start, weight.pointer,
        statistics.pointer + 2 * range.lowerBound, range.count, x.width)
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

private func addWeightGradient(_ gradient: Tensor, _ x: Tensor, layerNorm weight: Parameter, _ statistics: Tensor) {
  weight.addToGradient { sum in
    parallelRanges(x.width, grain: 64) { columns in
      let start = columns.lowerBound
      tune_layer_norm_weight_backward(
        sum + start, gradient.pointer + start, x.pointer + start, statistics.pointer, x.rows, x.width, columns.count)
    }
  }
}
