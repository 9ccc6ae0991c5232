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

/// The values of a parameter as a tensor, whose gradient is the parameter's.
public func recordedValue(of parameter: Parameter) -> Tensor {
  parameter.value.detached.recorded("value", from: [], parameters: [parameter]) { gradient in
    parameter.addToGradient { tune_add_scaled($0, gradient.pointer, 1, parameter.count) }
  }
}

/// Rows put before each sequence of ragged token rows: x [tokens, width], first [count, width] → [tokens + sequences *
/// count, width].
///
/// - Parameter offsets: segment i of x is the rows `offsets[i] ..< offsets[i + 1]`.
public func withRowsBefore(_ first: Tensor, _ x: Tensor, offsets: [Int]) -> Tensor {
  let (width, count) = (x.width, first.rows)
  precondition(first.width == width && offsets.last == x.rows, "\(first.shape) before \(x.shape) at \(offsets)")
  let out = Tensor(shape: [x.rows + (offsets.count - 1) * count, width])
  for (index, (start, end)) in zip(offsets, offsets.dropFirst()).enumerated() {
    let place = out.pointer + (start + index * count) * width
    place.update(from: first.pointer, count: count * width)
    (place + count * width).update(from: x.pointer + start * width, count: (end - start) * width)
  }
  return out.recorded("withRowsBefore", from: [first, x]) {
    [firstNode = first.node, node = x.node, firstShape = first.shape, shape = x.shape] gradient in
    let before = Tensor.zeros(firstShape), below = Tensor(shape: shape)
    for (index, (start, end)) in zip(offsets, offsets.dropFirst()).enumerated() {
      let place = gradient.pointer + (start + index * count) * width
      tune_add_scaled(before.pointer, place, 1, count * width)
      (below.pointer + start * width).update(from: place + count * width, count: (end - start) * width)
    }
    firstNode?.accumulate(before)
    node?.accumulate(below)
  }
}

/// The biases of attention by relative position: table [buckets, headCount], buckets [distances] → [headCount,
/// distances]. Source: Raffel et al., "T5", 2020, section 2.1.
public func relativeBias(_ table: Parameter, buckets: [Int]) -> Tensor {
  let heads = table.shape[1], values = table.value
  let out = Tensor(shape: [heads, buckets.count])
  for head in 0..<heads {
    for (place, bucket) in buckets.enumerated() {
      out.pointer[head * buckets.count + place] = values.pointer[bucket * heads + head]
    }
  }
  return out.recorded("relativeBias", from: [], parameters: [table]) { gradient in
    table.addToGradient { sum in
      for head in 0..<heads {
        for (place, bucket) in buckets.enumerated() {
          sum[bucket * heads + head] += gradient.pointer[head * buckets.count + place]
        }
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
