import Basics
import Tensors

/// A normalisation with its weights.
public struct Norm {
  /// What is normalised by what.
  public enum Kind: Sendable, Equatable {
    /// By the root mean square, times `offset` + weight; the offset is 1 for the Gemma family, else 0.
    case rootMeanSquare(offset: Float)
    /// To mean 0 and variance 1, times weight plus bias.
    case layer
  }

  let kind: Kind
  let weight: Parameter
  let bias: Parameter?
  let epsilon: Float

  /// - Parameter name: of the module, such as `model.norm`.
  public init(_ weights: WeightLoader, _ name: String, size: Int, kind: Kind, epsilon: Float) throws {
    self.kind = kind
    self.epsilon = epsilon
    let initial: Float = if case .rootMeanSquare(let offset) = kind { 1 - offset } else { 1 }
    weight = try weights.take("\(name).weight", shape: [size], initial: .constant(initial))
    bias = kind == .layer ? try weights.take("\(name).bias", shape: [size]) : nil
  }

  public var parameters: [Parameter] { bias.map { [weight, $0] } ?? [weight] }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch kind {
    case .rootMeanSquare(let offset): rmsNorm(x, weight, epsilon: epsilon, offset: offset)
    case .layer: layerNorm(x, weight, bias, epsilon: epsilon)
    }
  }

  /// Normalises each head of each row by itself. x [tokens, heads * size]
  func eachHead(_ x: Tensor) -> Tensor {
    let size = weight.count
    return reshaped(self(reshaped(x, [x.rows * (x.width / size), size])), x.shape)
  }
}
