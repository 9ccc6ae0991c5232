import Tensors

/// What PEFT methods put on a model beside its linear layers; the model does not know of the methods.
public final class ModelHooks {
  /// Rows before the embeddings of every sequence that the model reads: virtual tokens.
  public var prompt: VirtualTokens?
  /// Keys and values before those of every sequence, in every layer.
  public var prefix: VirtualKeys?
  /// Changes the embeddings, [tokens, hidden], of a batch; nil outside training.
  public var changeEmbeddings: ((Tensor, TokenBatch) -> Tensor)?
  /// What is on the embeddings of tokens where they are looked up.
  public var lookups: [any LookupAdapter] = []
  /// What is on the output head.
  public var heads: [any HeadAdapter] = []
  /// What prompt, prefix, lookups and heads are made of, and what adapters of attention train.
  public var parameters: [Parameter] = []

  public init() {}

  /// Whether the states of frozen layers are the same in every pass.
  var keepFrozenStates: Bool { prompt == nil && prefix == nil && changeEmbeddings == nil && lookups.isEmpty }

  /// The rows of a table by token id, as one module of the model reads them, with what adapters make of them.
  func lookUp(_ ids: [Int32], in table: Parameter, as module: String) -> Tensor {
    lookups.reduce(embedding(table, ids: ids)) { $1.rows($0, for: ids, of: module) }
  }
}

/// What a PEFT method puts on the embeddings of tokens.
public protocol LookupAdapter: AnyObject {
  /// Instead of the rows x, [ids.count, hidden], that a module read.
  func rows(_ x: Tensor, for ids: [Int32], of module: String) -> Tensor
}

/// What a PEFT method puts on the output head.
public protocol HeadAdapter: AnyObject {
  /// What it makes of the logits of hidden rows.
  func change(for hidden: Tensor) -> HeadChange
}

/// Virtual tokens: rows of the first hidden states.
public struct VirtualTokens {
  public let count: Int
  /// Makes the rows, [count, hidden], anew in each pass, so that gradients flow to what they are made of.
  public let rows: () -> Tensor

  public init(count: Int, rows: @escaping () -> Tensor) {
    self.count = count
    self.rows = rows
  }
}

/// Virtual keys and values for every layer.
public struct VirtualKeys {
  public let count: Int
  /// Makes each layer's keys and values, [count, keyValueWidth], anew in each pass.
  public let layers: () -> [Layer]

  /// Those of one layer.
  public struct Layer {
    public let keys: Tensor
    public let values: Tensor

    public init(keys: Tensor, values: Tensor) {
      self.keys = keys
      self.values = values
    }
  }

  public init(count: Int, layers: @escaping () -> [Layer]) {
    self.count = count
    self.layers = layers
  }
}
