/// A contiguous row-major float32 matrix (or vector), possibly the result of a recorded operation.
///
/// No strides and no broadcasting: transposition is a flag of the matrix product. A tensor's content never changes
/// after the operation that made it.
public struct Tensor {
  public let shape: [Int]
  public internal(set) var buffer: Buffer
  /// The recorded operation that made this tensor; nil when no gradient can flow through it.
  public internal(set) var node: Node?
  /// A tensor whose content is undefined until it is written.
  public init(shape: [Int]) {
    self.shape = shape
    buffer = Buffer(count: shape.reduce(1, *))
  }

  public init(shape: [Int], buffer: Buffer) {
    precondition(buffer.count == shape.reduce(1, *), "shape \(shape) needs another count than \(buffer.count)")
    self.shape = shape
    self.buffer = buffer
  }

  public init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "shape \(shape) does not hold \(values.count) values")
    self.init(shape: shape)
    pointer.update(from: values, count: values.count)
  }

  public static func zeros(_ shape: [Int]) -> Tensor {
    let tensor = Tensor(shape: shape)
    tensor.pointer.update(repeating: 0, count: tensor.count)
    return tensor
  }

  public var pointer: UnsafeMutablePointer<Float> { buffer.pointer }
  public var count: Int { buffer.count }
  /// Rows of a matrix: the product of all sizes but the last.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  /// The last size.
  public var width: Int { shape.last ?? 1 }
  public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// The same content without its history: no gradient flows through it.
  public var detached: Tensor { Tensor(shape: shape, buffer: buffer) }

  /// What a gradient holds to get the values back: the recipe where there is one, else the values themselves.
  var recall: () -> Tensor {
    if let recipe = node?.recipe { return recipe }
    return { [detached] in detached }
  }
}

/// A named weight of a model or adapter, with its gradient while it trains.
public final class Parameter {
  /// The full name in the checkpoint, such as `model.layers.0.mlp.up_proj.weight`.
  public let name: String
  public private(set) var value: Tensor
  /// The gradient summed since the last `clearGradient()`; nil when nothing has flowed here.
  public var gradient: Tensor? { hasGradient ? gradientSum : nil }
  /// The gradient's memory, kept from step to step; its content counts only while `hasGradient`.
  private var gradientSum: Tensor?
  private var hasGradient = false
  /// Whether gradients are computed for it. A weight mapped from a file is copied when it becomes trainable.
  public var isTrainable: Bool {
    didSet {
      guard isTrainable, value.buffer.isBorrowed else { return }
      let copy = Tensor(shape: value.shape)
      copy.pointer.update(from: value.pointer, count: value.count)
      value = copy
    }
  }

  public init(_ name: String, _ value: Tensor, isTrainable: Bool = false) {
    self.name = name
    self.value = value
    self.isTrainable = isTrainable
  }

  public var shape: [Int] { value.shape }
  public var count: Int { value.count }
  public var pointer: UnsafeMutablePointer<Float> { value.pointer }

  /// Lets an operation add to the gradient in place; the memory is zero at first use.
  public func addToGradient(_ add: (UnsafeMutablePointer<Float>) -> Void) {
    accumulateGradient { sum, beta in
      if beta == 0 { sum.update(repeating: 0, count: count) }
      add(sum)
    }
  }

  /// Lets a product write `beta * gradient + contribution`: beta is 0, and the content undefined, at first use.
  func accumulateGradient(_ write: (UnsafeMutablePointer<Float>, _ beta: Float) -> Void) {
    let sum = gradientSum ?? Tensor(shape: shape)
    write(sum.pointer, hasGradient ? 1 : 0)
    gradientSum = sum
    hasGradient = true
  }

  /// Forgets the gradient but keeps its memory.
  public func clearGradient() { hasGradient = false }

  /// Forgets the gradient and gives its memory back.
  public func releaseGradient() {
    hasGradient = false
    gradientSum = nil
  }
}
