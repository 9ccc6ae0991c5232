/// Computes `body` without keeping its intermediate results, and once more when its gradient is needed: memory for time.
///
/// x [tokens, width]. `body` must give the same values both times (dropout is decided by seeds).
/// Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
///
/// - Parameter trains: whether `body` uses parameters that train.
public func checkpointed(_ x: Tensor, trains: Bool, _ body: @escaping (Tensor) -> Tensor) -> Tensor {
  guard Recording.isOn, trains || x.node != nil else { return body(x) }
  let out = Recording.off { body(x.detached) }
  return out.recorded("checkpoint", from: [x], trains: trains) { [node = x.node, x = x.detached] gradient in
    var below: Tensor?
    body(node == nil ? x : x.tracked { below = $0 }).backward(gradient)
    if let below { node?.accumulate(below) }
  }
}
