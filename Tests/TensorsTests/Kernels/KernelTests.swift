import CKernels
import Foundation
import Testing

@testable import Tensors

/// The C kernels against double precision.
@Suite struct KernelTests {
  /// silu(g) * 1 over the whole range of the exponential, which the kernel computes itself.
  @Test func swiGLUIsExactOverItsRange() {
    let gates = stride(from: Float(-85), through: 85, by: 0.0137).map { $0 }
    let ones = [Float](repeating: 1, count: gates.count)
    var out = ones
    tune_activation_forward(&out, gates, ones, TUNE_SILU, gates.count)
    for (gate, found) in zip(gates, out) {
      let expected = DoubleReference.swiGLU(gate: Double(gate), up: 1)
      #expect(abs(Double(found) - expected) <= 3e-7 * abs(expected))
    }
  }

  @Test func swiGLUSaturatesBeyondIt() {
    let gates: [Float] = [-1e30, -1000, -100, -88, 88, 100, 1000, 1e30]
    let ones = [Float](repeating: 1, count: gates.count)
    var out = ones, gateGradient = ones, upGradient = ones
    tune_activation_forward(&out, gates, ones, TUNE_SILU, gates.count)
    tune_activation_backward(&gateGradient, &upGradient, ones, gates, ones, TUNE_SILU, gates.count)
    for (index, gate) in gates.enumerated() {
      #expect(out[index].isFinite && gateGradient[index].isFinite && upGradient[index].isFinite)
      guard abs(gate) <= 1000 else { continue }
      #expect(abs(out[index] - max(0, gate)) <= 1e-6 * abs(gate))
      #expect(abs(gateGradient[index] - (gate > 0 ? 1 : 0)) <= 1e-6)
    }
  }

  /// Thirty steps with a changing gradient, in both, as torch.optim.AdamW writes them.
  @Test func adamWEqualsDoublePrecision() {
    let count = 1003, learningRate = 0.01, decay = 0.1, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, clipping = 0.5
    var weight = randomValues(count, "adamw/weight")
    var moment1 = [Float](repeating: 0, count: count), moment2 = moment1
    var exactWeight = weight.map { Double($0) }
    var exactMoment1 = [Double](repeating: 0, count: count), exactMoment2 = exactMoment1
    for step in 1...30 {
      let gradient = randomValues(count, "adamw/\(step)", deviation: 0.1)
      let correction1 = 1 - pow(beta1, Double(step)), correction2 = 1 - pow(beta2, Double(step))
      var settings = tune_adamw_settings(
        learning_rate: Float(learningRate), beta1: beta1, beta2: beta2, epsilon: Float(epsilon),
        weight_decay: Float(decay), gradient_scale: Float(clipping), bias_correction1: correction1,
        bias_correction2: correction2)
      tune_adamw(&weight, &moment1, &moment2, gradient, &settings, count)
      for index in 0..<count {
        let slope = Double(gradient[index]) * clipping
        exactMoment1[index] = beta1 * exactMoment1[index] + (1 - beta1) * slope
        exactMoment2[index] = beta2 * exactMoment2[index] + (1 - beta2) * slope * slope
        exactWeight[index] *= 1 - learningRate * decay
        exactWeight[index] -=
          learningRate * (exactMoment1[index] / correction1)
          / ((exactMoment2[index] / correction2).squareRoot() + epsilon)
      }
    }
    #expect(difference(weight, exactWeight) <= 1e-6)
    #expect(difference(moment1.map { $0 * 100 }, exactMoment1.map { $0 * 100 }) <= 1e-6)
  }

  /// Every code is the nearest value's, for values on, beside and between the midpoints, at any place in a block.
  @Test func eightBitCodesAreTheNearest() {
    // Spaced as the map of a second moment is: twice as many values in each power of ten.
    var values: [Float] = [0, 1]
    for exponent in 1...7 {
      let parts = 1 << exponent
      let power = pow(10, Double(exponent - 7))
      for part in 0..<parts {
        let share = (Double(part) + 0.5) / Double(parts)
        values.append(Float(power * (0.1 + 0.9 * share)))
      }
    }
    values.sort()
    var map = [Float](repeating: 0, count: Int(TUNE_8BIT_MAP_FLOATS))
    tune_8bit_map(&map, values)
    let midpoints = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    let besideMidpoints = midpoints.flatMap { [$0.nextDown, $0, $0.nextUp] }
    let moments = besideMidpoints + values + randomValues(1000, "8bit").map { min(abs($0), 1) }
    // With a beta of 0 the second moment is the squared gradient. A 1 in each block keeps its scale at 1.
    let gradient = moments.enumerated().map { $0.offset % 256 == 0 ? 1 : $0.element.squareRoot() }
    let count = gradient.count, blocks = (count + 255) / 256
    var settings = tune_adamw_settings(
      learning_rate: 1e-3, beta1: 0, beta2: 0, epsilon: 1e-8, weight_decay: 0, gradient_scale: 1, bias_correction1: 1,
      bias_correction2: 1)
    var weight = [Float](repeating: 0, count: count), codes1 = [UInt8](repeating: 0, count: count), codes2 = codes1
    var scales1 = [Float](repeating: 0, count: blocks), scales2 = scales1
    tune_adamw_8bit(&weight, &codes1, &scales1, &codes2, &scales2, gradient, map, map, &settings, count)
    #expect(scales2.allSatisfy { $0 == 1 })
    let expected = gradient.map { slope in midpoints.count { $0 < slope * slope } }
    #expect(codes2.map { Int($0) } == expected && Set(expected).count == 256)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_003]) func sumOfSquaresEqualsDoublePrecision(count: Int) {
    let values = randomValues(count, "squares", deviation: 3)
    let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(tune_sum_of_squares(values, count) - expected) <= 1e-13 * expected)
  }
}
