import Basics
import CKernels
import Foundation
import Tensors

/// AdamW (Loshchilov and Hutter 2019), step for step as torch.optim.AdamW computes it.
public final class AdamW: Optimizer {
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

  private let settings: Settings
  private let decays: (Parameter) -> Bool
  private var moments: [ObjectIdentifier: AdamMoments] = [:]

  /// - Parameter decays: whether weight decay applies to a parameter.
  public init(settings: Settings, decays: @escaping (Parameter) -> Bool = { _ in true }) {
    self.settings = settings
    self.decays = decays
  }

  public func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double) {
    guard let gradient = parameter.gradient else { return }
    let values = settings.atStep(
      step, learningRate: learningRate, gradientScale: gradientScale, decays: decays(parameter))
    moments(of: parameter).update(parameter.pointer, gradient: gradient, values)
  }

  public var stateByteCount: Int { moments.values.reduce(0) { $0 + $1.byteCount } }

  private func moments(of parameter: Parameter) -> AdamMoments {
    if let known = moments[ObjectIdentifier(parameter)] { return known }
    let new = AdamMoments(shape: parameter.shape)
    moments[ObjectIdentifier(parameter)] = new
    return new
  }
}

/// The running means of a gradient and of its square.
struct AdamMoments {
  let first: Tensor
  let second: Tensor

  init(shape: [Int]) {
    first = .zeros(shape)
    second = .zeros(shape)
  }

  var byteCount: Int { (first.count + second.count) * MemoryLayout<Float>.stride }

  /// Takes the gradient in and moves the weight.
  func update(_ weight: UnsafeMutablePointer<Float>, gradient: Tensor, _ values: tune_adamw_settings) {
    withUnsafePointer(to: values) { values in
      nonisolated(unsafe) let values = values
      parallelRanges(gradient.count, grain: 1 << 14) { range in
        let start = range.lowerBound
        tune_adamw(
          weight + start, first.pointer + start, second.pointer + start, gradient.pointer + start, values, range.count)
      }
    }
  }
}

extension AdamW.Settings {
  /// What the kernels take at an optimiser step, from 1.
  func atStep(_ step: Int, learningRate: Double, gradientScale: Double, decays: Bool) -> tune_adamw_settings {
    tune_adamw_settings(
      learning_rate: Float(learningRate), beta1: beta1, beta2: beta2, epsilon: Float(epsilon),
      weight_decay: decays ? Float(weightDecay) : 0, gradient_scale: Float(gradientScale),
      bias_correction1: 1 - pow(beta1, Double(step)), bias_correction2: 1 - pow(beta2, Double(step)))
  }
}
