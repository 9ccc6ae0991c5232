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

  private struct Moments {
    let first: Tensor
    let second: Tensor
  }

  private let settings: Settings
  private let decays: (Parameter) -> Bool
  private var moments: [ObjectIdentifier: Moments] = [:]

  /// - Parameter decays: whether weight decay applies to a parameter.
  public init(settings: Settings, decays: @escaping (Parameter) -> Bool = { _ in true }) {
    self.settings = settings
    self.decays = decays
  }

  public func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double) {
    guard let gradient = parameter.gradient else { return }
    let moments = moments(of: parameter)
    var values = tune_adamw_settings(
      learning_rate: Float(learningRate), beta1: Float(settings.beta1), beta2: Float(settings.beta2),
      epsilon: Float(settings.epsilon), weight_decay: decays(parameter) ? Float(settings.weightDecay) : 0,
      gradient_scale: Float(gradientScale), bias_correction1: 1 - pow(settings.beta1, Double(step)),
      bias_correction2: 1 - pow(settings.beta2, Double(step)))
    let weight = parameter.pointer
    withUnsafePointer(to: &values) { settings in
      nonisolated(unsafe) let settings = settings
      parallelRanges(gradient.count, grain: 1 << 14) { range in
        let start = range.lowerBound
        tune_adamw(
          weight + start, moments.first.pointer + start, moments.second.pointer + start, gradient.pointer + start,
          settings, range.count)
      }
    }
  }

  private func moments(of parameter: Parameter) -> Moments {
    if let known = moments[ObjectIdentifier(parameter)] { return known }
    let new = Moments(first: .zeros(parameter.shape), second: .zeros(parameter.shape))
    moments[ObjectIdentifier(parameter)] = new
    return new
  }
}
