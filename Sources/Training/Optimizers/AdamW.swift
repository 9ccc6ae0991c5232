import Basics
import CKernels
import Foundation
import Tensors

/// AdamW (Loshchilov and Hutter 2019), step for step as torch.optim.AdamW computes it.
public final class AdamW {
  public struct Settings: Sendable, Equatable {
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.0

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  private struct Slot {
    let parameter: Parameter
    let moment1: Tensor
    let moment2: Tensor
    let weightDecay: Double
  }

  private let settings: Settings
  private let slots: [Slot]
  private var step = 0

  /// - Parameter decays: whether weight decay applies to a parameter.
  public init(_ parameters: [Parameter], settings: Settings, decays: (Parameter) -> Bool = { _ in true }) {
    self.settings = settings
    slots = parameters.map {
      Slot(
        parameter: $0, moment1: .zeros($0.shape), moment2: .zeros($0.shape),
        weightDecay: decays($0) ? settings.weightDecay : 0)
    }
  }

  /// One update from the parameters' gradients, each multiplied by `gradientScale` first (clipping).
  public func update(learningRate: Double, gradientScale: Double) {
    step += 1
    for slot in slots {
      guard let gradient = slot.parameter.gradient else { continue }
      var values = tune_adamw_settings(
        learning_rate: Float(learningRate), beta1: Float(settings.beta1), beta2: Float(settings.beta2),
        epsilon: Float(settings.epsilon), weight_decay: Float(slot.weightDecay), gradient_scale: Float(gradientScale),
        bias_correction1: 1 - pow(settings.beta1, Double(step)), bias_correction2: 1 - pow(settings.beta2, Double(step))
      )
      let weight = slot.parameter.pointer
      withUnsafePointer(to: &values) { settings in
        nonisolated(unsafe) let settings = settings
        parallelRanges(gradient.count, grain: 1 << 14) { range in
          let start = range.lowerBound
          tune_adamw(
            weight + start, slot.moment1.pointer + start, slot.moment2.pointer + start, gradient.pointer + start,
            settings, range.count)
        }
      }
    }
  }
}

/// The Euclidean norm of all gradients together; each parameter is summed in a fixed order.
public func gradientNorm(_ parameters: [Parameter]) -> Double {
  var sums = [Double](repeating: 0, count: parameters.count)
  let gradients = parameters.map { $0.gradient }
  sums.withUnsafeMutableBufferPointer { sums in
    nonisolated(unsafe) let sums = sums
    parallelFor(parameters.count) { index in
      if let gradient = gradients[index] { sums[index] = tune_sum_of_squares(gradient.pointer, gradient.count) }
    }
  }
  return sums.reduce(0, +).squareRoot()
}
