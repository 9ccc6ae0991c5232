import Tensors

/// What a PEFT method puts on a linear layer from outside; the model does not know of it.
public protocol LinearAdapter: AnyObject {
  /// The trained parameters.
  var parameters: [Parameter] { get }
  /// Added to the layer's output inside its product; nil for none.
  var update: LowRankUpdate? { get }
  /// Whether `input` gives anything but its input: the layer then shares no product with its neighbours.
  var changesInput: Bool { get }
  /// Whether `output` adds the layer's bias itself.
  var addsBias: Bool { get }
  /// What the layer reads instead of x.
  func input(_ x: Tensor) -> Tensor
  /// The layer's output instead of y, which it computed from x.
  func output(_ y: Tensor, of x: Tensor) -> Tensor
}

extension LinearAdapter {
  public var update: LowRankUpdate? { nil }
  public var changesInput: Bool { false }
  public var addsBias: Bool { false }
  public func input(_ x: Tensor) -> Tensor { x }
  public func output(_ y: Tensor, of x: Tensor) -> Tensor { y }
}

/// x * weightᵀ + bias, with what adapters make of it.
public final class Linear {
  /// The module's path in the checkpoint, such as `model.layers.0.self_attn.q_proj`.
  public let name: String
  /// [out, in]
  public let weight: Parameter
  /// [out]
  public let bias: Parameter?
  public var adapters: [any LinearAdapter] = []

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
      mayBeNew
      ? try loader.take("\(name).weight", shape: [output, input])
      : try loader.takeLayer("\(name).weight", shape: [output, input], isStoredTransposed: isStoredTransposed)
    bias = hasBias ? try loader.take("\(name).bias", shape: [output]) : nil
  }

  public var inputSize: Int { weight.shape[1] }
  public var outputSize: Int { weight.shape[0] }
  public var parameters: [Parameter] { bias.map { [weight, $0] } ?? [weight] }
  /// Those of the adapters on it.
  public var adapterParameters: [Parameter] { adapters.flatMap { $0.parameters } }

  public func callAsFunction(_ x: Tensor) -> Tensor { project(x, self)[0] }

  fileprivate var changesInput: Bool { adapters.contains { $0.changesInput } }
  fileprivate var projection: Projection {
    Projection(
      weight: weight, bias: adapters.contains { $0.addsBias } ? nil : bias, updates: adapters.compactMap { $0.update })
  }
}

/// The outputs of layers that read the same input; they share its gradient and their adapters' products.
func project(_ x: Tensor, _ layers: Linear...) -> [Tensor] {
  let sharing = layers.filter { !$0.changesInput }
  var shared = sharing.isEmpty ? [] : projections(x, sharing.map { $0.projection })[...]
  return layers.map { layer in
    let own = layer.changesInput ? layer.adapters.reduce(x) { $1.input($0) } : x
    let y = layer.changesInput ? projections(own, [layer.projection])[0] : shared.removeFirst()
    return layer.adapters.reduce(y) { $1.output($0, of: x) }
  }
}
