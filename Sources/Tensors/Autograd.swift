import CKernels

/// A recorded operation: what made a tensor and how to send the tensor's gradient to the inputs.
///
/// Nodes are ordered by depth (one more than the deepest input), so backward needs no global counter.
public final class Node {
  let depth: Int
  private(set) var inputs: [Node]
  private var sendGradient: ((Tensor) -> Void)?
  private var gradient: Tensor?
  /// Makes the tensor's values again from what `sendGradient` holds; nil when they can only be kept.
  private(set) var recipe: (() -> Tensor)?

  init(inputs: [Node], recipe: (() -> Tensor)? = nil, sendGradient: @escaping (Tensor) -> Void) {
    self.inputs = inputs
    self.recipe = recipe
    self.sendGradient = sendGradient
    depth = (inputs.map { $0.depth }.max() ?? 0) + 1
  }

  /// Releases a graph that no gradient was sent through link by link: by itself it would recurse as deep as it is.
  deinit {
    var pending = inputs
    inputs = []
    forget()
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      pending += node.inputs
      node.inputs = []
      node.forget()
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
    forget()
    inputs = []
  }

  private func forget() {
    sendGradient = nil
    recipe = nil
  }
}

/// Whether operations are recorded; off inside `withoutRecording`.
public enum Recording {
  @TaskLocal static var isOn = true

  /// Whether operations are recorded now.
  public static var isActive: Bool { isOn }

  /// Runs `body` without recording operations: for evaluation and generation.
  public static func off<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $isOn.withValue(false, operation: body)
  }
}

/// The gradients of one operation's outputs.
private final class GradientSlots {
  var gradients: [Tensor?]

  init(count: Int) { gradients = [Tensor?](repeating: nil, count: count) }
}

/// Tells a common node that a gradient lies in a slot.
private var arrival: Tensor { Tensor(shape: [0]) }

extension Tensor {
  /// Records how this tensor was made, when gradients are wanted: some input has a node or `trains` is true.
  ///
  /// - Parameters:
  ///   - operation: its name in profiles.
  ///   - parameters: weights that the operation reads, some of which may train.
  ///   - recipe: makes the values again from what `sendGradient` holds, where that is cheap.
  func recorded(
    _ operation: String, from inputs: [Tensor], parameters: [Parameter] = [], trains: Bool = false,
    recipe: (() -> Tensor)? = nil,
    sendGradient: @escaping (Tensor) -> Void
  ) -> Tensor {
    let nodes = inputs.compactMap { $0.node }
    let trained = parameters.filter { $0.isTrainable }
    guard Recording.isOn, trains || !trained.isEmpty || !nodes.isEmpty else { return self }
    for parameter in trained { parameter.beginUse() }
    var result = self
    result.node = Node(inputs: nodes, recipe: recipe) { gradient in
      profiled("\(operation) gradient") { sendGradient(gradient) }
      for parameter in trained { parameter.endUse() }
    }
    return result
  }

  /// Records an operation with several outputs: `sendGradients` gets one gradient an output, nil where none came.
  static func recorded(
    _ outputs: [Tensor], from inputs: [Tensor], parameters: [Parameter], sendGradients: @escaping ([Tensor?]) -> Void
  ) -> [Tensor] {
    let nodes = inputs.compactMap { $0.node }, trained = parameters.filter { $0.isTrainable }
    guard Recording.isOn, !trained.isEmpty || !nodes.isEmpty else { return outputs }
    for parameter in trained { parameter.beginUse() }
    // Every output's gradient waits in its slot; the common node below them runs once, after all of them.
    let slots = GradientSlots(count: outputs.count)
    let common = Node(inputs: nodes) { _ in
      sendGradients(slots.gradients)
      for parameter in trained { parameter.endUse() }
    }
    return outputs.enumerated().map { index, output in
      var result = output
      result.node = Node(inputs: [common]) { gradient in
        slots.gradients[index] = gradient
        common.accumulate(arrival)
      }
      return result
    }
  }

  /// Hands this tensor's gradient to `receive`, and on to what made it: a graph begins here where nothing has made it.
  public func tracked(_ receive: @escaping (Tensor) -> Void) -> Tensor {
    recorded("input", from: [self], trains: true) { [node] gradient in
      receive(gradient)
      node?.accumulate(gradient)
    }
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
