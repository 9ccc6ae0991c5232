import Basics
import COpenBLAS

/// Matrix products on OpenBLAS. Only this file and LowRankProjection.swift call it.
///
/// OpenBLAS runs on one thread and we split its products ourselves: one thread pool for everything, nothing to
/// oversubscribe, and the speed is the same (sgemm at these shapes doubles from one core to two either way).
enum Products {
  /// Switches OpenBLAS's own threads off, once.
  static let singleThreaded: Void = openblas_set_num_threads(1)

  /// A matrix operand: its memory, floats from row to row, and whether it is read transposed.
  struct Operand {
    /// Keeps the memory alive.
    let buffer: Buffer
    let offset: Int
    let stride: Int
    var isTransposed = false

    var pointer: UnsafePointer<Float> { UnsafePointer(buffer.pointer + offset) }

    var transposed: Operand { Operand(buffer: buffer, offset: offset, stride: stride, isTransposed: !isTransposed) }

    /// The operand without its first `rows` rows of the product's operand (columns of the stored one if transposed).
    func dropping(rows: Int) -> Operand {
      moved(isTransposed ? rows : rows * stride)
    }

    func dropping(columns: Int) -> Operand {
      moved(isTransposed ? columns * stride : columns)
    }

    private func moved(_ floats: Int) -> Operand {
      Operand(buffer: buffer, offset: offset + floats, stride: stride, isTransposed: isTransposed)
    }
  }

  /// c = alpha * a * b + beta * c with a: [m, k], b: [k, n], c: [m, n] with rows `stride` floats apart.
  static func multiply(
    _ c: UnsafeMutablePointer<Float>, stride: Int, _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int,
    alpha: Float = 1, beta: Float = 0
  ) {
    guard m > 0, n > 0, k > 0 else { return }
    _ = singleThreaded
    countOperations(2 * Double(m) * Double(n) * Double(k))
    let splitsRows = m >= n
    // Below this a product is faster on one thread than handed out.
    let grain = m * n * k < 1 << 17 ? max(m, n) : 16
    nonisolated(unsafe) let (a, b) = (a, b)
    parallelRanges(splitsRows ? m : n, grain: grain) { range in
      let rows = splitsRows ? range : 0..<m
      let columns = splitsRows ? 0..<n : range
      let (a, b) = (a.dropping(rows: rows.lowerBound), b.dropping(columns: columns.lowerBound))
      cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
        Int32(rows.count), Int32(columns.count), Int32(k), alpha, a.pointer, Int32(a.stride), b.pointer,
        Int32(b.stride), beta, c + rows.lowerBound * stride + columns.lowerBound, Int32(stride))
    }
  }

  /// Adds a vector to every row.
  /// - Parameter rows: only so many of the first rows; nil for all.
  static func addToRows(_ matrix: Tensor, _ vector: Parameter, rows: Int? = nil) {
    for row in 0..<(rows ?? matrix.rows) {
      cblas_saxpy(Int32(matrix.width), 1, vector.pointer, 1, matrix.pointer + row * matrix.width, 1)
    }
  }

  /// sum[i] += the sum of column i.
  /// - Parameter rows: of only so many of the first rows; nil for all.
  static func addColumns(_ sum: UnsafeMutablePointer<Float>, of matrix: Tensor, rows: Int? = nil) {
    for row in 0..<(rows ?? matrix.rows) {
      cblas_saxpy(Int32(matrix.width), 1, matrix.pointer + row * matrix.width, 1, sum, 1)
    }
  }
}

extension Tensor {
  /// The matrix as an operand of a product.
  var operand: Products.Operand { Products.Operand(buffer: buffer, offset: 0, stride: width) }
  var transposed: Products.Operand { operand.transposed }

  /// The matrix from a row on as an operand.
  func rows(from row: Int) -> Products.Operand { operand.dropping(rows: row) }

  /// The matrix from a column on as an operand.
  func columns(from column: Int) -> Products.Operand { operand.dropping(columns: column) }
}
