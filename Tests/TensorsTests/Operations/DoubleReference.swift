import Foundation

@testable import Tensors

/// A row-major matrix in double precision, for references that are written as the textbook writes them.
struct Matrix {
  let rows: Int
  let columns: Int
  var values: [Double]

  init(_ values: [Double], columns: Int) {
    self.values = values
    self.columns = columns
    rows = values.count / columns
  }

  init(rows: Int, columns: Int) { self.init([Double](repeating: 0, count: rows * columns), columns: columns) }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  var transposed: Matrix {
    var out = Matrix(rows: columns, columns: rows)
    for i in 0..<rows { for j in 0..<columns { out[j, i] = self[i, j] } }
    return out
  }

  static func * (a: Matrix, b: Matrix) -> Matrix {
    var out = Matrix(rows: a.rows, columns: b.columns)
    for i in 0..<a.rows {
      for j in 0..<b.columns {
        var sum = 0.0
        for k in 0..<a.columns { sum += a[i, k] * b[k, j] }
        out[i, j] = sum
      }
    }
    return out
  }
}

/// The operations in double precision, naively.
enum DoubleReference {
  static func linear(_ x: Matrix, _ weight: Matrix, bias: [Double]? = nil) -> Matrix {
    var out = x * weight.transposed
    guard let bias else { return out }
    for i in 0..<out.rows { for j in 0..<out.columns { out[i, j] += bias[j] } }
    return out
  }

  /// A layer with a low-rank update, as a row-major list.
  static func projection(
    _ x: Matrix, _ weight: [Double], bias: [Double]? = nil, a: [Double], b: [Double], rank: Int, scale: Double
  ) -> [Double] {
    let base = linear(x, Matrix(weight, columns: x.columns), bias: bias)
    let update = linear(linear(x, Matrix(a, columns: x.columns)), Matrix(b, columns: rank))
    return zip(base.values, update.values).map { $0 + scale * $1 }
  }

  static func rmsNorm(_ x: Matrix, _ weight: [Double], epsilon: Double) -> Matrix {
    var out = x
    for i in 0..<x.rows {
      let meanSquare = (0..<x.columns).reduce(0) { $0 + x[i, $1] * x[i, $1] } / Double(x.columns)
      for j in 0..<x.columns { out[i, j] = x[i, j] / (meanSquare + epsilon).squareRoot() * weight[j] }
    }
    return out
  }

  static func swiGLU(gate: Double, up: Double) -> Double { gate / (1 + exp(-gate)) * up }

  static func rotary(_ x: Matrix, positions: [Int32], headSize: Int, theta: Double) -> Matrix {
    var out = x
    let half = headSize / 2
    for i in 0..<x.rows {
      for start in stride(from: 0, to: x.columns, by: headSize) {
        for pair in 0..<half {
          let angle = Double(positions[i]) * pow(theta, -2 * Double(pair) / Double(headSize))
          let (a, b) = (x[i, start + pair], x[i, start + pair + half])
          out[i, start + pair] = a * cos(angle) - b * sin(angle)
          out[i, start + pair + half] = b * cos(angle) + a * sin(angle)
        }
      }
    }
    return out
  }

  /// scale * the sum over rows of -log softmax(x * headᵀ)[target].
  static func headCrossEntropy(_ x: Matrix, head: Matrix, targets: [Int32], scale: Double) -> Double {
    let logits = linear(x, head)
    return scale
      * targets.indices.reduce(0) { sum, row in
        let scores = (0..<logits.columns).map { logits[row, $0] }
        return sum + logSumExp(scores) - scores[Int(targets[row])]
      }
  }

  static func logSumExp(_ values: [Double]) -> Double {
    let largest = values.max() ?? 0
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
  }
}

/// Causal attention and its gradient in double precision, one head of one segment after another.
struct AttentionReference {
  let shape: AttentionShape
  let offsets: [Int]
  let query: Matrix
  let key: Matrix
  let value: Matrix

  var output: Matrix {
    var out = Matrix(rows: query.rows, columns: query.columns)
    forEachHead { segment, head in
      let weights = self.weights(segment, head)
      for i in segment {
        for j in 0..<shape.headSize {
          var sum = 0.0
          for k in segment.lowerBound...i {
            sum += weights[i - segment.lowerBound, k - segment.lowerBound] * value[k, sharedColumn(head) + j]
          }
          out[i, head * shape.headSize + j] = sum
        }
      }
    }
    return out
  }

  /// The gradients of query, key and value for this gradient of the output.
  func gradients(_ d: Matrix) -> (query: Matrix, key: Matrix, value: Matrix) {
    var result = (
      query: Matrix(rows: query.rows, columns: query.columns), key: Matrix(rows: key.rows, columns: key.columns),
      value: Matrix(rows: key.rows, columns: key.columns)
    )
    let size = shape.headSize
    forEachHead { segment, head in
      let weights = self.weights(segment, head), own = head * size, shared = sharedColumn(head)
      for i in segment {
        let row = i - segment.lowerBound
        let slopes = (segment.lowerBound...i).map { k in
          (0..<size).reduce(0) { $0 + d[i, own + $1] * value[k, shared + $1] }
        }
        let mean = slopes.indices.reduce(0) { $0 + slopes[$1] * weights[row, $1] }
        for (index, k) in (segment.lowerBound...i).enumerated() {
          let slope = weights[row, index] * (slopes[index] - mean) * Double(shape.scale)
          for j in 0..<size {
            result.query[i, own + j] += slope * key[k, shared + j]
            result.key[k, shared + j] += slope * query[i, own + j]
            result.value[k, shared + j] += weights[row, index] * d[i, own + j]
          }
        }
      }
    }
    return result
  }

  private func forEachHead(_ body: (Range<Int>, Int) -> Void) {
    for (start, end) in zip(offsets, offsets.dropFirst()) {
      for head in 0..<shape.headCount { body(start..<end, head) }
    }
  }

  private func sharedColumn(_ head: Int) -> Int {
    head / (shape.headCount / shape.keyValueHeadCount) * shape.headSize
  }

  /// The softmax of a head's scores: row i of the segment has weights for the columns 0...i.
  private func weights(_ segment: Range<Int>, _ head: Int) -> Matrix {
    var weights = Matrix(rows: segment.count, columns: segment.count)
    let own = head * shape.headSize, shared = sharedColumn(head)
    for i in segment {
      let scores = (segment.lowerBound...i).map { k in
        Double(shape.scale) * (0..<shape.headSize).reduce(0) { $0 + query[i, own + $1] * key[k, shared + $1] }
      }
      let total = DoubleReference.logSumExp(scores)
      for (index, score) in scores.enumerated() { weights[i - segment.lowerBound, index] = exp(score - total) }
    }
    return weights
  }
}
