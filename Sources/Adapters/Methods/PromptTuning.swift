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
    return [VirtualPart(model, .tokens, count: count, embeddings: embeddings)]
  }

  private func initialValues(_ model: any LanguageModel, rows: Int) -> InitialValues {
    let table = model.inputEmbedding, vocabulary = table.shape[0]
    func embeddings(_ ids: [Int]) -> Tensor { Recording.off { embedding(table, ids: ids.map { Int32($0) }) } }
    switch initial {
    case .random: return .normal(deviation: 1)
    case .sampleVocabulary:
      return .made { random in embeddings((0..<rows).map { _ in Int(random.uniform() * Double(vocabulary)) }) }
    case .text(_, let ids):
      return ids.isEmpty ? .normal(deviation: 1) : .made { _ in embeddings((0..<rows).map { ids[$0 % ids.count] }) }
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
