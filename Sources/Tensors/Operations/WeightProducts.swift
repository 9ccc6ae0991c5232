/// Products with a parameter's matrix, wherever its values are.
extension Parameter {
  /// out = x * weightᵀ for `rows` rows of x, with out's rows `stride` floats apart.
  func multiply(_ out: UnsafeMutablePointer<Float>, stride: Int, _ x: Products.Operand, rows: Int) {
    if rows <= fewRows { return multiplyFewRows(x, rows: rows, [FewRowProduct(self, out, stride: stride)]) }
    forEachPanel { range, panel in
      Products.multiply(
        out + range.lowerBound, stride: stride, x, panel.transposed, m: rows, n: range.count, k: shape[1])
    }
  }

  /// below = gradient * weight + beta * below for `rows` rows of the gradient, with below's rows `stride` floats apart.
  func multiplyBack(
    _ below: UnsafeMutablePointer<Float>, stride: Int, _ gradient: Products.Operand, rows: Int, beta: Float = 0
  ) {
    forEachPanel { range, panel in
      Products.multiply(
        below, stride: stride, gradient.dropping(columns: range.lowerBound), panel, m: rows, n: shape[1],
        k: range.count, beta: range.lowerBound == 0 ? beta : 1)
    }
  }

  /// Copies one row of the matrix.
  func copyRow(_ row: Int, to output: UnsafeMutablePointer<Float>) {
    switch storage {
    case .float32(let weight): output.update(from: weight.pointer + row * shape[1], count: shape[1])
    case .compact(let matrix): matrix.expand(row..<row + 1, into: output)
    }
  }

  /// Runs `body` on one panel of the matrix's rows after the other. Compact matrices are expanded by panel; large ones
  /// go by panel anyway: an output head's products are a fifth faster so, as a panel stays in the cache.
  private func forEachPanel(_ body: (Range<Int>, Products.Operand) -> Void) {
    let (rows, columns) = (shape[0], shape[1])
    let panelRows = count <= 2 * Self.panelElements ? rows : max(16, Self.panelElements / columns)
    let expanded: Tensor? = if case .compact = storage { Tensor(shape: [panelRows, columns]) } else { nil }
    for start in Swift.stride(from: 0, to: rows, by: panelRows) {
      let range = start..<min(rows, start + panelRows)
      switch storage {
      case .float32(let weight): body(range, weight.operand.dropping(rows: start))
      case .compact(let matrix):
        guard let expanded else { return }
        matrix.expandInParallel(range, into: expanded.pointer)
        body(range, expanded.operand)
      }
    }
  }

  /// 4 MiB.
  private static let panelElements = 1 << 20
}
