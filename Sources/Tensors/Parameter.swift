/// A named weight of a model or adapter, with its gradient while it trains.
public final class Parameter {
  /// Where the values are.
  enum Storage {
    case float32(Tensor)
    case compact(CompactMatrix)
  }

  /// The full name in the checkpoint, such as `model.layers.0.mlp.up_proj.weight`.
  public let name: String
  public let shape: [Int]
  /// Whether checkpoints have this matrix with rows and columns exchanged.
  public let isStoredTransposed: Bool
  private(set) var storage: Storage
  /// The gradient summed since the last `clearGradient()`; nil when nothing has flowed here.
  public var gradient: Tensor? { hasGradient ? gradientSum : nil }
  /// The gradient's memory, kept from step to step; its content counts only while `hasGradient`.
  private var gradientSum: Tensor?
  private var hasGradient = false

  /// Whether gradients are computed for it. A weight that is mapped from a file or compact is copied to float32 memory
  /// when it becomes trainable.
  public var isTrainable: Bool {
    didSet {
      guard isTrainable else { return }
      switch storage {
      case .compact: storage = .float32(value)
      case .float32(let tensor) where tensor.buffer.isBorrowed:
        storage = .float32(Tensor(tensor.values, shape: shape))
      case .float32: break
      }
    }
  }

  public init(_ name: String, _ value: Tensor, isTrainable: Bool = false, isStoredTransposed: Bool = false) {
    self.name = name
    self.isStoredTransposed = isStoredTransposed
    self.isTrainable = isTrainable
    shape = value.shape
    storage = .float32(value)
  }

  /// A frozen weight in few bytes.
  public init(_ name: String, _ matrix: CompactMatrix, isStoredTransposed: Bool = false) {
    self.name = name
    self.isStoredTransposed = isStoredTransposed
    isTrainable = false
    shape = [matrix.rows, matrix.columns]
    storage = .compact(matrix)
  }

  public var count: Int { shape.reduce(1, *) }

  /// Bytes that the values take, in memory or mapped.
  public var byteCount: Int {
    switch storage {
    case .float32: count * MemoryLayout<Float>.stride
    case .compact(let matrix): matrix.byteCount
    }
  }

  /// A frozen copy of a matrix that is quantised.
  public func quantized(_ quantization: WeightQuantization) -> Parameter {
    Parameter(
      name, CompactMatrix(quantizing: QuantizationSource(self), quantization), isStoredTransposed: isStoredTransposed)
  }

  /// The shape that checkpoints have.
  public var storedShape: [Int] { isStoredTransposed ? shape.reversed() : shape }

  /// The values as float32: the tensor itself, or a new one where they are compact.
  public var value: Tensor {
    switch storage {
    case .float32(let tensor): return tensor
    case .compact(let matrix): return matrix.expanded()
    }
  }

  /// The values of a parameter that is not compact.
  public var pointer: UnsafeMutablePointer<Float> {
    guard case .float32(let tensor) = storage else { preconditionFailure("\(name) is compact") }
    return tensor.pointer
  }

  /// Gives the values away for others of the same shape.
  public func exchangeValue(with other: inout Tensor) {
    precondition(other.shape == shape, "\(name): \(shape) exchanged with \(other.shape)")
    let own = value
    storage = .float32(other)
    other = own
  }

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

  /// Called when the gradient of a backward pass is whole: every recorded operation that read the parameter has added
  /// its part. Lets a training step update it at once and give the gradient's memory back.
  public var whenGradientIsWhole: ((Parameter) -> Void)?
  /// Recorded operations that have yet to add their part.
  private var openUses = 0

  func beginUse() { openUses += 1 }

  func endUse() {
    openUses -= 1
    if openUses == 0, hasGradient { whenGradientIsWhole?(self) }
  }

  /// Forgets the gradient but keeps its memory.
  public func clearGradient() {
    hasGradient = false
    openUses = 0
  }

  /// Forgets the gradient and gives its memory back.
  public func releaseGradient() {
    hasGradient = false
    gradientSum = nil
  }
}
