import Foundation

@testable import Tensors

/// Attention and its gradient in double precision, one head of one segment after another.
struct AttentionReference {
  let shape: AttentionShape
  let offsets: [Int]
  var keyOffsets: [Int]?
  let query: Matrix
  let key: Matrix
  let value: Matrix
  /// [heads, distances] and the column of distance 0.
  var bias: (values: Matrix, origin: Int)?

  var output: Matrix {
    var out = Matrix(rows: query.rows, columns: query.columns)
    forEachHead { rows, keys, head in
      let weights = self.weights(rows, keys, head)
      for (i, row) in rows.enumerated() {
        for j in 0..<shape.headSize {
          out[row, head * shape.headSize + j] = keys.enumerated().reduce(0) {
            $0 + weights[i, $1.offset] * value[$1.element, sharedColumn(head) + j]
          }
        }
      }
    }
    return out
  }

  /// The gradients of query, key, value and bias for this gradient of the output.
  func gradients(_ d: Matrix) -> (query: Matrix, key: Matrix, value: Matrix, bias: Matrix?) {
    var result = (
      query: Matrix(rows: query.rows, columns: query.columns), key: Matrix(rows: key.rows, columns: key.columns),
      value: Matrix(rows: key.rows, columns: key.columns),
      bias: bias.map { Matrix(rows: $0.values.rows, columns: $0.values.columns) }
    )
    let size = shape.headSize
    forEachHead { rows, keys, head in
      let weights = self.weights(rows, keys, head), own = head * size, shared = sharedColumn(head)
      for (i, row) in rows.enumerated() {
        let slopes = keys.map { k in (0..<size).reduce(0) { $0 + d[row, own + $1] * value[k, shared + $1] } }
        let mean = slopes.indices.reduce(0) { $0 + slopes[$1] * weights[i, $1] }
        for (index, k) in keys.enumerated() where weights[i, index] > 0 {
          var slope = weights[i, index] * (slopes[index] - mean)
          if let cap = shape.softcap.map({ Double($0) }) {
            slope *= 1 - pow(tanh(uncapped(row, k, i, index, head) / cap), 2)
          }
          if let bias { result.bias?[head, bias.origin + index - i] += slope }
          slope *= Double(shape.scale)
          for j in 0..<size {
            result.query[row, own + j] += slope * key[k, shared + j]
            result.key[k, shared + j] += slope * query[row, own + j]
            result.value[k, shared + j] += weights[i, index] * d[row, own + j]
          }
        }
      }
    }
    return result
  }

  private func forEachHead(_ body: (_ rows: Range<Int>, _ keys: Range<Int>, _ head: Int) -> Void) {
    let keyOffsets = keyOffsets ?? offsets
    for index in 0..<offsets.count - 1 {
      for head in 0..<shape.headCount {
        body(offsets[index]..<offsets[index + 1], keyOffsets[index]..<keyOffsets[index + 1], head)
      }
    }
  }

  private func sharedColumn(_ head: Int) -> Int {
    head / (shape.headCount / shape.keyValueHeadCount) * shape.headSize
  }

  /// The score of one pair before it is capped; `i` and `index` are places in the segment.
  private func uncapped(_ row: Int, _ k: Int, _ i: Int, _ index: Int, _ head: Int) -> Double {
    let own = head * shape.headSize, shared = sharedColumn(head)
    let product = (0..<shape.headSize).reduce(0) { $0 + query[row, own + $1] * key[k, shared + $1] }
    return Double(shape.scale) * product + (bias.map { $0.values[head, $0.origin + index - i] } ?? 0)
  }

  private func sees(_ i: Int, _ index: Int) -> Bool {
    guard shape.isCausal else { return true }
    return index <= i && i - index < shape.window ?? .max
  }

  /// The softmax of a head's scores, a row a query; 0 for keys that are not seen.
  private func weights(_ rows: Range<Int>, _ keys: Range<Int>, _ head: Int) -> Matrix {
    var weights = Matrix(rows: rows.count, columns: keys.count)
    for (i, row) in rows.enumerated() {
      let seen = keys.indices.map { $0 - keys.lowerBound }.filter { sees(i, $0) }
      let scores = seen.map { index in
        let score = uncapped(row, keys.lowerBound + index, i, index, head)
        return shape.softcap.map { Double($0) * tanh(score / Double($0)) } ?? score
      }
      let total = DoubleReference.logSumExp(scores)
      for (index, score) in zip(seen, scores) { weights[i, index] = exp(score - total) }
    }
    return weights
  }
}
