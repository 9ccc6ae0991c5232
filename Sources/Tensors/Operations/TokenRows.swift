import CKernels

/// The columns of a matrix as rows, by token id: matrix [width, vocabulary], ids [tokens] → [tokens, width].
public func columnsAsRows(_ matrix: Parameter, _ ids: [Int32]) -> Tensor {
  let (width, vocabulary) = (matrix.shape[0], matrix.shape[1])
  let out = Tensor(shape: [ids.count, width])
  for (row, id) in ids.enumerated() {
    precondition(id >= 0 && id < vocabulary, "token id \(id) outside a table of \(vocabulary)")
    for place in 0..<width { out.pointer[row * width + place] = matrix.pointer[place * vocabulary + Int(id)] }
  }
  return out.recorded("columnsAsRows", from: [], parameters: [matrix]) { gradient in
    matrix.addToGradient { sum in
      for (row, id) in ids.enumerated() {
        for place in 0..<width { sum[place * vocabulary + Int(id)] += gradient.pointer[row * width + place] }
      }
    }
  }
}

/// Rows of some tokens replaced by trained ones: x [ids.count, width], values [tokens, width].
///
/// - Parameter places: the row of `values` for each id of x that has one.
public func replacedRows(_ x: Tensor, ids: [Int32], places: [Int32: Int], values: Parameter) -> Tensor {
  precondition(x.rows == ids.count && values.shape[1] == x.width, "\(values.name): \(values.shape) for \(x.shape)")
  let width = x.width
  let out = Tensor(shape: x.shape)
  out.pointer.update(from: x.pointer, count: x.count)
  let replaced = ids.enumerated().compactMap { row, id in places[id].map { (row, $0) } }
  for (row, place) in replaced {
    (out.pointer + row * width).update(from: values.pointer + place * width, count: width)
  }
  return out.recorded("replacedRows", from: [x], parameters: [values]) { [node = x.node] gradient in
    if values.isTrainable {
      values.addToGradient { sum in
        for (row, place) in replaced {
          tune_add_scaled(sum + place * width, gradient.pointer + row * width, 1, width)
        }
      }
    }
    guard let node else { return }
    let below = Tensor(shape: gradient.shape)
    below.pointer.update(from: gradient.pointer, count: gradient.count)
    for (row, _) in replaced { (below.pointer + row * width).update(repeating: 0, count: width) }
    node.accumulate(below)
  }
}
