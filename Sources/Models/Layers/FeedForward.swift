import Basics
import Tensors

/// What follows attention in a layer: two linear layers with an activation between them, or three around a gated unit.
public struct FeedForward {
  private enum Inner {
    /// activation(up(x))
    case plain(up: Linear)
    /// activation(gate(x)) * up(x)
    case gated(gate: Linear, up: Linear)
    /// The same with gate and up below each other in one weight.
    case fused(Linear)
  }

  private let inner: Inner
  private let activation: Activation
  let down: Linear

  public init(up: Linear, down: Linear, activation: Activation) {
    (inner, self.down, self.activation) = (.plain(up: up), down, activation)
  }

  public init(gate: Linear, up: Linear, down: Linear, activation: Activation) {
    (inner, self.down, self.activation) = (.gated(gate: gate, up: up), down, activation)
  }

  public init(gateAndUp: Linear, down: Linear, activation: Activation) {
    (inner, self.down, self.activation) = (.fused(gateAndUp), down, activation)
  }

  public var linears: [Linear] {
    switch inner {
    case .plain(let up): [up, down]
    case .gated(let gate, let up): [gate, up, down]
    case .fused(let gateAndUp): [gateAndUp, down]
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch inner {
    case .plain(let up): return down(activated(up(x), by: activation))
    case .gated(let gate, let up):
      let both = project(x, gate, up)
      return down(activated(both[0], by: activation, times: both[1]))
    case .fused(let gateAndUp):
      let both = gateAndUp(x), half = both.width / 2
      let parts = splitColumns(both, [[0..<half], [half..<2 * half]])
      return down(activated(parts[0], by: activation, times: parts[1]))
    }
  }
}

extension ConfigFile {
  /// The activation that a key names, by Hugging Face's names.
  ///
  /// - Throws: `TuneError.data` for one that is not known.
  func activation(_ key: String, default fallback: String) throws -> Activation {
    switch text(key) ?? fallback {
    case "silu", "swish": return .silu
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    case "relu": return .relu
    case "tanh": return .tanh
    case let name:
      throw wrong(key, .string(name), "an activation of silu, gelu, gelu_new, gelu_pytorch_tanh, relu or tanh")
    }
  }
}
