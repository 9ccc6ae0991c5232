import Basics
import Models
import Tensors

/// Prefix tuning: trained keys and values before those of every sequence, in every layer.
///
/// Source: Li and Liang, "Prefix-Tuning", 2021; names, defaults and layouts are PEFT's.
public struct PrefixTuning: PEFTMethod, Equatable {
  public static let peftType = "PREFIX_TUNING"

  public var virtualTokenCount = 20
  /// Whether a network makes the prefix in training; the file holds what it made.
  public var usesProjection = false
  /// The width inside the network; nil for the model's.
  public var encoderHiddenSize: Int?
  public var modulesToSave: [String]? { [] }

  public init(virtualTokenCount: Int = 20, usesProjection: Bool = false, encoderHiddenSize: Int? = nil) {
    self.virtualTokenCount = virtualTokenCount
    self.usesProjection = usesProjection
    self.encoderHiddenSize = encoderHiddenSize
  }

  public init(_ configuration: AdapterConfiguration) throws {
    virtualTokenCount = try configuration.rank("num_virtual_tokens")
    usesProjection = configuration.json["prefix_projection"]?.boolValue ?? false
    encoderHiddenSize = configuration.json["encoder_hidden_size"]?.intValue
  }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    let count = try checkedCount(virtualTokenCount, on: model)
    let width = model.dimensions.keyValueWidth, all = 2 * model.dimensions.layerCount * width
    guard usesProjection, !source.isFile else {
      let tensor = try source.tensor("prompt_embeddings", [count, all], .normal(deviation: 1))
      let embeddings = Parameter("prompt_embeddings", tensor, isTrainable: true)
      return [VirtualPart(model, .keys, count: count, embeddings: embeddings)]
    }
    let network = try PromptEncoder(
      rows: count, sizes: [width, encoderHiddenSize ?? model.dimensions.hiddenSize, all], activation: .tanh,
      source: source)
    return [
      VirtualPart(
        model, .keys, count: count, saved: { network.savedRows }, trained: network.parameters, rows: network.rows)
    ]
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    var settings = promptSettings(virtualTokenCount, of: model)
    // PEFT means the keys' and values' heads here.
    settings["token_dim"] = .integer(model.dimensions.keyValueWidth)
    let config = model.config
    let groups = config.json["num_key_value_heads"]?.intValue
    if let groups { settings["num_attention_heads"] = .integer(groups) }
    settings["prefix_projection"] = .bool(usesProjection)
    settings["encoder_hidden_size"] =
      usesProjection ? .integer(encoderHiddenSize ?? model.dimensions.hiddenSize) : .null
    return settings
  }

  public func summary(on model: any LanguageModel) -> String { "prefix tuning, \(virtualTokenCount) virtual tokens" }
}
