import Basics
import COpenBLAS

/// The strongest part of a matrix by its singular values: left * diag(values) * right.
public struct SingularDirections {
  /// Orthonormal columns, [rows, count].
  public let left: Tensor
  /// The largest singular values, falling, [count].
  public let values: [Float]
  /// Orthonormal rows, [count, columns].
  public let right: Tensor

  /// By the eigenvectors of the matrix times itself, over its shorter side: where few directions are wanted this takes a
  /// half to a quarter of the time of all of them, and in double precision it loses nothing.
  ///
  /// - Parameter count: at most the matrix's shorter side.
  /// - Returns: nil when the decomposition fails: an element is not finite.
  public init?(of matrix: Tensor, count: Int) {
    let (rows, columns) = (matrix.rows, matrix.width), side = min(rows, columns), isWide = rows < columns
    precondition((1...side).contains(count), "\(count) directions of \(matrix.shape)")
    _ = Products.singleThreaded
    let content = UnsafeBufferPointer(start: matrix.pointer, count: matrix.count).map { Double($0) }
    var square = [Double](repeating: 0, count: side * side)
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, isWide ? CblasNoTrans : CblasTrans, Int32(side), Int32(max(rows, columns)), 1, content,
      Int32(columns), 0, &square, Int32(side))
    var found: Int32 = 0, eigenvalues = [Double](repeating: 0, count: side)
    var own = [Double](repeating: 0, count: count * side), support = [Int32](repeating: 0, count: 2 * side)
    // To LAPACK the upper half of our rows is the lower half of its columns, and its columns are our rows.
    let status = LAPACKE_dsyevr(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "I")), CChar(UInt8(ascii: "L")), Int32(side),
      &square, Int32(side), 0, 0, Int32(side - count + 1), Int32(side), 0, &found, &eigenvalues, &own, Int32(side),
      &support)
    guard status == 0, found == count, eigenvalues[..<count].allSatisfy({ $0.isFinite }) else { return nil }
    let length = max(rows, columns)
    var other = [Double](repeating: 0, count: count * length)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, isWide ? CblasNoTrans : CblasTrans, Int32(count), Int32(length), Int32(side), 1, own,
      Int32(side), content, Int32(columns), 0, &other, Int32(length))
    // Eigenvalues rise. A direction in which there is nothing has no other side.
    let strengths = (0..<count).map { max(0, eigenvalues[count - 1 - $0]).squareRoot() }
    values = strengths.map { Float($0) }
    let first = Tensor(shape: [count, side]), second = Tensor(shape: [count, length])
    for (index, strength) in strengths.enumerated() {
      let place = count - 1 - index, factor = strength > 0 ? 1 / strength : 0
      for column in 0..<side { first.pointer[index * side + column] = Float(own[place * side + column]) }
      for column in 0..<length {
        second.pointer[index * length + column] = Float(other[place * length + column] * factor)
      }
    }
    left = transposed(isWide ? first : second)
    right = isWide ? second : first
  }
}

/// The first orthogonal directions of a matrix's columns: matrix = q r for a whole decomposition, without pivots.
public struct OrthogonalDirections {
  /// Orthonormal columns, [rows, count].
  public let q: Tensor
  /// The first rows of R, [count, columns].
  public let r: Tensor

  /// By Householder reflections of the first columns alone, which decide those of q.
  ///
  /// - Parameter count: at most the matrix's shorter side.
  /// - Returns: nil when the decomposition fails: an element is not finite.
  public init?(of matrix: Tensor, count: Int) {
    let (rows, columns) = (matrix.rows, matrix.width)
    precondition((1...min(rows, columns)).contains(count), "\(count) directions of \(matrix.shape)")
    _ = Products.singleThreaded
    // LAPACK's matrices lie column by column.
    let directions = Tensor(shape: [count, rows])
    for row in 0..<rows {
      for column in 0..<count { directions.pointer[column * rows + row] = matrix.pointer[row * columns + column] }
    }
    var factors = [Float](repeating: 0, count: count)
    guard
      LAPACKE_sgeqrf(LAPACK_COL_MAJOR, Int32(rows), Int32(count), directions.pointer, Int32(rows), &factors) == 0,
      LAPACKE_sorgqr(
        LAPACK_COL_MAJOR, Int32(rows), Int32(count), Int32(count), directions.pointer, Int32(rows), factors) == 0
    else { return nil }
    q = transposed(directions)
    r = Tensor(shape: [count, columns])
    Products.multiply(
      r.pointer, stride: columns, directions.operand, matrix.operand, m: count, n: columns, k: rows)
    guard (directions.values + r.values).allSatisfy({ $0.isFinite }) else { return nil }
  }
}
