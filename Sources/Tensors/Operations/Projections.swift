import Basics
import CKernels

/// A linear layer as `projections` computes it: x * weightᵀ + bias + updates.
public struct Projection {
  /// [out, in]
  public let weight: Parameter
  /// [out]
  public let bias: Parameter?
  public let updates: [LowRankUpdate]

  public init(weight: Parameter, bias: Parameter? = nil, updates: [LowRankUpdate] = []) {
    self.weight = weight
    self.bias = bias
    self.updates = updates
  }

  var output: Int { weight.shape[0] }

  var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) + updates.flatMap { [$0.a, $0.b] } }
}

/// scale * dropout(x) * aᵀ * bᵀ, the update of LoRA. Source: Hu et al., "LoRA", 2021.
public struct LowRankUpdate {
  /// [rank, in]
  public let a: Parameter
  /// [out, rank]
  public let b: Parameter
  public let scale: Float
  /// Dropout on the input, decided by the seed; nil outside training.
  public let dropout: Dropout?

  public struct Dropout: Sendable, Equatable {
    public let probability: Float
    public let seed: UInt64

    public init(probability: Float, seed: UInt64) {
      self.probability = probability
      self.seed = seed
    }
  }

  public init(a: Parameter, b: Parameter, scale: Float, dropout: Dropout? = nil) {
    self.a = a
    self.b = b
    self.scale = scale
    self.dropout = dropout
  }

  var rank: Int { a.shape[0] }
}

/// Linear layers on one input: x [tokens, in] → [tokens, out] for each.
///
/// The layers share what they can: the input is kept once (or made again once), its gradient is summed inside the
/// products, and all low-rank updates of the input go through one product.
public func projections(_ x: Tensor, _ layers: [Projection]) -> [Tensor] {
  for layer in layers {
    precondition(
      layer.weight.shape == [layer.output, x.width], "\(layer.weight.name): \(layer.weight.shape) applied to \(x.shape)"
    )
  }
  let outputs = profiled("linear") { projected(x, layers) }
  let updates = profiled("low-rank update") { UpdateGroup.groups(of: layers).map { ($0, $0.add(to: outputs, x)) } }
  let rows = x.rows, width = x.width
  // Only the gradients of weights need the input.
  let recall = layers.contains { $0.weight.isTrainable || $0.updates.contains { $0.a.isTrainable } } ? x.recall : nil
  return Tensor.recorded(outputs, from: [x], parameters: layers.flatMap { $0.parameters }) {
    [node = x.node] gradients in
    let x = recall?()
    let below = node == nil ? nil : Tensor(shape: [rows, width])
    var beta: Float = 0
    for (layer, gradient) in zip(layers, gradients) {
      guard let gradient else { continue }
      addParameterGradients(gradient, x, layer)
      guard let below else { continue }
      profiled("linear input gradient") {
        layer.weight.multiplyBack(below.pointer, stride: width, gradient.operand, rows: rows, beta: beta)
      }
      beta = 1
    }
    profiled("low-rank update gradient") {
      for (group, low) in updates { group.sendGradients(gradients, x, low, below) }
    }
    if let below { node?.accumulate(below) }
  }
}

/// x * weightᵀ (+ bias): x [tokens, in], weight [out, in], bias [out] → [tokens, out].
public func linear(_ x: Tensor, _ weight: Parameter, bias: Parameter? = nil) -> Tensor {
  projections(x, [Projection(weight: weight, bias: bias)])[0]
}

/// The layers' outputs without their updates.
private func projected(_ x: Tensor, _ layers: [Projection]) -> [Tensor] {
  let outputs = layers.map { Tensor(shape: [x.rows, $0.output]) }
  if x.rows <= fewRows {
    let products = zip(layers, outputs).map { FewRowProduct($0.weight, $1.pointer, stride: $1.width) }
    multiplyFewRows(x.operand, rows: x.rows, products)
  } else {
    for (layer, out) in zip(layers, outputs) {
      layer.weight.multiply(out.pointer, stride: out.width, x.operand, rows: x.rows)
    }
  }
  for (layer, out) in zip(layers, outputs) where layer.bias != nil { Products.addToRows(out, layer.bias!) }
  return outputs
}

private func addParameterGradients(_ gradient: Tensor, _ x: Tensor?, _ layer: Projection) {
  if let x, layer.weight.isTrainable {
    profiled("linear weight gradient") {
      layer.weight.accumulateGradient { sum, beta in
        Products.multiply(
          sum, stride: x.width, gradient.transposed, x.operand, m: layer.output, n: x.width, k: x.rows, beta: beta)
      }
    }
  }
  if let bias = layer.bias, bias.isTrainable { bias.addToGradient { Products.addColumns($0, of: gradient) } }
}

/// Low-rank updates that read the same input: all that drop nothing, or a single one with its own dropout.
private struct UpdateGroup {
  /// A layer's index and where its columns begin in the common low-rank matrix.
  private struct Member {
    let layer: Int
    let update: LowRankUpdate
    let columns: Range<Int>
  }

  private let members: [Member]
  /// The a matrices below each other, [rank, in].
  private let stacked: Tensor
  private let dropout: LowRankUpdate.Dropout?

  static func groups(of layers: [Projection]) -> [UpdateGroup] {
    let updates = layers.enumerated().flatMap { index, layer in layer.updates.map { (index, $0) } }
    let plain = updates.filter { $0.1.dropout == nil }
    return (plain.isEmpty ? [] : [UpdateGroup(plain)])
      + updates.filter { $0.1.dropout != nil }.map { UpdateGroup([$0]) }
  }

  private init(_ updates: [(Int, LowRankUpdate)]) {
    var members: [Member] = []
    for (layer, update) in updates {
      let start = members.last?.columns.upperBound ?? 0
      members.append(Member(layer: layer, update: update, columns: start..<start + update.rank))
    }
    let width = updates[0].1.a.shape[1]
    stacked = Tensor(shape: [members[members.count - 1].columns.upperBound, width])
    for member in members {
      (stacked.pointer + member.columns.lowerBound * width)
        .update(from: member.update.a.pointer, count: member.update.a.count)
    }
    self.members = members
    dropout = updates[0].1.dropout
  }

  private var rank: Int { stacked.rows }

  private func input(_ x: Tensor) -> Tensor {
    dropout.map { dropped(x, $0.probability, $0.seed) } ?? x
  }

  /// Adds the updates to the layers' outputs; returns x * aᵀ, [tokens, rank], for the gradient.
  func add(to outputs: [Tensor], _ x: Tensor) -> Tensor {
    let low = Tensor(shape: [x.rows, rank])
    Products.multiply(
      low.pointer, stride: rank, input(x).operand, stacked.transposed, m: x.rows, n: rank, k: x.width)
    for member in members {
      let out = outputs[member.layer]
      Products.multiply(
        out.pointer, stride: out.width, low.columns(from: member.columns.lowerBound), member.update.b.value.transposed,
        m: x.rows,
        n: out.width, k: member.update.rank, alpha: member.update.scale, beta: 1)
    }
    return low
  }

  /// Adds to the gradients of a, b and the input (`below`) from those of the layers' outputs.
  func sendGradients(_ gradients: [Tensor?], _ x: Tensor?, _ low: Tensor, _ below: Tensor?) {
    let rows = low.rows
    let lowGradient = Tensor.zeros(low.shape)
    for member in members {
      guard let gradient = gradients[member.layer] else { continue }
      let (update, width) = (member.update, gradient.width)
      Products.multiply(
        lowGradient.pointer + member.columns.lowerBound, stride: rank, gradient.operand, update.b.value.operand,
        m: rows,
        n: update.rank, k: width, alpha: update.scale)
      guard update.b.isTrainable else { continue }
      update.b.accumulateGradient { sum, beta in
        Products.multiply(
          sum, stride: update.rank, gradient.transposed, low.columns(from: member.columns.lowerBound), m: width,
          n: update.rank, k: rows,
          alpha: update.scale, beta: beta)
      }
    }
    if let x { addInputWeightGradients(lowGradient, input(x)) }
    if let below { addInputGradient(lowGradient, below) }
  }

  private func addInputWeightGradients(_ lowGradient: Tensor, _ input: Tensor) {
    for member in members where member.update.a.isTrainable {
      member.update.a.accumulateGradient { sum, beta in
        var columns = lowGradient.columns(from: member.columns.lowerBound)
        columns.isTransposed = true
        Products.multiply(
          sum, stride: input.width, columns, input.operand, m: member.update.rank, n: input.width, k: input.rows,
          beta: beta)
      }
    }
  }

  private func addInputGradient(_ lowGradient: Tensor, _ below: Tensor) {
    let (rows, width) = (below.rows, below.width)
    guard let dropout else {
      Products.multiply(
        below.pointer, stride: width, lowGradient.operand, stacked.operand, m: rows, n: width, k: rank, beta: 1)
      return
    }
    let product = Tensor(shape: below.shape)
    Products.multiply(
      product.pointer, stride: width, lowGradient.operand, stacked.operand, m: rows, n: width, k: rank)
    addInPlace(below, dropped(product, dropout.probability, dropout.seed))
  }
}
