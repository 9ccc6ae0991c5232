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

  static func rmsNorm(_ x: Matrix, _ weight: [Double], epsilon: Double, offset: Double = 0) -> Matrix {
    var out = x
    for i in 0..<x.rows {
      let meanSquare = (0..<x.columns).reduce(0) { $0 + x[i, $1] * x[i, $1] } / Double(x.columns)
      for j in 0..<x.columns { out[i, j] = x[i, j] / (meanSquare + epsilon).squareRoot() * (offset + weight[j]) }
    }
    return out
  }

  static func layerNorm(_ x: Matrix, _ weight: [Double], bias: [Double]?, epsilon: Double) -> Matrix {
    var out = x
    for i in 0..<x.rows {
      let mean = (0..<x.columns).reduce(0) { $0 + x[i, $1] } / Double(x.columns)
      let variance = (0..<x.columns).reduce(0) { $0 + pow(x[i, $1] - mean, 2) } / Double(x.columns)
      for j in 0..<x.columns {
        out[i, j] = (x[i, j] - mean) / (variance + epsilon).squareRoot() * weight[j] + (bias?[j] ?? 0)
      }
    }
    return out
  }

  static func activated(_ x: Double, by activation: Activation) -> Double {
    switch activation {
    case .silu: x / (1 + exp(-x))
    case .gelu: 0.5 * x * (1 + erf(x / 2.squareRoot()))
    case .geluTanh: 0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .relu: max(0, x)
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    }
  }

  static func swiGLU(gate: Double, up: Double) -> Double { gate / (1 + exp(-gate)) * up }

  static func rotary(
    _ x: Matrix, positions: [Int32], headSize: Int, theta: Double, turnedSize: Int? = nil
  ) -> Matrix {
    var out = x
    let turnedSize = turnedSize ?? headSize, half = turnedSize / 2
    for i in 0..<x.rows {
      for start in stride(from: 0, to: x.columns, by: headSize) {
        for pair in 0..<half {
          let angle = Double(positions[i]) * pow(theta, -2 * Double(pair) / Double(turnedSize))
          let (a, b) = (x[i, start + pair], x[i, start + pair + half])
          out[i, start + pair] = a * cos(angle) - b * sin(angle)
          out[i, start + pair + half] = b * cos(angle) + a * sin(angle)
        }
      }
    }
    return out
  }

  /// A head [vocabulary, width] with rows of its own for some tokens, plus scale * b a.
  static func changedHead(
    _ head: [Double], width: Int, tokens: [Int], values: [Double], a: [Double], b: [Double], scale: Double
  ) -> [Double] {
    var changed = head
    for (place, token) in tokens.enumerated() {
      for column in 0..<width { changed[token * width + column] = values[place * width + column] }
    }
    let rank = a.count / width
    for index in changed.indices {
      for inner in 0..<rank {
        changed[index] += scale * b[index / width * rank + inner] * a[inner * width + index % width]
      }
    }
    return changed
  }

  /// How far vectors are from orthonormal ones: the Frobenius norm of their products less the identity.
  static func orthogonality(_ vectors: [[Double]]) -> Double {
    var sum = 0.0
    for (row, left) in vectors.enumerated() {
      for (column, right) in vectors.enumerated() {
        var product = row == column ? -1.0 : 0
        for (a, b) in zip(left, right) { product += a * b }
        sum += product * product
      }
    }
    return sum.squareRoot()
  }

  /// scale * the sum over rows of -log softmax(x * headᵀ)[target].
  static func headCrossEntropy(
    _ x: Matrix, head: Matrix, targets: [Int32], scale: Double, softcap: Double? = nil
  ) -> Double {
    var logits = linear(x, head)
    if let softcap { logits.values = logits.values.map { softcap * Foundation.tanh($0 / softcap) } }
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
