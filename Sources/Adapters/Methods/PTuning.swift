import Basics
import Models
import Tensors

/// P-tuning: virtual tokens before every sequence that a small network makes of trained embeddings. The network is used
/// in training alone; the file holds the virtual tokens that it made.
///
/// Source: Liu et al., "GPT Understands, Too", 2021; names, defaults and the networks are PEFT's.
public struct PTuning: PEFTMethod, Equatable {
  public static let peftType = "P_TUNING"

  /// The network, as PEFT calls it.
  public enum Encoder: String, Sendable, CaseIterable {
    /// Three linear layers.
    case multilayerPerceptron = "MLP"
    /// A bidirectional LSTM and two linear layers.
    case lstm = "LSTM"
  }

  public var virtualTokenCount = 20
  public var encoder = Encoder.multilayerPerceptron
  /// The width inside the network; nil for the model's.
  public var encoderHiddenSize: Int?
  /// Layers of the LSTM.
  public var encoderLayerCount = 2
  public var modulesToSave: [String]? { [] }

  public init(
    virtualTokenCount: Int = 20, encoder: Encoder = .multilayerPerceptron, encoderHiddenSize: Int? = nil
  ) {
    self.virtualTokenCount = virtualTokenCount
    self.encoder = encoder
    self.encoderHiddenSize = encoderHiddenSize
  }

  public init(_ configuration: AdapterConfiguration) throws {
    virtualTokenCount = try configuration.rank("num_virtual_tokens")
    encoderHiddenSize = configuration.json["encoder_hidden_size"]?.intValue
    if let type = configuration.json["encoder_reparameterization_type"], !type.isNull {
      guard let encoder = type.stringValue.flatMap({ Encoder(rawValue: $0) }) else {
        throw configuration.wrong("encoder_reparameterization_type", "MLP or LSTM")
      }
      self.encoder = encoder
    }
    if let layers = configuration.json["encoder_num_layers"], !layers.isNull {
      encoderLayerCount = try configuration.rank("encoder_num_layers")
    }
  }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    let count = try checkedCount(virtualTokenCount, on: model), ids = Array(0..<Int32(count))
    let rows = count * transformerCount(of: model), width = model.dimensions.hiddenSize
    if source.isFile {
      let tensor = try source.tensor("prompt_embeddings", [rows, width], .zeros)
      let embeddings = Parameter("prompt_embeddings", tensor, isTrainable: true)
      return [VirtualPart(model, .tokens, count: count, embeddings: embeddings)]
    }
    let network = try network(rows: rows, width: width, source)
    return [
      VirtualPart(
        model, .tokens, count: count, saved: { network.savedRows }, trained: network.parameters
      ) { gatherRows(network.rows(), ids) }
    ]
  }

  private func network(rows: Int, width: Int, _ source: TensorSource) throws -> PromptEncoder {
    let inner = encoderHiddenSize ?? width
    switch encoder {
    case .multilayerPerceptron:
      return try PromptEncoder(rows: rows, sizes: [width, inner, inner, width], activation: .relu, source: source)
    case .lstm:
      let lstm = try LSTM(inputSize: width, hiddenSize: inner, layerCount: encoderLayerCount) {
        try source.encoderParameter("lstm_head.\($0)", $1, $2)
      }
      return try PromptEncoder(
        rows: rows, lstm: lstm, sizes: [2 * inner, 2 * inner, width], activation: .relu, source: source)
    }
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    var settings = promptSettings(virtualTokenCount, of: model)
    settings["encoder_reparameterization_type"] = .string(encoder.rawValue)
    settings["encoder_hidden_size"] = .integer(encoderHiddenSize ?? model.dimensions.hiddenSize)
    settings["encoder_num_layers"] = .integer(encoderLayerCount)
    settings["encoder_dropout"] = .number(0)
    return settings
  }

  public func summary(on model: any LanguageModel) -> String {
    "P-tuning (\(encoder.rawValue)), \(virtualTokenCount) virtual tokens"
  }
}

extension TensorSource {
  /// A tensor of the network that makes virtual tokens or prefixes.
  fileprivate func encoderParameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
    let name = "prompt_encoder.\(name)"
    return Parameter(name, try tensor(name, shape, initial), isTrainable: true)
  }
}

/// Trained embeddings and a network of linear layers with an activation between them, which makes virtual tokens or
/// prefixes of the embeddings.
final class PromptEncoder {
  private let embeddings: Parameter
  private let lstm: LSTM?
  private let layers: [(weight: Parameter, bias: Parameter)]
  private let activation: Activation

  /// - Parameters:
  ///   - rows: of the embeddings.
  ///   - lstm: reads the embeddings before the linear layers; nil for none.
  ///   - sizes: the width before the linear layers and those after each.
  init(rows: Int, lstm: LSTM? = nil, sizes: [Int], activation: Activation, source: TensorSource) throws {
    self.lstm = lstm
    self.activation = activation
    embeddings = try source.encoderParameter(
      "embedding.weight", [rows, lstm?.inputSize ?? sizes[0]], .normal(deviation: 1))
    layers = try zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
      // As torch.nn.Linear begins.
      let bound = InitialValues.uniform(bound: 1 / Double(size.0).squareRoot())
      return (
        try source.encoderParameter("layers.\(index).weight", [size.1, size.0], bound),
        try source.encoderParameter("layers.\(index).bias", [size.1], bound)
      )
    }
  }

  var parameters: [Parameter] { [embeddings] + (lstm?.parameters ?? []) + layers.flatMap { [$0.weight, $0.bias] } }

  func rows() -> Tensor {
    var x = embedding(embeddings, ids: Array(0..<Int32(embeddings.shape[0])))
    if let lstm { x = lstm(x) }
    for (index, layer) in layers.enumerated() {
      x = linear(x, layer.weight, bias: layer.bias)
      if index < layers.count - 1 { x = activated(x, by: activation) }
    }
    return x
  }

  /// What the file holds.
  var savedRows: Parameter { Parameter("prompt_embeddings", Recording.off { rows() }) }
}
