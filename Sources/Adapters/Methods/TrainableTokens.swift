import Basics
import Models
import Tensors

/// Trainable tokens: only the embeddings of some tokens are trained, such as those that were added to the vocabulary.
///
/// Names, defaults and arithmetic are PEFT's.
public struct TrainableTokens: PEFTMethod, Equatable {
  public static let peftType = "TRAINABLE_TOKENS"

  /// The ids of the tokens.
  public var tokens: [Int]
  public var modulesToSave: [String]?

  public init(_ tokens: [Int]) { self.tokens = tokens }

  public init(_ configuration: AdapterConfiguration) throws {
    guard let tokens = try configuration.tokenIndices("token_indices") else {
      throw configuration.wrong("token_indices", "a list of token ids")
    }
    self.tokens = tokens
    modulesToSave = try configuration.modulesToSave()
    targetModules = try configuration.layerNames("target_modules")
  }

  /// The module whose rows are trained; nil for the input embeddings, the only ones that are supported.
  private var targetModules: TargetModules?

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    _ = try targetModules?.select(names: [model.inputEmbeddingModule], flag: "--target-modules")
    // PEFT saves the rows once for each module that has them.
    var modules = [model.inputEmbeddingModule]
    modules += model.embeddingModules.filter { $0 != modules[0] }
    if TokenRows.replacesHead(of: model) { modules.append(model.headModule) }
    let names = modules.map { "\(peftPrefix)\($0).trainable_tokens_delta" }
    return [try TokenRows(tokens, on: model, names: names, from: source)]
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    [
      "token_indices": .array(tokens.map { .integer($0) }), "target_modules": .string(model.inputEmbeddingModule),
      "init_weights": true,
    ]
  }

  public func summary(on model: any LanguageModel) -> String {
    "the embeddings of \(tokens.count) token\(tokens.count == 1 ? "" : "s")"
  }
}

/// Trained rows of some tokens, which stand in the place of the base's wherever the embeddings are used.
final class TokenRows: AdapterPart, LookupAdapter, HeadAdapter {
  private unowned let hooks: ModelHooks
  private let tokens: [Int32]
  private let places: [Int32: Int]
  private let names: [String]
  /// [tokens, hidden], the rows themselves.
  private let values: Parameter
  private let table: Parameter
  /// Whether the head's rows are these too, and the head.
  private let head: Parameter?

  /// - Parameters:
  ///   - names: those of PEFT's file; all hold the same rows.
  ///   - source: new rows begin as those of the base.
  /// - Throws: `TuneError.usage` for an id that the vocabulary does not have, or that comes twice.
  init(_ tokens: [Int], on model: any LanguageModel, names: [String], from source: TensorSource) throws {
    hooks = model.hooks
    table = model.inputEmbedding
    head = Self.replacesHead(of: model) ? model.head : nil
    for id in tokens where !(0..<table.shape[0]).contains(id) {
      throw TuneError.usage(
        "--trainable-token-indices: \(id) is outside the model's vocabulary of \(table.shape[0])")
    }
    self.tokens = tokens.map { Int32($0) }
    places = Dictionary(zip(self.tokens, 0...)) { first, _ in first }
    guard places.count == tokens.count, !tokens.isEmpty else {
      throw TuneError.usage("--trainable-token-indices: name each token once, and at least one")
    }
    self.names = names
    let own = embeddingRows(of: table, self.tokens)
    values = Parameter(names[0], try source.tensor(names[0], own.shape, .made { _ in own }), isTrainable: true)
    for name in names.dropFirst() where source.has(name) { _ = try source.tensor(name, own.shape, .zeros) }
  }

  /// Whether the head's rows are those of the embeddings: where they are one weight, and in T5, which transformers 5 takes
  /// for tied even if it has a head of its own.
  static func replacesHead(of model: any LanguageModel) -> Bool {
    model.traits.labels == nil && (model.head === model.inputEmbedding || model.traits.decoderStartID != nil)
  }

  var tensors: [(name: String, parameter: Parameter)] { names.map { ($0, values) } }
  var trained: [Parameter] { [values] }

  func rows(_ x: Tensor, for ids: [Int32], of module: String) -> Tensor {
    replacedRows(x, ids: ids, places: places, values: values)
  }

  func change(for hidden: Tensor) -> HeadChange { .rows(tokens: tokens, values: values) }

  func requireRoom() throws {
    guard hooks.lookups.isEmpty, hooks.heads.isEmpty else {
      throw TuneError.usage(
        "another adapter is on the embeddings or the head already, and rows of single tokens cannot be trained beside it; "
          + "merge one of them into the base first")
    }
  }

  func putOn() {
    hooks.lookups.append(self)
    if head != nil { hooks.heads.append(self) }
    hooks.parameters.append(values)
  }

  func takeOff() {
    hooks.lookups.removeAll { $0 === self }
    hooks.heads.removeAll { $0 === self }
    hooks.parameters.removeAll { $0 === values }
  }

  var isInert: Bool { embeddingRows(of: table, tokens).values == values.value.values }

  var mergedParameters: [Parameter]? { [table] + (head.map { $0 === table ? [] : [$0] } ?? []) }

  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    let merged = Tensor(value.values, shape: value.shape)
    for (row, token) in tokens.enumerated() {
      (merged.pointer + Int(token) * merged.width).update(
        from: values.pointer + row * merged.width, count: merged.width)
    }
    return merged
  }
}

/// The rows of a table as they are.
private func embeddingRows(of table: Parameter, _ ids: [Int32]) -> Tensor {
  Recording.off { embedding(table, ids: ids) }
}
