import COpenBLAS

/// A matrix as left * diag(values) * right, with as many values as its shorter side, the largest first.
///
/// Source: LAPACK's `sgesdd`. Values are unique; vectors may change their sign, a left one with its right one.
public struct SingularValueDecomposition {
  /// [rows, side]; its columns are orthonormal.
  public let left: Tensor
  public let values: [Float]
  /// [side, width]; its rows are orthonormal.
  public let right: Tensor

  /// - Returns: nil when the decomposition fails: an element is not finite.
  public init?(of matrix: Tensor) {
    let rows = matrix.rows, width = matrix.width, side = min(rows, width)
    let content = Tensor(shape: matrix.shape)
    content.pointer.update(from: matrix.pointer, count: matrix.count)
    let left = Tensor(shape: [rows, side]), right = Tensor(shape: [side, width]), strengths = Tensor(shape: [side])
    _ = Products.singleThreaded
    // LAPACK's matrices lie column by column: to it this is the transposed matrix, whose left vectors are our right.
    let status = withExtendedLifetime((content, strengths, left, right)) {
      LAPACKE_sgesdd(
        LAPACK_COL_MAJOR, CChar(UInt8(ascii: "S")), Int32(width), Int32(rows), content.pointer, Int32(width),
        strengths.pointer, right.pointer, Int32(width), left.pointer, Int32(side))
    }
    values = strengths.values
    guard status == 0, values.allSatisfy({ $0.isFinite }) else { return nil }
    self.left = left
    self.right = right
  }
}
