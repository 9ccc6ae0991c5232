import Tensors

/// States that training cannot change, as everything below them is frozen: what enters the first layer with anything
/// trained. They may be computed once and used in every epoch.
public struct FrozenStates {
  /// Of the batch's tokens, [tokens, hiddenSize]; nil where the decoder trains from its first layer on.
  public var tokens: Tensor?
  /// What the encoder made of the source, [source tokens, hiddenSize]; nil without an encoder.
  public var source: Tensor?

  public init(tokens: Tensor? = nil, source: Tensor? = nil) {
    self.tokens = tokens
    self.source = source
  }
}

extension LanguageModel {
  public var frozenLayerCount: Int { 0 }

  /// The share of all layers that training keeps activations of.
  public var trainedLayerShare: Double {
    let all = residualOutputs.feedForward.count
    return all == 0 ? 1 : Double(all - frozenLayerCount) / Double(all)
  }

  public func frozenStates(_ batch: TokenBatch, source: TokenBatch?) -> FrozenStates? { nil }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, rows: [Int32]?, from frozen: FrozenStates
  ) -> Tensor {
    preconditionFailure("\(traits.architecture) gives no frozen states")
  }
}
