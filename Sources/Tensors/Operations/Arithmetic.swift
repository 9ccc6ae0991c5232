import Basics
import CKernels

/// Elements a thread takes at a time in elementwise work.
let elementGrain = 1 << 14

/// The elementwise sum of two tensors of the same shape.
public func add(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape == b.shape, "add \(a.shape) and \(b.shape)")
  // Closures hold nodes, not tensors, wherever the values are not needed: what nobody reads is released at once.
  return summed(a, b).recorded("add", from: [a, b]) { [a = a.node, b = b.node] gradient in
    a?.accumulate(gradient)
    b?.accumulate(gradient)
  }
}

/// The same elements, in the same order, in another shape.
public func reshaped(_ x: Tensor, _ shape: [Int]) -> Tensor {
  Tensor(shape: shape, buffer: x.buffer).recorded("reshape", from: [x]) { [node = x.node, shape = x.shape] gradient in
    node?.accumulate(Tensor(shape: shape, buffer: gradient.buffer))
  }
}

/// A copy with rows and columns exchanged; records nothing.
public func transposed(_ x: Tensor) -> Tensor {
  let (rows, columns) = (x.rows, x.width)
  let out = Tensor(shape: [columns, rows])
  // By blocks, so that both sides stay in the cache.
  let block = 32
  parallelFor((rows + block - 1) / block) { index in
    let own = index * block..<min(rows, (index + 1) * block)
    for start in stride(from: 0, to: columns, by: block) {
      for row in own {
        for column in start..<min(columns, start + block) {
          out.pointer[column * rows + row] = x.pointer[row * columns + column]
        }
      }
    }
  }
  return out
}

/// Every element times a number.
public func scaled(_ x: Tensor, by factor: Float) -> Tensor {
  func multiplied(_ x: Tensor) -> Tensor {
    let out = Tensor(shape: x.shape)
    parallelRanges(x.count, grain: elementGrain) { range in
      tune_scale(out.pointer + range.lowerBound, x.pointer + range.lowerBound, factor, range.count)
    }
    return out
  }
  return multiplied(x).recorded("scale", from: [x]) { [node = x.node] in node?.accumulate(multiplied($0)) }
}

/// Every element times one trained number.
///
/// - Parameter factor: [1]
public func scaled(_ x: Tensor, by factor: Parameter) -> Tensor {
  precondition(factor.count == 1, "\(factor.name): \(factor.shape) is not one number")
  let number = factor.pointer[0]
  return scaled(x.detached, by: number).recorded("scale", from: [x], parameters: [factor]) {
    [node = x.node, x = factor.isTrainable ? x.detached : nil] gradient in
    node?.accumulate(scaled(gradient, by: number))
    if let x { factor.addToGradient { sum in sum[0] += columnProducts(gradient, x).reduce(0, +) } }
  }
}

/// Every column times a trained number: x [tokens, width] * scale [width] * factors [width] + bias [width].
///
/// - Parameters:
///   - factors: numbers that multiply the scale and are not trained; nil for ones.
///   - bias: added afterwards; nil for none.
public func scaledColumns(_ x: Tensor, by scale: Parameter, factors: [Float]? = nil, bias: Parameter? = nil) -> Tensor {
  let width = x.width
  precondition(scale.count == width && factors?.count ?? width == width, "\(scale.name): \(scale.shape) for \(x.shape)")
  let product = Tensor(shape: [width])
  for column in 0..<width { product.pointer[column] = scale.pointer[column] * (factors?[column] ?? 1) }
  let out = scaledColumns(x, product, bias: bias?.value)
  return out.recorded("scaledColumns", from: [x], parameters: [scale] + (bias.map { [$0] } ?? [])) {
    [node = x.node, x = scale.isTrainable ? x.detached : nil] gradient in
    node?.accumulate(scaledColumns(gradient, product, bias: nil))
    if let x {
      scale.addToGradient { sum in
        let own = columnProducts(gradient, x)
        for column in 0..<width { sum[column] += own[column] * (factors?[column] ?? 1) }
      }
    }
    if let bias, bias.isTrainable { bias.addToGradient { Products.addColumns($0, of: gradient) } }
  }
}

/// Every row plus a trained vector times a number: x [tokens, width] + scale * vector [width].
public func addedToRows(_ x: Tensor, _ vector: Parameter, scale: Float) -> Tensor {
  let width = x.width, out = Tensor(shape: x.shape)
  precondition(vector.count == width, "\(vector.name): \(vector.shape) for \(x.shape)")
  let added = scaled(vector.value, by: scale)
  parallelRanges(x.rows, grain: rowGrain) { rows in
    for row in rows { tune_add(out.pointer + row * width, x.pointer + row * width, added.pointer, width) }
  }
  return out.recorded("addedToRows", from: [x], parameters: [vector]) { [node = x.node] gradient in
    node?.accumulate(gradient)
    guard vector.isTrainable else { return }
    let sums = Tensor.zeros([width])
    Products.addColumns(sums.pointer, of: gradient)
    vector.addToGradient { tune_add_scaled($0, sums.pointer, scale, width) }
  }
}

/// x [tokens, width] * scale [width] + bias [width].
private func scaledColumns(_ x: Tensor, _ scale: Tensor, bias: Tensor?) -> Tensor {
  let out = Tensor(shape: x.shape), width = x.width
  parallelRanges(x.rows, grain: rowGrain) { rows in
    let start = rows.lowerBound * width
    tune_scale_columns(out.pointer + start, x.pointer + start, scale.pointer, bias?.pointer, rows.count, width)
  }
  return out
}

/// The sum of a * b over the rows, for each column.
private func columnProducts(_ a: Tensor, _ b: Tensor) -> [Float] {
  let sums = Tensor.zeros([a.width])
  parallelRanges(a.width, grain: 64) { columns in
    let start = columns.lowerBound
    tune_add_column_products(
      sums.pointer + start, a.pointer + start, b.pointer + start, a.rows, a.width, columns.count)
  }
  return sums.values
}

/// The Euclidean norms of the rows of a + b, both [rows, width]; records nothing.
public func rowNorms(_ a: Tensor, plus b: Tensor) -> [Float] {
  let sums = Tensor(shape: [a.rows]), width = a.width
  parallelRanges(a.rows, grain: rowGrain) { rows in
    let start = rows.lowerBound
    tune_row_squares(
      sums.pointer + start, a.pointer + start * width, b.pointer + start * width, rows.count, width)
  }
  return sums.values.map { $0.squareRoot() }
}

/// The columns of x taken apart: output i has those of `columns[i]`, range after range. x [tokens, width].
///
/// Every column may be taken at most once.
public func splitColumns(_ x: Tensor, _ columns: [[Range<Int>]]) -> [Tensor] {
  let outputs = columns.map { ranges in Tensor(shape: [x.rows, ranges.reduce(0) { $0 + $1.count }]) }
  profiled("split") {
    for (ranges, out) in zip(columns, outputs) {
      eachPiece(of: ranges, rows: x.rows) { row, inside, range in
        (out.pointer + row * out.width + inside)
          .update(from: x.pointer + row * x.width + range.lowerBound, count: range.count)
      }
    }
  }
  return Tensor.recorded(outputs, from: [x], parameters: []) { [node = x.node, shape = x.shape] gradients in
    let below = Tensor.zeros(shape)
    for (ranges, gradient) in zip(columns, gradients) {
      guard let gradient else { continue }
      eachPiece(of: ranges, rows: gradient.rows) { row, inside, range in
        (below.pointer + row * below.width + range.lowerBound)
          .update(from: gradient.pointer + row * gradient.width + inside, count: range.count)
      }
    }
    node?.accumulate(below)
  }
}

/// Matrices of as many rows side by side: the opposite of `splitColumns`. parts [tokens, width of each].
public func joinedColumns(_ parts: [Tensor]) -> Tensor {
  let rows = parts[0].rows, starts = parts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.width) }
  precondition(parts.allSatisfy { $0.rows == rows }, "columns of \(parts.map { $0.shape })")
  let out = Tensor(shape: [rows, starts[parts.count]])
  for (part, start) in zip(parts, starts) {
    for row in 0..<rows {
      (out.pointer + row * out.width + start).update(from: part.pointer + row * part.width, count: part.width)
    }
  }
  return out.recorded("joinedColumns", from: parts) { [nodes = parts.map { $0.node }] gradient in
    let pieces = splitColumns(gradient, zip(starts, starts.dropFirst()).map { [$0..<$1] })
    for (node, piece) in zip(nodes, pieces) { node?.accumulate(piece) }
  }
}

/// Calls `body` with each row, the place of a range among its part's columns, and the range.
private func eachPiece(of ranges: [Range<Int>], rows: Int, _ body: (Int, Int, Range<Int>) -> Void) {
  parallelRanges(rows, grain: rowGrain) { own in
    for row in own {
      var inside = 0
      for range in ranges {
        body(row, inside, range)
        inside += range.count
      }
    }
  }
}

/// Dropout as an operation: each element is zero with probability `probability`, else divided by `1 - probability`.
///
/// - Parameter seed: decides every element.
public func dropout(_ x: Tensor, probability: Float, seed: UInt64) -> Tensor {
  dropped(x, probability, seed).recorded("dropout", from: [x]) { [node = x.node] in
    node?.accumulate(dropped($0, probability, seed))
  }
}

/// Dropout: each element is zero with probability `probability`, else divided by `1 - probability`.
///
/// - Parameter seed: decides every element; the gradient replays it, so no mask is stored. Records nothing.
func dropped(_ x: Tensor, _ probability: Float, _ seed: UInt64) -> Tensor {
  let out = Tensor(shape: x.shape)
  parallelRanges(x.count, grain: elementGrain) { range in
    tune_dropout(
      out.pointer + range.lowerBound, x.pointer + range.lowerBound, probability, seed, UInt64(range.lowerBound),
      range.count)
  }
  return out
}

func summed(_ a: Tensor, _ b: Tensor) -> Tensor {
  let out = Tensor(shape: a.shape)
  profiled("add") {
    parallelRanges(a.count, grain: elementGrain) { range in
      let start = range.lowerBound
      tune_add(out.pointer + start, a.pointer + start, b.pointer + start, range.count)
    }
  }
  return out
}

func addInPlace(_ sum: Tensor, _ term: Tensor) {
  profiled("add") {
    parallelRanges(sum.count, grain: elementGrain) { range in
      tune_add_scaled(sum.pointer + range.lowerBound, term.pointer + range.lowerBound, 1, range.count)
    }
  }
}
