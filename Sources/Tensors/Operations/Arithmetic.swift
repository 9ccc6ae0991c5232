import Basics
import CKernels

/// Elements a thread takes at a time in elementwise work.
let elementGrain = 1 << 14

/// The elementwise sum of two tensors of the same shape.
public func add(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape == b.shape, "add \(a.shape) and \(b.shape)")
  // Closures hold nodes, not tensors, wherever the values are not needed: what nobody reads is released at once.
  return summed(a, b).recorded("add", from: [a, b]) { [a = a.node, b = b.node] gradient in
    a?.accumulate(gradient)
    b?.accumulate(gradient)
  }
}

/// Dropout: each element is zero with probability `probability`, else divided by `1 - probability`.
///
/// - Parameter seed: decides every element; the gradient replays it, so no mask is stored. Records nothing.
func dropped(_ x: Tensor, _ probability: Float, _ seed: UInt64) -> Tensor {
  let out = Tensor(shape: x.shape)
  parallelRanges(x.count, grain: elementGrain) { range in
    tune_dropout(
      out.pointer + range.lowerBound, x.pointer + range.lowerBound, probability, seed, UInt64(range.lowerBound),
      range.count)
  }
  return out
}

func summed(_ a: Tensor, _ b: Tensor) -> Tensor {
  let out = Tensor(shape: a.shape)
  profiled("add") {
    parallelRanges(a.count, grain: elementGrain) { range in
      let start = range.lowerBound
      tune_add(out.pointer + start, a.pointer + start, b.pointer + start, range.count)
    }
  }
  return out
}

func addInPlace(_ sum: Tensor, _ term: Tensor) {
  profiled("add") {
    parallelRanges(sum.count, grain: elementGrain) { range in
      tune_add_scaled(sum.pointer + range.lowerBound, term.pointer + range.lowerBound, 1, range.count)
    }
  }
}
