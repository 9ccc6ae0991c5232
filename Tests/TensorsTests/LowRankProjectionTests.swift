import Testing

@testable import Tensors

@Suite struct LowRankProjectionTests {
  /// A matrix whose rank is that of the projection comes back whole, and twice as often as it is added.
  @Test(arguments: [[9, 5], [5, 9], [6, 6], [1, 7], [7, 1], [300, 40]]) func matricesOfItsRankComeBack(shape: [Int]) {
    let rank = min(3, shape.min() ?? 1)
    let matrix = product(
      randomValues(shape[0] * rank, "left"), randomValues(rank * shape[1], "right"), shape[0], rank, shape[1])
    let result = Tensor(matrix, shape: shape)
    guard let projection = LowRankProjection(of: result, rank: rank) else {
      Issue.record("no decomposition")
      return
    }
    let coordinates = projection.project(result)
    #expect(coordinates.count == rank * max(shape[0], shape[1]))
    projection.add(coordinates, to: result.pointer, scale: 2, decay: -1)
    #expect(difference(result.values, matrix.map { Double($0) }) <= 1e-5)
  }

  /// Of three perpendicular directions the two strongest are kept.
  @Test(arguments: [false, true]) func theStrongestDirectionsAreKept(isTall: Bool) {
    // Rows and columns are unit vectors, with strengths 3, 1 and 2.
    let entries: [(row: Int, column: Int, value: Int)] = [(0, 2, 3), (1, 0, 1), (3, 1, 2)]
    let shape = isTall ? [4, 3] : [3, 4]
    func matrix(_ entries: [(row: Int, column: Int, value: Int)]) -> [Float] {
      var values = [Float](repeating: 0, count: 12)
      for (row, column, value) in entries { values[isTall ? row * 3 + column : column * 4 + row] = Float(value) }
      return values
    }
    let whole = Tensor(matrix(entries), shape: shape), result = Tensor.zeros(shape)
    let projection = LowRankProjection(of: whole, rank: 2)
    projection?.add(projection?.project(whole) ?? whole, to: result.pointer, scale: 1, decay: 0)
    #expect(difference(result.values, matrix(entries.filter { $0.value > 1 }).map { Double($0) }) <= 1e-6)
  }

  /// Neither the sign of a matrix nor the library decides the sign of a direction.
  @Test func signsAreFixed() {
    let values = randomValues(8 * 6, "signs")
    let matrix = Tensor(values, shape: [8, 6]), opposite = Tensor(values.map { -$0 }, shape: [8, 6])
    let a = LowRankProjection(of: matrix, rank: 4)?.project(matrix).values
    let b = LowRankProjection(of: opposite, rank: 4)?.project(matrix).values
    #expect(a?.count == 32 && b?.count == 32)
    #expect(zip(a ?? [], b ?? []).allSatisfy { abs($0 - $1) <= 1e-4 })
  }

  @Test(arguments: [Float.nan, .infinity]) func valuesThatAreNotFiniteHaveNone(value: Float) {
    #expect(LowRankProjection(of: Tensor([1, 2, value, 4, 5, 6], shape: [2, 3]), rank: 1) == nil)
  }

  private func product(_ a: [Float], _ b: [Float], _ rows: Int, _ inner: Int, _ columns: Int) -> [Float] {
    (0..<rows * columns).map { index in
      (0..<inner).reduce(Float(0)) { $0 + a[index / columns * inner + $1] * b[$1 * columns + index % columns] }
    }
  }
}
