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
  /// Of B, inside the scale, [out].
  private let bias: Parameter?
  let scale: Float
  private let dropoutProbability: Float
  private let dropout: DropoutSource
  private let nameHash: UInt64

  init(
    linear: Linear, a: Parameter, b: Parameter, bias: Parameter? = nil, scale: Float, dropoutProbability: Float = 0,
    dropout: DropoutSource = DropoutSource()
  ) {
    self.linear = linear
    self.a = a
    self.b = b
    self.bias = bias
    self.scale = scale
    self.dropoutProbability = dropoutProbability
    self.dropout = dropout
    nameHash = stableHash(linear.name)
  }

  var tensors: [(name: String, parameter: Parameter)] { ([a, b] + (bias.map { [$0] } ?? [])).map { ($0.name, $0) } }
  /// Whether it is A and B alone.
  var isPlain: Bool { bias == nil }

  var update: LowRankUpdate? {
    let seed = dropoutProbability > 0 ? dropout.seed : nil
    return LowRankUpdate(
      a: a, b: b, scale: scale,
      dropout: seed.map { LowRankUpdate.Dropout(probability: dropoutProbability, seed: $0 ^ nameHash) })
  }

  func output(_ y: Tensor, of x: Tensor) -> Tensor { bias.map { addedToRows(y, $0, scale: scale) } ?? y }
  var stacking: Stacking { .sum }

  var isInert: Bool { scale == 0 || ((isZero(b) || isZero(a)) && bias.map { isZero($0) } ?? true) }

  var mergedParameters: [Parameter]? {
    guard bias != nil else { return [linear.weight] }
    return linear.bias.map { [linear.weight, $0] }
  }
  var reasonAgainstMerging: String? {
    "layer '\(linear.name)' has no bias that the adapter's could be merged into; use it with --adapter"
  }

  /// W + scale * B A, [out, in], and the layer's bias + scale * bias.
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    Recording.off {
      guard parameter !== linear.weight, let bias else { return add(value, change) }
      return add(value, scaled(bias.value, by: scale))
    }
  }

  /// scale * B A, [out, in].
  var change: Tensor {
    // linear(x, w) is x * wᵀ.
    Recording.off { Tensors.linear(b.value, Parameter("", transposed(scaled(a.value, by: scale)))) }
  }
}
