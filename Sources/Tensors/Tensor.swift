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
