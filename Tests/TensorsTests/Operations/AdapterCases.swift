@testable import Tensors

/// The operations that adapters need.
let adapterCases: [OperationCase] = [
  OperationCase(
    name: "headCrossEntropy", variant: "with a low-rank change and rows of its own",
    tensors: [[4, 5]], parameters: [[7, 5], [2, 5], [7, 2], [2, 5], [7]],
    run: { tensors, parameters in
      let head = Head(
        weight: parameters[0], bias: parameters[4],
        changes: [
          .rows(tokens: [6, 1], values: parameters[3]),
          .lowRank(low: linear(tensors[0], parameters[1]), b: parameters[2], scale: 0.5),
        ])
      return headCrossEntropy(tensors[0], head: head, targets: [3, 0, 6, 3], scale: 0.25).loss
    },
    reference: { inputs in
      let head = DoubleReference.changedHead(
        inputs[1], width: 5, tokens: [6, 1], values: inputs[4], a: inputs[2], b: inputs[3], scale: 0.5)
      // A bias is a column of ones.
      let ones = [Double](repeating: 1, count: 4)
      let x = withColumn(ones, behind: inputs[0]), whole = withColumn(inputs[5], behind: head)
      return [
        DoubleReference.headCrossEntropy(
          Matrix(x, columns: 6), head: Matrix(whole, columns: 6), targets: [3, 0, 6, 3], scale: 0.25)
      ]
    }),
  OperationCase(
    name: "addedToRows", tensors: [[3, 4]], parameters: [[4]],
    run: { tensors, parameters in addedToRows(tensors[0], parameters[0], scale: 0.5) },
    reference: { inputs in inputs[0].indices.map { inputs[0][$0] + 0.5 * inputs[1][$0 % 4] } }),
  OperationCase(
    name: "columnsAsRows", parameters: [[3, 5]],
    run: { _, parameters in columnsAsRows(parameters[0], [4, 0, 4, 2]) },
    reference: { inputs in [4, 9, 14, 0, 5, 10, 4, 9, 14, 2, 7, 12].map { inputs[0][$0] } }),
  OperationCase(
    name: "replacedRows", tensors: [[4, 3]], parameters: [[2, 3]],
    run: { tensors, parameters in
      replacedRows(tensors[0], ids: [8, 2, 8, 5], places: [8: 1, 5: 0], values: parameters[0])
    },
    reference: { inputs in
      let second = Array(inputs[1][3...])
      return second + Array(inputs[0][3..<6]) + second + Array(inputs[1][..<3])
    }),
  OperationCase(
    name: "orthogonality", parameters: [[2, 5], [5, 3]],
    run: { _, parameters in orthogonality([(parameters[0], false), (parameters[1], true)], weight: 0.3) },
    reference: { inputs in
      let rows: [[Double]] = (0..<2).map { row in Array(inputs[0][row * 5..<row * 5 + 5]) }
      let columns: [[Double]] = (0..<3).map { column in (0..<5).map { inputs[1][$0 * 3 + column] } }
      return [0.3 * (DoubleReference.orthogonality(rows) + DoubleReference.orthogonality(columns))]
    }),
]

/// A matrix with so many rows as the column has, and the column behind its last one.
private func withColumn(_ column: [Double], behind matrix: [Double]) -> [Double] {
  let width = matrix.count / column.count
  var out: [Double] = []
  for (row, value) in column.enumerated() { out += matrix[row * width..<(row + 1) * width] + [value] }
  return out
}
