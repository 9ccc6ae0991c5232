import Basics
import Models
import Tensors

/// Bottleneck adapters: small networks behind a layer's attention and feed-forward, before their results are added to the
/// residual stream: h + up(activation(down(h))).
///
/// Source: Houlsby et al., "Parameter-Efficient Transfer Learning for NLP", 2019 (behind both); Pfeiffer et al.,
/// "AdapterFusion", 2021 (behind the feed-forward alone). PEFT does not have the method; the file is tune's own.
public struct BottleneckAdapter: PEFTMethod, Equatable {
  public static let peftType = "BOTTLENECK"

  public enum Placement: String, Sendable, CaseIterable {
    /// Behind attention and feed-forward.
    case houlsby
    /// Behind the feed-forward.
    case pfeiffer
  }

  /// The inner size.
  public var bottleneckSize = 64
  public var placement = Placement.houlsby
  public var activation = Activation.relu
  public var modulesToSave: [String]?

  public init(bottleneckSize: Int = 64, placement: Placement = .houlsby, activation: Activation = .relu) {
    self.bottleneckSize = bottleneckSize
    self.placement = placement
    self.activation = activation
  }

  public init(_ configuration: AdapterConfiguration) throws {
    bottleneckSize = try configuration.rank("bottleneck_size")
    guard let placement = configuration.json["placement"]?.stringValue.flatMap({ Placement(rawValue: $0) }) else {
      throw configuration.wrong("placement", Placement.allCases.map { $0.rawValue }.joined(separator: " or "))
    }
    self.placement = placement
    guard let activation = configuration.json["activation"]?.stringValue.flatMap({ Activation(rawValue: $0) }) else {
      throw configuration.wrong("activation", Activation.allCases.map { $0.rawValue }.joined(separator: ", "))
    }
    self.activation = activation
    modulesToSave = try configuration.modulesToSave()
  }

  /// `up` starts as zero, so that nothing changes yet.
  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    guard bottleneckSize >= 1 else {
      throw TuneError.usage("--bottleneck-size: \(bottleneckSize) is too small; use 1 or more")
    }
    let outputs = model.residualOutputs
    return try ((placement == .houlsby ? outputs.attention : []) + outputs.feedForward).map { linear in
      func parameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
        let name = "\(peftPrefix)\(linear.name).adapter_\(name)"
        return Parameter(name, try source.tensor(name, shape, initial), isTrainable: true)
      }
      let size = linear.outputSize
      return BottleneckLayer(
        linear: linear, activation: activation,
        down: (
          try parameter("down.weight", [bottleneckSize, size], .normal(deviation: 0.02)),
          try parameter("down.bias", [bottleneckSize], .zeros)
        ),
        up: (
          try parameter("up.weight", [size, bottleneckSize], .zeros), try parameter("up.bias", [size], .zeros)
        ))
    }
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    [
      "bottleneck_size": .integer(bottleneckSize), "placement": .string(placement.rawValue),
      "activation": .string(activation.rawValue),
    ]
  }

  public func summary(on model: any LanguageModel) -> String {
    "bottleneck adapters of \(bottleneckSize) (\(placement.rawValue))"
  }
}

/// A bottleneck behind one linear layer.
final class BottleneckLayer: LinearPart {
  unowned let linear: Linear
  private let activation: Activation
  /// [bottleneck, out] and [bottleneck]
  private let down: (weight: Parameter, bias: Parameter)
  /// [out, bottleneck] and [out]
  private let up: (weight: Parameter, bias: Parameter)

  init(
    linear: Linear, activation: Activation, down: (weight: Parameter, bias: Parameter),
    up: (weight: Parameter, bias: Parameter)
  ) {
    self.linear = linear
    self.activation = activation
    self.down = down
    self.up = up
  }

  var tensors: [(name: String, parameter: Parameter)] {
    [down.weight, down.bias, up.weight, up.bias].map { ($0.name, $0) }
  }
  var isInert: Bool { isZero(up.weight) && isZero(up.bias) }

  func output(_ y: Tensor, of x: Tensor) -> Tensor {
    let inner = activated(Tensors.linear(y, down.weight, bias: down.bias), by: activation)
    return add(y, Tensors.linear(inner, up.weight, bias: up.bias))
  }

  /// A network with an activation inside is no change of weights.
  var mergedParameters: [Parameter]? { nil }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }
}
