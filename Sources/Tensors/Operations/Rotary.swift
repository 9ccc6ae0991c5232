import Basics
import CKernels
import Foundation

/// The cosines and sines of rotary position embeddings for positions 0 ..< positionCount.
///
/// Source: Su et al., "RoFormer", 2021, in Hugging Face's half-split layout.
public struct RotaryTable {
  public let headSize: Int
  public let positionCount: Int
  let cosines: Tensor
  let sines: Tensor

  /// - Parameter frequencies: angle per position of each pair, [headSize / 2].
  public init(frequencies: [Double], positionCount: Int) {
    let half = frequencies.count
    headSize = half * 2
    self.positionCount = positionCount
    let cosines = Tensor(shape: [positionCount, half]), sines = Tensor(shape: [positionCount, half])
    for position in 0..<positionCount {
      for pair in 0..<half {
        // Hugging Face multiplies in float32; following it keeps long contexts equal to the last bit.
        let angle = Double(Float(position) * Float(frequencies[pair]))
        cosines.pointer[position * half + pair] = Float(cos(angle))
        sines.pointer[position * half + pair] = Float(sin(angle))
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

/// Turns each head of each row by its position's angles. x [tokens, heads * headSize], positions [tokens].
public func rotary(_ x: Tensor, positions: [Int32], table: RotaryTable) -> Tensor {
  precondition(positions.count == x.rows && x.width % table.headSize == 0, "rotary of \(x.shape)")
  return profiled("rotary") { turned(x, positions, table, direction: 1) }.recorded("rotary", from: [x]) {
    [node = x.node] gradient in
    node?.accumulate(turned(gradient, positions, table, direction: -1))
  }
}

private func turned(_ x: Tensor, _ positions: [Int32], _ table: RotaryTable, direction: Float) -> Tensor {
  let out = Tensor(shape: x.shape)
  positions.withUnsafeBufferPointer { positions in
    nonisolated(unsafe) let positions = positions.baseAddress!
    parallelRanges(x.rows, grain: 16) { range in
      let start = range.lowerBound * x.width
      tune_rotary(
        out.pointer + start, x.pointer + start, table.cosines.pointer, table.sines.pointer,
        positions + range.lowerBound, direction, range.count, x.width / table.headSize, table.headSize)
    }
  }
  return out
}
