import Tensors

/// One layer of a decoder: attention and feed-forward, each added to the residual stream.
public final class DecoderBlock {
  let attention: SelfAttention
  let feedForward: FeedForward
  private let norms: Norms
  /// Whether both read the layer's input, so that neither waits for the other (GPT-NeoX).
  private let isParallel: Bool

  /// What is normalised in a layer.
  public struct Norms {
    /// The input of attention and of the feed-forward.
    let beforeAttention: Norm
    let beforeFeedForward: Norm
    /// Their outputs, before they are added (Gemma 2 and 3).
    var afterAttention: Norm?
    var afterFeedForward: Norm?

    public init(
      beforeAttention: Norm, beforeFeedForward: Norm, afterAttention: Norm? = nil, afterFeedForward: Norm? = nil
    ) {
      self.beforeAttention = beforeAttention
      self.beforeFeedForward = beforeFeedForward
      self.afterAttention = afterAttention
      self.afterFeedForward = afterFeedForward
    }

    var all: [Norm] { [beforeAttention, afterAttention, beforeFeedForward, afterFeedForward].compactMap { $0 } }
  }

  public init(norms: Norms, attention: SelfAttention, feedForward: FeedForward, isParallel: Bool = false) {
    self.norms = norms
    self.attention = attention
    self.feedForward = feedForward
    self.isParallel = isParallel
  }

  var linears: [Linear] { attention.linears + feedForward.linears }
  var parameters: [Parameter] {
    norms.all.flatMap { $0.parameters } + attention.parameters + feedForward.linears.flatMap { $0.parameters }
  }
  var trains: Bool {
    (parameters + linears.flatMap { $0.adapterParameters } + attention.adapterParameters).contains { $0.isTrainable }
  }

  /// - Parameter rows: those that are wanted; nil for all. Beyond attention a row depends on itself alone.
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass, rows: [Int32]?) -> Tensor {
    var attended = attention.attended(norms.beforeAttention(x), pass, rows: rows)
    var x = x
    if let rows { x = gatherRows(x, rows) }
    if let norm = norms.afterAttention { attended = norm(attended) }
    if isParallel { return add(x, add(attended, feedForward(norms.beforeFeedForward(x)))) }
    x = add(x, attended)
    var changed = feedForward(norms.beforeFeedForward(x))
    if let norm = norms.afterFeedForward { changed = norm(changed) }
    return add(x, changed)
  }
}
