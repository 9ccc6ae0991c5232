import Basics
import Models
import Tensors

/// Prompt tuning: trained virtual tokens before every sequence, which an encoder reads where there is one.
///
/// Source: Lester et al., "The Power of Scale for Parameter-Efficient Prompt Tuning", 2021; names, defaults and
/// initialisation are PEFT's.
public struct PromptTuning: PEFTMethod, Equatable {
  public static let peftType = "PROMPT_TUNING"

  /// What the virtual tokens start as.
  public enum Initial: Sendable, Equatable {
    /// Normal values.
    case random
    /// The embeddings of tokens drawn from the vocabulary.
    case sampleVocabulary
    /// The embeddings of a text's tokens, from the start again where it is shorter.
    case text(String, ids: [Int])
  }

  public var virtualTokenCount = 20
  public var initial = Initial.random
  public var modulesToSave: [String]? { [] }

  public init(virtualTokenCount: Int = 20, initial: Initial = .random) {
    self.virtualTokenCount = virtualTokenCount
    self.initial = initial
  }

  public init(_ configuration: AdapterConfiguration) throws {
    virtualTokenCount = try configuration.rank("num_virtual_tokens")
    if let text = configuration.json["prompt_tuning_init_text"]?.stringValue { initial = .text(text, ids: []) }
  }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    let count = try checkedCount(virtualTokenCount, on: model)
    let shape = [count * transformerCount(of: model), model.dimensions.hiddenSize]
    let tensor = try source.tensor("prompt_embeddings", shape, initialValues(model, rows: shape[0]))
    let embeddings = Parameter("prompt_embeddings", tensor, isTrainable: true)
    return [
      VirtualTokensPart(model, count: count, saved: { embeddings }, trained: [embeddings]) {
        embedding(embeddings, ids: Array(0..<Int32(count)))
      }
    ]
  }

  private func initialValues(_ model: any LanguageModel, rows: Int) -> InitialValues {
    let table = model.inputEmbedding, vocabulary = table.shape[0]
    func chosen(_ ids: [Int]) -> InitialValues {
      .given { Recording.off { embedding(table, ids: ids.map { Int32($0) }) } }
    }
    switch initial {
    case .random: return .normal(deviation: 1)
    case .sampleVocabulary:
      var random = SeededRandom(seed: 0, stream: "prompt vocabulary")
      return chosen((0..<rows).map { _ in Int(random.uniform() * Double(vocabulary)) })
    case .text(_, let ids): return ids.isEmpty ? .normal(deviation: 1) : chosen((0..<rows).map { ids[$0 % ids.count] })
    }
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    var settings = promptSettings(virtualTokenCount, of: model)
    settings["prompt_tuning_init"] = "RANDOM"
    settings["prompt_tuning_init_text"] = .null
    switch initial {
    case .random: break
    case .sampleVocabulary: settings["prompt_tuning_init"] = "SAMPLE_VOCAB"
    case .text(let text, _):
      settings["prompt_tuning_init"] = "TEXT"
      settings["prompt_tuning_init_text"] = .string(text)
    }
    return settings
  }

  public func summary(on model: any LanguageModel) -> String { "prompt tuning, \(virtualTokenCount) virtual tokens" }
}

/// PEFT's settings of every method with virtual tokens.
func promptSettings(_ virtualTokenCount: Int, of model: any LanguageModel) -> JSONObject {
  let config = model.config
  let heads = ["num_attention_heads", "n_head", "num_heads"].compactMap { config.json[$0]?.intValue }.first
  return [
    "num_virtual_tokens": .integer(virtualTokenCount), "token_dim": .integer(model.dimensions.hiddenSize),
    "num_transformer_submodules": .integer(transformerCount(of: model)),
    "num_attention_heads": heads.map { .integer($0) } ?? .null, "num_layers": .integer(model.dimensions.layerCount),
  ]
}

/// 2 for an encoder and a decoder: PEFT then has virtual tokens for each, and uses the encoder's.
func transformerCount(of model: any LanguageModel) -> Int { model.traits.decoderStartID == nil ? 1 : 2 }

/// - Throws: `TuneError.usage` for a number of virtual tokens that the model has no room for.
func checkedCount(_ count: Int, on model: any LanguageModel) throws -> Int {
  guard model.traits.labels == nil else {
    throw TuneError.usage(
      "\(model.traits.architecture) classifies by its first token, and virtual tokens come before it")
  }
  guard model.hooks.prompt == nil, model.hooks.prefix == nil else {
    throw TuneError.usage("the model has virtual tokens already; only one adapter can bring them")
  }
  guard count >= 1, count < model.dimensions.maxPositions else {
    throw TuneError.usage(
      "--num-virtual-tokens: \(count) is out of range; the model's context has room for 1 to "
        + "\(model.dimensions.maxPositions - 1)")
  }
  return count
}

/// Virtual tokens on a model.
final class VirtualTokensPart: AdapterPart {
  private unowned let model: any LanguageModel
  private let count: Int
  private let saved: () -> Parameter
  let trained: [Parameter]
  private let rows: () -> Tensor

  /// - Parameters:
  ///   - saved: what the file holds.
  ///   - rows: makes the rows anew in each pass.
  init(
    _ model: any LanguageModel, count: Int, saved: @escaping () -> Parameter, trained: [Parameter],
    rows: @escaping () -> Tensor
  ) {
    self.model = model
    self.count = count
    self.saved = saved
    self.trained = trained
    self.rows = rows
  }

  var tensors: [(name: String, parameter: Parameter)] { [("prompt_embeddings", saved())] }
  var isInert: Bool { false }
  var mergedParameters: [Parameter]? { nil }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }

  func putOn() {
    model.hooks.prompt = VirtualTokens(count: count, rows: rows)
    model.hooks.parameters += trained
  }

  func takeOff() {
    model.hooks.prompt = nil
    model.hooks.parameters.removeAll { parameter in trained.contains { $0 === parameter } }
  }
}
