import Basics
import Models
import Tensors

/// P-tuning: virtual tokens before every sequence that a small network makes of trained embeddings. The network is used
/// in training alone; the file holds the virtual tokens that it made.
///
/// Source: Liu et al., "GPT Understands, Too", 2021; names, defaults and the network (`MLP`) are PEFT's.
public struct PTuning: PEFTMethod, Equatable {
  public static let peftType = "P_TUNING"

  public var virtualTokenCount = 20
  /// The width inside the network; nil for the model's.
  public var encoderHiddenSize: Int?
  public var modulesToSave: [String]? { [] }

  public init(virtualTokenCount: Int = 20, encoderHiddenSize: Int? = nil) {
    self.virtualTokenCount = virtualTokenCount
    self.encoderHiddenSize = encoderHiddenSize
  }

  public init(_ configuration: AdapterConfiguration) throws {
    virtualTokenCount = try configuration.rank("num_virtual_tokens")
    encoderHiddenSize = configuration.json["encoder_hidden_size"]?.intValue
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
    let inner = encoderHiddenSize ?? width
    let network = try PromptEncoder(
      rows: rows, sizes: [width, inner, inner, width], activation: .relu, source: source)
    return [
      VirtualPart(
        model, .tokens, count: count, saved: { network.savedRows }, trained: network.parameters
      ) { gatherRows(network.rows(), ids) }
    ]
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    var settings = promptSettings(virtualTokenCount, of: model)
    settings["encoder_reparameterization_type"] = "MLP"
    settings["encoder_hidden_size"] = .integer(encoderHiddenSize ?? model.dimensions.hiddenSize)
    settings["encoder_num_layers"] = 2
    settings["encoder_dropout"] = .number(0)
    return settings
  }

  public func summary(on model: any LanguageModel) -> String { "P-tuning, \(virtualTokenCount) virtual tokens" }
}

/// Trained embeddings and a network of linear layers with an activation between them, which makes virtual tokens or
/// prefixes of the embeddings.
final class PromptEncoder {
  private let embeddings: Parameter
  private let layers: [(weight: Parameter, bias: Parameter)]
  private let activation: Activation

  /// - Parameters:
  ///   - rows: of the embeddings.
  ///   - sizes: the embeddings' width and those after each layer.
  init(rows: Int, sizes: [Int], activation: Activation, source: TensorSource) throws {
    func parameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
      Parameter(
        "prompt_encoder.\(name)", try source.tensor("prompt_encoder.\(name)", shape, initial), isTrainable: true)
    }
    self.activation = activation
    embeddings = try parameter("embedding.weight", [rows, sizes[0]], .normal(deviation: 1))
    layers = try zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
      // As torch.nn.Linear begins.
      let bound = InitialValues.uniform(bound: 1 / Double(size.0).squareRoot())
      return (
        try parameter("layers.\(index).weight", [size.1, size.0], bound),
        try parameter("layers.\(index).bias", [size.1], bound)
      )
    }
  }

  var parameters: [Parameter] { [embeddings] + layers.flatMap { [$0.weight, $0.bias] } }

  func rows() -> Tensor {
    var x = embedding(embeddings, ids: Array(0..<Int32(embeddings.shape[0])))
    for (index, layer) in layers.enumerated() {
      x = linear(x, layer.weight, bias: layer.bias)
      if index < layers.count - 1 { x = activated(x, by: activation) }
    }
    return x
  }

  /// What the file holds.
  var savedRows: Parameter { Parameter("prompt_embeddings", Recording.off { rows() }) }
}
