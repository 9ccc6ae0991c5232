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
}

/// A named weight of a model or adapter, with its gradient while it trains.
public final class Parameter {
  /// The full name in the checkpoint, such as `model.layers.0.mlp.up_proj.weight`.
  public let name: String
  public private(set) var value: Tensor
  /// The gradient summed since the last `clearGradient()`; nil when nothing has flowed here.
  public private(set) var gradient: Tensor?
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

  /// Lets a gradient operation add to the gradient in place; the memory is zero at first use.
  public func accumulateGradient(_ add: (UnsafeMutablePointer<Float>) -> Void) {
    let gradient = self.gradient ?? Tensor.zeros(shape)
    add(gradient.pointer)
    self.gradient = gradient
  }

  /// Sets the gradient to zero but keeps its memory.
  public func clearGradient() {
    guard let gradient else { return }
    gradient.pointer.update(repeating: 0, count: gradient.count)
  }

  /// Gives the gradient's memory back.
  public func releaseGradient() { gradient = nil }
}
