import Tensors

/// The two matrices of a LoRA on one layer.
struct LowRankFactors {
  /// [rank, in]
  let a: Tensor
  /// [out, rank]
  let b: Tensor

  init(a: Tensor, b: Tensor) {
    self.a = a
    self.b = b
  }

  /// The best that a rank allows for a matrix [out, in]: its strongest directions, scaled in B as PEFT has them.
  init(_ decomposition: SingularValueDecomposition, rank: Int) {
    let rank = min(rank, decomposition.values.count)
    let left = decomposition.left, right = decomposition.right
    a = Tensor(shape: [rank, right.width])
    a.pointer.update(from: right.pointer, count: a.count)
    b = Tensor(shape: [left.rows, rank])
    let values = decomposition.values, side = values.count, source = left.pointer, target = b.pointer
    for row in 0..<left.rows {
      for column in 0..<rank { target[row * rank + column] = source[row * side + column] * values[column] }
    }
  }

  /// One behind the other: their product is the sum of the products.
  init(concatenating factors: [LowRankFactors]) {
    let rank = factors.reduce(0) { $0 + $1.a.rows }, width = factors[0].a.width, rows = factors[0].b.rows
    a = Tensor(shape: [rank, width])
    b = Tensor(shape: [rows, rank])
    var start = 0
    for factor in factors {
      (a.pointer + start * width).update(from: factor.a.pointer, count: factor.a.count)
      factor.copyB(into: b, column: start)
      start += factor.a.rows
    }
  }

  /// The same product with further rows and columns of zeros.
  func padded(to rank: Int) -> LowRankFactors {
    guard rank > a.rows else { return self }
    let wideA = Tensor.zeros([rank, a.width]), wideB = Tensor.zeros([b.rows, rank])
    wideA.pointer.update(from: a.pointer, count: a.count)
    copyB(into: wideB, column: 0)
    return LowRankFactors(a: wideA, b: wideB)
  }

  private func copyB(into target: Tensor, column: Int) {
    for row in 0..<b.rows {
      (target.pointer + row * target.width + column).update(from: b.pointer + row * b.width, count: b.width)
    }
  }
}
