import Basics
import Models
import Tensors

/// LoRA on one linear layer.
final class LoRALayer: LinearPart {
  unowned let linear: Linear
  /// [rank, in]
  let a: Parameter
  /// [out, rank]
  let b: Parameter
  let scale: Float
  private let dropoutProbability: Float
  private let dropout: DropoutSource
  private let nameHash: UInt64

  init(
    linear: Linear, a: Parameter, b: Parameter, scale: Float, dropoutProbability: Float, dropout: DropoutSource
  ) {
    self.linear = linear
    self.a = a
    self.b = b
    self.scale = scale
    self.dropoutProbability = dropoutProbability
    self.dropout = dropout
    nameHash = stableHash(linear.name)
  }

  var tensors: [(name: String, parameter: Parameter)] { [a, b].map { ($0.name, $0) } }

  var update: LowRankUpdate? {
    let seed = dropoutProbability > 0 ? dropout.seed : nil
    return LowRankUpdate(
      a: a, b: b, scale: scale,
      dropout: seed.map { LowRankUpdate.Dropout(probability: dropoutProbability, seed: $0 ^ nameHash) })
  }

  var stacking: Stacking { .sum }
  var isInert: Bool { scale == 0 || isZero(b) || isZero(a) }

  /// W + scale * B A, [out, in].
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { Recording.off { add(value, change) } }

  /// scale * B A, [out, in].
  var change: Tensor {
    // linear(x, w) is x * wᵀ.
    Recording.off { Tensors.linear(b.value, Parameter("", transposed(scaled(a.value, by: scale)))) }
  }
}
