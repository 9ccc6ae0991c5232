import Foundation
import Tensors

extension Tensor {
  subscript(row: Int, column: Int) -> Float { pointer[row * width + column] }
}

/// A dot product in double precision.
func dot<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ count: Int, _ a: (Int) -> A, _ b: (Int) -> B) -> Double {
  (0..<count).reduce(0) { $0 + Double(a($1)) * Double(b($1)) }
}

/// The largest error at sampled places, relative to the root mean square of the expected values.
func error(of tensor: Tensor?, _ expected: ((row: Int, column: Int)) -> Double) -> Double {
  guard let tensor else { return .infinity }
  let places = (0..<48).map { (row: $0 * 7919 % tensor.rows, column: $0 * 104_729 % tensor.width) }
  let exact = places.map { expected($0) }
  let scale = (exact.reduce(0) { $0 + $1 * $1 } / Double(exact.count)).squareRoot()
  return zip(places, exact).map { abs(Double(tensor[$0.row, $0.column]) - $1) / scale }.max() ?? .infinity
}

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
