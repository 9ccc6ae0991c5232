import Foundation
import Testing

@testable import Tensors

/// The strongest and the first directions of matrices.
@Suite struct LeadingDirectionsTests {
  static let shapes = [[9, 5], [5, 9], [6, 6], [1, 7], [7, 1], [80, 33], [33, 80]]

  /// All directions together are the matrix.
  @Test(arguments: shapes) func allDirectionsAreTheMatrix(shape: [Int]) throws {
    let matrix = randomTensor(shape, "directions"), side = min(shape[0], shape[1])
    let singular = try #require(SingularDirections(of: matrix, count: side))
    let weighted = Tensor(shape: singular.left.shape)
    for index in 0..<weighted.count {
      weighted.pointer[index] = singular.left.pointer[index] * singular.values[index % side]
    }
    #expect(difference(product(weighted, singular.right), matrix.values) <= 1e-5)
    let orthogonal = try #require(OrthogonalDirections(of: matrix, count: side))
    #expect(difference(product(orthogonal.q, orthogonal.r), matrix.values) <= 1e-5)
  }

  /// Few directions are the first of all, perpendicular and of length one; singular ones as LAPACK's SVD has them.
  @Test(arguments: shapes) func fewDirectionsAreTheFirstOfAll(shape: [Int]) throws {
    let matrix = randomTensor(shape, "directions"), count = min(3, shape[0], shape[1])
    let singular = try #require(SingularDirections(of: matrix, count: count))
    #expect(singular.values == singular.values.sorted(by: >))
    let projection = try #require(LowRankProjection(of: matrix, rank: count))
    let expected = Tensor.zeros(shape)
    projection.add(projection.project(matrix), to: expected.pointer, scale: 1, decay: 0)
    let weighted = Tensor(shape: singular.left.shape)
    for index in 0..<weighted.count {
      weighted.pointer[index] = singular.left.pointer[index] * singular.values[index % count]
    }
    #expect(difference(product(weighted, singular.right), expected.values) <= 3e-5)
    let orthogonal = try #require(OrthogonalDirections(of: matrix, count: count))
    let all = try #require(OrthogonalDirections(of: matrix, count: min(shape[0], shape[1])))
    #expect(difference(orthogonal.r.values, Array(all.r.values.prefix(orthogonal.r.count))) <= 1e-5)
    // R is upper triangular.
    for row in 1..<max(2, count) where row < count {
      for column in 0..<row { #expect(abs(orthogonal.r.values[row * shape[1] + column]) <= 1e-5) }
    }
    let identity = (0..<count * count).map { Float($0 / count == $0 % count ? 1 : 0) }
    for columns in [singular.left, transposed(singular.right), orthogonal.q] {
      #expect(difference(product(transposed(columns), columns), identity) <= 1e-5)
    }
  }

  /// A matrix of a lower rank has directions in which there is nothing.
  @Test func missingDirectionsAreZero() throws {
    let matrix = Tensor([1, 2, 2, 4, 3, 6], shape: [3, 2])
    let singular = try #require(SingularDirections(of: matrix, count: 2))
    #expect(abs(singular.values[0] - Float(70).squareRoot()) <= 1e-5 && singular.values[1] <= 1e-5)
    #expect((singular.left.values + singular.right.values).allSatisfy { $0.isFinite })
  }

  @Test(arguments: [Float.nan, .infinity]) func valuesThatAreNotFiniteHaveNone(value: Float) {
    let matrix = Tensor([1, 2, value, 4, 5, 6], shape: [2, 3])
    #expect(SingularDirections(of: matrix, count: 1) == nil)
    #expect(OrthogonalDirections(of: matrix, count: 2) == nil)
  }

  private func product(_ a: Tensor, _ b: Tensor) -> [Float] { linear(a, Parameter("b", transposed(b))).values }
}
