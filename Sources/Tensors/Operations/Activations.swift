import Basics
import CKernels

/// silu(gate) * up, elementwise: the gated unit of Llama's MLP. Source: Shazeer, "GLU Variants", 2020.
public func swiGLU(gate: Tensor, up: Tensor) -> Tensor {
  precondition(gate.shape == up.shape, "swiGLU of \(gate.shape) and \(up.shape)")
  return gated(gate, up).recorded("swiGLU", from: [gate, up], recipe: { gated(gate, up) }) { gradient in
    let gateGradient = Tensor(shape: gate.shape), upGradient = Tensor(shape: up.shape)
    parallelRanges(gate.count, grain: elementGrain) { range in
      let start = range.lowerBound
      tune_swiglu_backward(
        gateGradient.pointer + start, upGradient.pointer + start, gradient.pointer + start, gate.pointer + start,
        up.pointer + start, range.count)
    }
    gate.node?.accumulate(gateGradient)
    up.node?.accumulate(upGradient)
  }
}

private func gated(_ gate: Tensor, _ up: Tensor) -> Tensor {
  let out = Tensor(shape: gate.shape)
  profiled("swiGLU") {
    parallelRanges(out.count, grain: elementGrain) { range in
      let start = range.lowerBound
      tune_swiglu_forward(out.pointer + start, gate.pointer + start, up.pointer + start, range.count)
    }
  }
  return out
}
