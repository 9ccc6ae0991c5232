/// Computes `body` without keeping its intermediate results, and once more when its gradient is needed: memory for time.
///
/// x [tokens, width]. `body` must give the same values both times (dropout is decided by seeds).
/// Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
///
/// - Parameter trains: whether `body` uses parameters that train.
public func checkpointed(_ x: Tensor, trains: Bool, _ body: @escaping (Tensor) -> Tensor) -> Tensor {
  checkpointed([x], trains: trains) { body($0[0]) }
}

/// The same for a `body` of several tensors; what else it reads must not need a gradient.
public func checkpointed(_ inputs: [Tensor], trains: Bool, _ body: @escaping ([Tensor]) -> Tensor) -> Tensor {
  guard Recording.isOn, trains || inputs.contains(where: { $0.node != nil }) else { return body(inputs) }
  let values = inputs.map { $0.detached }, nodes = inputs.map { $0.node }
  let out = Recording.off { body(values) }
  return out.recorded("checkpoint", from: inputs, trains: trains) { gradient in
    var below = [Tensor?](repeating: nil, count: values.count)
    let tracked = values.indices.map { index in
      nodes[index] == nil ? values[index] : values[index].tracked { below[index] = $0 }
    }
    body(tracked).backward(gradient)
    for (node, below) in zip(nodes, below) {
      if let below { node?.accumulate(below) }
    }
  }
}
