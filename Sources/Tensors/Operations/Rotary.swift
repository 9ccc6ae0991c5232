import Basics
import CKernels
import Foundation

/// The cosines and sines of rotary position embeddings, a row a position.
///
/// Source: Su et al., "RoFormer", 2021, in Hugging Face's half-split layout.
public struct RotaryTable {
  /// The elements of each head that are turned, its first ones.
  public let turnedSize: Int
  public let rowCount: Int
  let cosines: Tensor
  let sines: Tensor

  /// The positions 0 ..< positionCount.
  ///
  /// - Parameters:
  ///   - frequencies: angle per position of each pair, [turnedSize / 2].
  ///   - scale: multiplies cosines and sines, as YaRN does.
  public init(frequencies: [Double], positionCount: Int, scale: Double = 1) {
    self.init(turnedSize: frequencies.count * 2, rowCount: positionCount, scale: scale) { ($0, frequencies) }
  }

  /// A table whose row i has a position and frequencies of its own.
  public init(
    turnedSize: Int, rowCount: Int, scale: Double = 1, row: (Int) -> (position: Int, frequencies: [Double])
  ) {
    let half = turnedSize / 2
    self.turnedSize = turnedSize
    self.rowCount = rowCount
    let cosines = Tensor(shape: [rowCount, half]), sines = Tensor(shape: [rowCount, half])
    for index in 0..<rowCount {
      let (position, frequencies) = row(index)
      for pair in 0..<half {
        // Hugging Face multiplies in float32; following it keeps long contexts equal to the last bit.
        let angle = Double(Float(position) * Float(frequencies[pair]))
        cosines.pointer[index * half + pair] = Float(cos(angle) * scale)
        sines.pointer[index * half + pair] = Float(sin(angle) * scale)
      }
    }
    self.cosines = cosines
    self.sines = sines
  }

  /// theta^(-2i / headSize), the frequencies of the original method.
  public static func frequencies(headSize: Int, theta: Double) -> [Double] {
    (0..<headSize / 2).map { 1 / pow(theta, Double(2 * $0) / Double(headSize)) }
  }
}

/// Turns each head of each row by its position's angles. x [tokens, heads * headSize], rows of the table [tokens].
public func rotary(_ x: Tensor, rows: [Int32], table: RotaryTable, headSize: Int) -> Tensor {
  precondition(rows.count == x.rows && x.width % headSize == 0, "rotary of \(x.shape)")
  precondition(table.turnedSize <= headSize, "rotary of \(table.turnedSize) elements in heads of \(headSize)")
  return profiled("rotary") { turned(x, rows, table, headSize, direction: 1) }.recorded("rotary", from: [x]) {
    [node = x.node] gradient in
    node?.accumulate(turned(gradient, rows, table, headSize, direction: -1))
  }
}

private func turned(
  _ x: Tensor, _ rows: [Int32], _ table: RotaryTable, _ headSize: Int, direction: Float
) -> Tensor {
  let out = Tensor(shape: x.shape)
  rows.withUnsafeBufferPointer { rows in
    nonisolated(unsafe) let rows = rows.baseAddress!
    parallelRanges(x.rows, grain: 16) { range in
      let start = range.lowerBound * x.width
      tune_rotary(
        out.pointer + start, x.pointer + start, table.cosines.pointer, table.sines.pointer, rows + range.lowerBound,
        direction, range.count, x.width / headSize, headSize, table.turnedSize)
    }
  }
  return out
}
