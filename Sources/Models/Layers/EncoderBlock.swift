import Tensors

/// One layer of an encoder: attention and feed-forward, each normalised after it is added to the residual stream.
final class EncoderBlock {
  let attention: SelfAttention
  private let attentionNorm: Norm
  let feedForward: FeedForward
  private let feedForwardNorm: Norm

  init(attention: SelfAttention, attentionNorm: Norm, feedForward: FeedForward, feedForwardNorm: Norm) {
    self.attention = attention
    self.attentionNorm = attentionNorm
    self.feedForward = feedForward
    self.feedForwardNorm = feedForwardNorm
  }

  var linears: [Linear] { attention.linears + feedForward.linears }
  var parameters: [Parameter] {
    attention.parameters + attentionNorm.parameters + feedForward.linears.flatMap { $0.parameters }
      + feedForwardNorm.parameters
  }
  var trains: Bool { (parameters + linears.flatMap { $0.adapterParameters }).contains { $0.isTrainable } }

  /// - Parameter rows: those that are wanted; nil for all.
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass, rows: [Int32]?) -> Tensor {
    var mixed = attention(x, pass)
    var x = x
    if let rows { (x, mixed) = (gatherRows(x, rows), gatherRows(mixed, rows)) }
    x = attentionNorm(add(x, attention.output(mixed)))
    return feedForwardNorm(add(x, feedForward(x)))
  }
}
