import Basics
import Models
import Tensors

/// Virtual tokens, or virtual keys and values, on a model.
final class VirtualPart: AdapterPart {
  /// What the rows are.
  enum Place {
    /// Rows before the embeddings of every sequence.
    case tokens
    /// Keys and values before those of every sequence: each layer's keys, then its values, side by side.
    case keys
  }

  private unowned let model: any LanguageModel
  private let place: Place
  private let count: Int
  private let saved: () -> Parameter
  let trained: [Parameter]
  private let rows: () -> Tensor

  /// - Parameters:
  ///   - saved: what the file holds.
  ///   - rows: makes the rows, [count, width], anew in each pass, so that gradients flow to what they are made of.
  init(
    _ model: any LanguageModel, _ place: Place, count: Int, saved: @escaping () -> Parameter, trained: [Parameter],
    rows: @escaping () -> Tensor
  ) {
    self.model = model
    self.place = place
    self.count = count
    self.saved = saved
    self.trained = trained
    self.rows = rows
  }

  /// Rows of trained embeddings, which are what the file holds.
  convenience init(_ model: any LanguageModel, _ place: Place, count: Int, embeddings: Parameter) {
    self.init(model, place, count: count, saved: { embeddings }, trained: [embeddings]) {
      embedding(embeddings, ids: Array(0..<Int32(count)))
    }
  }

  var tensors: [(name: String, parameter: Parameter)] { [("prompt_embeddings", saved())] }
  var isInert: Bool { false }
  var mergedParameters: [Parameter]? { nil }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }

  func putOn() {
    switch place {
    case .tokens: model.hooks.prompt = VirtualTokens(count: count, rows: rows)
    case .keys:
      let width = model.dimensions.keyValueWidth, pieces = 2 * model.dimensions.layerCount, rows = rows
      model.hooks.prefix = VirtualKeys(count: count) {
        let parts = splitColumns(rows(), (0..<pieces).map { [$0 * width..<($0 + 1) * width] })
        return stride(from: 0, to: pieces, by: 2).map { VirtualKeys.Layer(keys: parts[$0], values: parts[$0 + 1]) }
      }
    }
    model.hooks.parameters += trained
  }

  func takeOff() {
    switch place {
    case .tokens: model.hooks.prompt = nil
    case .keys: model.hooks.prefix = nil
    }
    model.hooks.parameters.removeAll { parameter in trained.contains { $0 === parameter } }
  }
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
