/// weight * the sum over matrices M of ‖M Mᵀ - I‖_F, [1]: how far their rows are from orthonormal ones. Matrices without
/// rows count nothing.
///
/// Source: Zhang et al., "AdaLoRA", 2023, equation 4; norms and not their squares, as PEFT.
///
/// - Parameter matrices: [rows, width]; where `areColumns`, the columns of [width, rows] are meant.
public func orthogonality(_ matrices: [(matrix: Parameter, areColumns: Bool)], weight: Float) -> Tensor {
  let parts = matrices.filter { $0.matrix.count > 0 }.map { matrix, areColumns in
    let value = matrix.value, rows = areColumns ? value.width : value.rows
    let left = areColumns ? value.transposed : value.operand
    let difference = Tensor(shape: [rows, rows])
    Products.multiply(
      difference.pointer, stride: rows, left, left.transposed, m: rows, n: rows, k: value.count / rows)
    for row in 0..<rows { difference.pointer[row * rows + row] -= 1 }
    let norm = difference.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return (matrix: matrix, areColumns: areColumns, difference: difference, norm: Float(norm))
  }
  let sum = parts.reduce(Float(0)) { $0 + $1.norm }
  return Tensor([weight * sum], shape: [1]).recorded(
    "orthogonality", from: [], parameters: parts.map { $0.matrix }
  ) { gradient in
    for (matrix, areColumns, difference, norm) in parts where matrix.isTrainable && norm > 0 {
      // The difference is symmetric.
      let factor = 2 * weight * gradient.pointer[0] / norm, value = matrix.value
      matrix.accumulateGradient { sum, beta in
        Products.multiply(
          sum, stride: value.width, areColumns ? value.operand : difference.operand,
          areColumns ? difference.operand : value.operand, m: value.rows, n: value.width, k: difference.rows,
          alpha: factor, beta: beta)
      }
    }
  }
}
