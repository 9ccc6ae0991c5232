import Tensors

/// What a PEFT method puts on a linear layer from outside; the model does not know of it.
public protocol LinearAdapter: AnyObject {
  /// The trained parameters.
  var parameters: [Parameter] { get }
  /// What is added to the layer's output.
  var update: LowRankUpdate { get }
}

/// x * weightᵀ + bias, with an optional adapter.
public final class Linear {
  /// The module's path in the checkpoint, such as `model.layers.0.self_attn.q_proj`.
  public let name: String
  /// [out, in]
  public let weight: Parameter
  /// [out]
  public let bias: Parameter?
  public var adapter: (any LinearAdapter)?

  /// - Parameters:
  ///   - isStoredTransposed: the checkpoint has the weight as [in, out] (GPT-2).
  ///   - mayBeNew: a checkpoint without this layer, or with one of another size, gets a new one, to be trained.
  public init(
    _ loader: WeightLoader, _ name: String, input: Int, output: Int, bias hasBias: Bool = false,
    isStoredTransposed: Bool = false, mayBeNew: Bool = false
  ) throws {
    self.name = name
    if mayBeNew, !loader.has("\(name).weight", shape: [output, input]) {
      weight = loader.new("\(name).weight", shape: [output, input])
      bias = hasBias ? loader.new("\(name).bias", shape: [output]) : nil
      return
    }
    weight =
      isStoredTransposed
      ? try loader.takeTransposed("\(name).weight", shape: [output, input])
      : try loader.take("\(name).weight", shape: [output, input])
    bias = hasBias ? try loader.take("\(name).bias", shape: [output]) : nil
  }

  public var inputSize: Int { weight.shape[1] }
  public var outputSize: Int { weight.shape[0] }
  public var parameters: [Parameter] { bias.map { [weight, $0] } ?? [weight] }

  public func callAsFunction(_ x: Tensor) -> Tensor { project(x, self)[0] }

  fileprivate var projection: Projection { Projection(weight: weight, bias: bias, update: adapter?.update) }
}

/// The outputs of layers that read the same input; they share its gradient and their adapters' products.
func project(_ x: Tensor, _ layers: Linear...) -> [Tensor] { projections(x, layers.map { $0.projection }) }
