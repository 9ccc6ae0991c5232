import CKernels

/// A recorded operation: what made a tensor and how to send the tensor's gradient to the inputs.
///
/// Nodes are ordered by depth (one more than the deepest input), so backward needs no global counter.
public final class Node {
  let depth: Int
  private(set) var inputs: [Node]
  private var sendGradient: ((Tensor) -> Void)?
  private var gradient: Tensor?

  init(inputs: [Node], sendGradient: @escaping (Tensor) -> Void) {
    self.inputs = inputs
    self.sendGradient = sendGradient
    depth = (inputs.map { $0.depth }.max() ?? 0) + 1
  }

  /// Releases a graph that no gradient was sent through link by link: by itself it would recurse as deep as it is.
  deinit {
    var pending = inputs
    inputs = []
    sendGradient = nil
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      pending += node.inputs
      node.inputs = []
      node.sendGradient = nil
    }
  }

  /// Adds to the gradient of this node's tensor. The first contribution is kept without a copy.
  public func accumulate(_ contribution: Tensor) {
    guard var sum = gradient else {
      gradient = contribution.detached
      return
    }
    gradient = nil
    if isKnownUniquelyReferenced(&sum.buffer) {
      addInPlace(sum, contribution)
      gradient = sum
    } else {
      gradient = summed(sum, contribution)
    }
  }

  /// Sends the gradient on and forgets everything, so that memory is released at once and without recursion.
  fileprivate func run() {
    if let gradient, let sendGradient {
      self.gradient = nil
      self.sendGradient = nil
      sendGradient(gradient)
    }
    sendGradient = nil
    inputs = []
  }
}

/// Whether operations are recorded; off inside `withoutRecording`.
public enum Recording {
  @TaskLocal static var isOn = true

  /// Runs `body` without recording operations: for evaluation and generation.
  public static func off<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $isOn.withValue(false, operation: body)
  }
}

extension Tensor {
  /// Records how this tensor was made, when gradients are wanted: some input has a node or `trains` is true.
  func recorded(from inputs: [Tensor], trains: Bool = false, sendGradient: @escaping (Tensor) -> Void) -> Tensor {
    let nodes = inputs.compactMap { $0.node }
    guard Recording.isOn, trains || !nodes.isEmpty else { return self }
    var result = self
    result.node = Node(inputs: nodes, sendGradient: sendGradient)
    return result
  }

  /// Starts a graph at this tensor: its gradient is handed to `receive`. For tests and for inputs that train.
  public func tracked(_ receive: @escaping (Tensor) -> Void) -> Tensor {
    recorded(from: [], trains: true, sendGradient: receive)
  }

  /// Sends `gradient` (of a scalar loss with respect to this tensor; all ones when nil) back through the graph.
  public func backward(_ gradient: Tensor? = nil) {
    guard let node else { return }
    let seed = gradient ?? Tensor([Float](repeating: 1, count: count), shape: shape)
    precondition(seed.shape == shape, "gradient \(seed.shape) of a tensor \(shape)")
    node.accumulate(seed)
    for node in Self.reachable(from: node).sorted(by: { $0.depth > $1.depth }) { node.run() }
  }

  private static func reachable(from root: Node) -> [Node] {
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var found = [root]
    var next = 0
    while next < found.count {
      for input in found[next].inputs where seen.insert(ObjectIdentifier(input)).inserted { found.append(input) }
      next += 1
    }
    return found
  }
}
