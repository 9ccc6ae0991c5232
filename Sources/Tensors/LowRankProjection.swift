import Basics

/// The space of a matrix's strongest directions: of its rows, or of its columns where those are shorter.
///
/// Matrices of the same shape are projected onto it and carried back. As galore_torch.GaLoreProjector with proj_type
/// "std" (Zhao et al. 2024): a singular value decomposition, whose vectors are unique but for their signs. Each gets
/// the sign with which its largest element is positive, so that the result does not depend on the library.
public struct LowRankProjection {
  /// Directions of rows as rows, [rank, width], or of columns as columns, [rows, rank]; orthonormal.
  private let basis: Tensor
  private let isOfRows: Bool

  /// - Parameter rank: the number of directions, at most the matrix's shorter side.
  /// - Returns: nil when the decomposition fails: an element is not finite.
  public init?(of matrix: Tensor, rank: Int) {
    guard let decomposition = SingularValueDecomposition(of: matrix) else { return nil }
    let rows = matrix.rows, width = matrix.width, side = min(rows, width)
    let rank = min(rank, side)
    isOfRows = rows >= width
    if isOfRows {
      basis = Tensor(shape: [rank, width])
      basis.pointer.update(from: decomposition.right.pointer, count: basis.count)
    } else {
      basis = Tensor(shape: [rows, rank])
      for row in 0..<rows {
        (basis.pointer + row * rank).update(from: decomposition.left.pointer + row * side, count: rank)
      }
    }
    fixSigns(rank: rank)
  }

  public var byteCount: Int { basis.count * MemoryLayout<Float>.stride }

  /// The matrix in the space's coordinates: [rows, rank], or [rank, width] for a space of columns.
  public func project(_ matrix: Tensor) -> Tensor {
    let rank = isOfRows ? basis.rows : basis.width
    let result = Tensor(shape: isOfRows ? [matrix.rows, rank] : [rank, matrix.width])
    if isOfRows {
      Products.multiply(
        result.pointer, stride: rank, matrix.operand, basis.transposed, m: matrix.rows, n: rank, k: matrix.width)
    } else {
      Products.multiply(
        result.pointer, stride: matrix.width, basis.transposed, matrix.operand, m: rank, n: matrix.width,
        k: matrix.rows)
    }
    return result
  }

  /// target = decay * target + scale * the matrix that has these coordinates.
  public func add(_ coordinates: Tensor, to target: UnsafeMutablePointer<Float>, scale: Float, decay: Float) {
    let (rows, width) = isOfRows ? (coordinates.rows, basis.width) : (basis.rows, coordinates.width)
    let (left, right) = isOfRows ? (coordinates.operand, basis.operand) : (basis.operand, coordinates.operand)
    Products.multiply(
      target, stride: width, left, right, m: rows, n: width, k: isOfRows ? basis.rows : basis.width, alpha: scale,
      beta: decay)
  }

  private func fixSigns(rank: Int) {
    let length = basis.count / rank, (next, stride) = isOfRows ? (length, 1) : (1, rank)
    for direction in 0..<rank {
      let start = basis.pointer + direction * next
      var largest: Float = 0
      for index in 0..<length where abs(start[index * stride]) > abs(largest) { largest = start[index * stride] }
      guard largest < 0 else { continue }
      for index in 0..<length { start[index * stride].negate() }
    }
  }
}
