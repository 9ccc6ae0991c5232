import Testing

@testable import Tensors

@Suite struct SingularValueDecompositionTests {
  /// Tall, wide and single: the product is the matrix, the vectors are orthonormal, the values fall.
  @Test(arguments: [(5, 3), (3, 5), (4, 4), (1, 6), (6, 1)]) func theFactorsAreTheMatrix(rows: Int, width: Int) throws {
    let matrix = Tensor((0..<rows * width).map { Float(($0 * 37 + 11) % 23) / 7 - 1.5 }, shape: [rows, width])
    let found = try #require(SingularValueDecomposition(of: matrix)), side = min(rows, width)
    #expect(found.values.count == side && found.values == found.values.sorted(by: >))
    func left(_ row: Int, _ column: Int) -> Float { found.left.values[row * side + column] }
    func right(_ row: Int, _ column: Int) -> Float { found.right.values[row * width + column] }
    for row in 0..<rows {
      for column in 0..<width {
        let sum = (0..<side).reduce(Float(0)) { $0 + left(row, $1) * found.values[$1] * right($1, column) }
        #expect(abs(sum - matrix.values[row * width + column]) < 1e-5)
      }
    }
    for first in 0..<side {
      for second in 0..<side {
        let expected: Float = first == second ? 1 : 0
        #expect(abs((0..<rows).reduce(Float(0)) { $0 + left($1, first) * left($1, second) } - expected) < 1e-5)
        #expect(abs((0..<width).reduce(Float(0)) { $0 + right(first, $1) * right(second, $1) } - expected) < 1e-5)
      }
    }
  }

  @Test func matricesThatAreNotFiniteHaveNone() {
    #expect(SingularValueDecomposition(of: Tensor([1, .nan, 2, 3], shape: [2, 2])) == nil)
  }
}
