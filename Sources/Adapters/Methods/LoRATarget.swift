import Basics
import Models
import Tensors

/// What LoRA can sit on: a linear layer, the embeddings of tokens where they are looked up, or the output head.
struct LoRATarget {
  enum Kind {
    case linear(Linear)
    case embedding(Parameter)
    case head(Parameter)
  }

  /// The module's path in the checkpoint.
  let name: String
  let kind: Kind

  /// Those of a model, in its order. A classifier's head is trained whole.
  static func all(of model: any LanguageModel) -> [LoRATarget] {
    model.embeddingModules.map { LoRATarget(name: $0, kind: .embedding(model.inputEmbedding)) }
      + model.linears.map { LoRATarget(name: $0.name, kind: .linear($0)) }
      + (model.traits.labels == nil ? [LoRATarget(name: model.headModule, kind: .head(model.head))] : [])
  }

  var linear: Linear? {
    guard case .linear(let linear) = kind else { return nil }
    return linear
  }

  var inputSize: Int {
    switch kind {
    case .linear(let linear): linear.inputSize
    case .embedding(let table): table.shape[0]
    case .head(let weight): weight.shape[1]
    }
  }

  var outputSize: Int {
    switch kind {
    case .linear(let linear): linear.outputSize
    case .embedding(let table): table.shape[1]
    case .head(let weight): weight.shape[0]
    }
  }
}

/// LoRA where the embeddings of tokens are looked up: E' = E + scale * (B A)ᵀ. A head with the same weight keeps it, as do
/// other modules that look it up.
final class LoRAEmbedding: AdapterPart, LookupAdapter {
  private unowned let hooks: ModelHooks
  private let module: String
  private let table: Parameter
  /// [rank, vocabulary]
  private let a: Parameter
  /// [hidden, rank]
  private let b: Parameter
  private let scale: Float
  private let isShared: Bool

  init(
    _ model: any LanguageModel, _ target: LoRATarget, table: Parameter, a: Parameter, b: Parameter, scale: Float
  ) {
    hooks = model.hooks
    module = target.name
    self.table = table
    self.a = a
    self.b = b
    self.scale = scale
    isShared = model.head === table || model.embeddingModules.count > 1
  }

  var tensors: [(name: String, parameter: Parameter)] { [a, b].map { ($0.name, $0) } }

  func rows(_ x: Tensor, for ids: [Int32], of module: String) -> Tensor {
    guard module == self.module else { return x }
    return add(x, scaled(linear(columnsAsRows(a, ids), b), by: scale))
  }

  func requireRoom() throws { try requireNoRows(on: hooks) }

  func putOn() {
    hooks.lookups.append(self)
    hooks.parameters += [a, b]
  }

  func takeOff() {
    hooks.lookups.removeAll { $0 === self }
    hooks.parameters.removeAll { $0 === a || $0 === b }
  }

  var isInert: Bool { isZero(a) || isZero(b) }
  var mergedParameters: [Parameter]? { isShared ? nil : [table] }
  var reasonAgainstMerging: String? {
    "the adapter on '\(module)' changes what is looked up there alone, but other parts of the model have the same weight, "
      + "which merging would change too; use it with --adapter"
  }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    Recording.off { add(value, scaled(linear(transposed(a.value), b), by: scale)) }
  }
}

/// LoRA on the output head. Embeddings with the same weight keep it.
final class LoRAHead: AdapterPart, HeadAdapter {
  private unowned let hooks: ModelHooks
  private let target: LoRATarget
  private let head: Parameter
  /// [rank, hidden]
  private let a: Parameter
  /// [vocabulary, rank]
  private let b: Parameter
  private let scale: Float
  private let dropoutProbability: Float
  private let dropout: DropoutSource
  private let isShared: Bool

  init(
    _ model: any LanguageModel, _ target: LoRATarget, a: Parameter, b: Parameter, scale: Float,
    dropoutProbability: Float, dropout: DropoutSource
  ) {
    hooks = model.hooks
    self.target = target
    head = model.head
    self.a = a
    self.b = b
    self.scale = scale
    self.dropoutProbability = dropoutProbability
    self.dropout = dropout
    isShared = model.head === model.inputEmbedding
  }

  var tensors: [(name: String, parameter: Parameter)] { [a, b].map { ($0.name, $0) } }

  func change(for hidden: Tensor) -> HeadChange {
    let input = dropout.applied(to: hidden, dropoutProbability, stableHash(target.name))
    return .lowRank(low: linear(input, a), b: b, scale: scale)
  }

  func requireRoom() throws { try requireNoRows(on: hooks) }

  func putOn() {
    hooks.heads.append(self)
    hooks.parameters += [a, b]
  }

  func takeOff() {
    hooks.heads.removeAll { $0 === self }
    hooks.parameters.removeAll { $0 === a || $0 === b }
  }

  var isInert: Bool { scale == 0 || isZero(a) || isZero(b) }
  var mergedParameters: [Parameter]? { isShared ? nil : [head] }
  var reasonAgainstMerging: String? {
    "the adapter on '\(target.name)' changes the head alone, but the embeddings are the same weight, which merging would "
      + "change too; use it with --adapter"
  }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    Recording.off { add(value, scaled(linear(b.value, Parameter("", transposed(a.value))), by: scale)) }
  }
}

/// - Throws: `TuneError.usage` where rows of single tokens are in the place of the base's: which change came first would
///   decide the result.
private func requireNoRows(on hooks: ModelHooks) throws {
  guard !hooks.lookups.contains(where: { $0 is TokenRows }) else {
    throw TuneError.usage(
      "another adapter has rows of the embeddings already, and one on the embeddings or the head cannot stand beside it; "
        + "merge one of them into the base first")
  }
}
