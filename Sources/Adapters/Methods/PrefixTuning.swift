import Basics
import Models
import Tensors

/// Prefix tuning: trained keys and values before those of every sequence, in every layer.
///
/// Source: Li and Liang, "Prefix-Tuning", 2021; names, defaults and layouts are PEFT's.
public struct PrefixTuning: PEFTMethod, Equatable {
  public static let peftType = "PREFIX_TUNING"

  /// What the keys and values start as.
  public enum Initial: Sendable, Equatable {
    /// Normal values, PEFT's default: the model is at first much worse than without them.
    case random
    /// What the model makes of tokens drawn from the vocabulary: the paper's section 7.4.
    case sampleVocabulary
    /// What the model makes of a text's tokens, from the start again where it is shorter; as PEFT's
    /// `initialize_kv_prefix_from_text`.
    case text(ids: [Int])
  }

  public var virtualTokenCount = 20
  /// Decoders alone have another than normal values.
  public var initial = Initial.random
  /// Whether a network makes the prefix in training; the file holds what it made.
  public var usesProjection = false
  /// The width inside the network; nil for the model's.
  public var encoderHiddenSize: Int?
  public var modulesToSave: [String]? { [] }

  public init(
    virtualTokenCount: Int = 20, initial: Initial = .random, usesProjection: Bool = false, encoderHiddenSize: Int? = nil
  ) {
    self.virtualTokenCount = virtualTokenCount
    self.initial = initial
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
      let tensor = try source.tensor("prompt_embeddings", [count, all], initialValues(model, count: count))
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

  private func initialValues(_ model: any LanguageModel, count: Int) throws -> InitialValues {
    if model.traits.decoderStartID != nil {
      // The decoder of an encoder and a decoder makes nothing of tokens without a source.
      guard case .text = initial else { return .normal(deviation: 1) }
      throw TuneError.usage(
        "--prompt-tuning-init-text: \(model.traits.architecture) has an encoder, and its prefix begins by chance; "
          + "leave the text out, or use --method prompt-tuning")
    }
    let vocabulary = Double(model.inputEmbedding.shape[0])
    switch initial {
    case .text(let ids) where !ids.isEmpty:
      return .made { _ in keysAndValues(of: (0..<count).map { Int32(ids[$0 % ids.count]) }, in: model) }
    case .sampleVocabulary:
      return .made { random in
        keysAndValues(of: (0..<count).map { _ in Int32(random.uniform() * vocabulary) }, in: model)
      }
    case .random, .text: return .normal(deviation: 1)
    }
  }

  /// What each layer of a model makes of tokens: a row for each with the first layer's keys, its values, and so on.
  private func keysAndValues(of ids: [Int32], in model: any LanguageModel) -> Tensor {
    Recording.off {
      let cache = model.makeCache(capacity: ids.count)
      _ = model.hiddenStates(TokenBatch([ids]), caches: [cache], rows: [])
      return joinedColumns(cache.layers.flatMap { [$0.keys, $0.values] })
    }
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
