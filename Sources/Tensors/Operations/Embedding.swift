import Basics
import CKernels

/// Rows of a table by token id: table [vocabulary, width], ids [tokens] → [tokens, width].
///
/// Ids must lie in the table: they are checked where they enter the program.
public func embedding(_ table: Parameter, ids: [Int32]) -> Tensor {
  let width = table.shape[1]
  let out = Tensor(shape: [ids.count, width])
  profiled("embedding") {
    for (row, id) in ids.enumerated() {
      precondition(id >= 0 && id < table.shape[0], "token id \(id) outside a table of \(table.shape[0])")
      table.copyRow(Int(id), to: out.pointer + row * width)
    }
  }
  return out.recorded("embedding", from: [], parameters: [table]) { gradient in
    table.addToGradient { sum in
      for (row, id) in ids.enumerated() {
        tune_add_scaled(sum + Int(id) * width, gradient.pointer + row * width, 1, width)
      }
    }
  }
}

/// The chosen rows of a matrix: x [tokens, width] → [rows.count, width]. Each row may be chosen once.
public func gatherRows(_ x: Tensor, _ rows: [Int32]) -> Tensor {
  let width = x.width
  let out = Tensor(shape: [rows.count, width])
  for (index, row) in rows.enumerated() {
    (out.pointer + index * width).update(from: x.pointer + Int(row) * width, count: width)
  }
  return out.recorded("gatherRows", from: [x]) { [node = x.node, shape = x.shape] gradient in
    let below = Tensor.zeros(shape)
    for (index, row) in rows.enumerated() {
      (below.pointer + Int(row) * width).update(from: gradient.pointer + index * width, count: width)
    }
    node?.accumulate(below)
  }
}
