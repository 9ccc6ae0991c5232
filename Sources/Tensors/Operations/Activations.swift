import Basics
import CKernels

/// An elementwise function between linear layers.
public enum Activation: String, Sendable, Equatable, CaseIterable {
  /// x * sigmoid(x), also called swish.
  case silu
  /// x * P(normal <= x). Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
  case gelu
  /// `gelu` by its approximation with tanh, `gelu_new` and `gelu_pytorch_tanh` of Hugging Face.
  case geluTanh = "gelu_pytorch_tanh"
  case relu
  case tanh
  /// 1 / (1 + exp(-x)).
  case sigmoid

  fileprivate var kind: tune_activation {
    switch self {
    case .silu: TUNE_SILU
    case .gelu: TUNE_GELU
    case .geluTanh: TUNE_GELU_TANH
    case .relu: TUNE_RELU
    case .tanh: TUNE_TANH
    case .sigmoid: TUNE_SIGMOID
    }
  }
}

/// silu(gate) * up, elementwise: the gated unit of Llama's MLP. Source: Shazeer, "GLU Variants", 2020.
public func swiGLU(gate: Tensor, up: Tensor) -> Tensor { activated(gate, by: .silu, times: up) }

/// f(x), elementwise; times `up` of the same shape where there is one, as in gated units.
public func activated(_ x: Tensor, by activation: Activation, times up: Tensor? = nil) -> Tensor {
  precondition(up == nil || up?.shape == x.shape, "activation of \(x.shape) times \(up?.shape ?? [])")
  func values() -> Tensor {
    let out = Tensor(shape: x.shape)
    profiled("activation") {
      parallelRanges(out.count, grain: elementGrain) { range in
        let start = range.lowerBound
        tune_activation_forward(
          out.pointer + start, x.pointer + start, up.map { $0.pointer + start }, activation.kind, range.count)
      }
    }
    return out
  }
  return values().recorded("activation", from: [x, up].compactMap { $0 }, recipe: values) { gradient in
    let below = Tensor(shape: x.shape), upGradient = up.map { Tensor(shape: $0.shape) }
    parallelRanges(x.count, grain: elementGrain) { range in
      let start = range.lowerBound
      tune_activation_backward(
        below.pointer + start, upGradient.map { $0.pointer + start }, gradient.pointer + start, x.pointer + start,
        up.map { $0.pointer + start }, activation.kind, range.count)
    }
    x.node?.accumulate(below)
    if let upGradient { up?.node?.accumulate(upGradient) }
  }
}
