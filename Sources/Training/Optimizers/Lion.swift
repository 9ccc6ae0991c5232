import Basics
import CKernels
import Tensors

/// Lion (Chen et al. 2023), step for step as lion_pytorch and bitsandbytes compute it: every weight moves by the
/// learning rate, in the direction that a running mean of gradients says. There is one moment.
public final class Lion: Optimizer {
  public struct Settings: Sendable, Equatable {
    /// The share of the moment, against the gradient, in the direction.
    public var beta1 = 0.9
    /// The moment's own decay.
    public var beta2 = 0.99
    public var weightDecay = 0.0

    public init(weightDecay: Double = 0) { self.weightDecay = weightDecay }
  }

  private let settings: Settings
  private let decays: (Parameter) -> Bool
  private var moments: [ObjectIdentifier: Tensor] = [:]

  /// - Parameter decays: whether weight decay applies to a parameter.
  public init(settings: Settings = Settings(), decays: @escaping (Parameter) -> Bool = { _ in true }) {
    self.settings = settings
    self.decays = decays
  }

  public func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double) {
    guard let gradient = parameter.gradient else { return }
    let moment = moment(of: parameter), weight = parameter.pointer
    let values = tune_lion_settings(
      learning_rate: Float(learningRate), beta1: settings.beta1, beta2: settings.beta2,
      weight_decay: decays(parameter) ? Float(settings.weightDecay) : 0, gradient_scale: Float(gradientScale))
    withUnsafePointer(to: values) { values in
      nonisolated(unsafe) let values = values
      parallelRanges(gradient.count, grain: 1 << 14) { range in
        let start = range.lowerBound
        tune_lion(weight + start, moment.pointer + start, gradient.pointer + start, values, range.count)
      }
    }
  }

  public var stateByteCount: Int { moments.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }

  private func moment(of parameter: Parameter) -> Tensor {
    if let known = moments[ObjectIdentifier(parameter)] { return known }
    let new = Tensor.zeros(parameter.shape)
    moments[ObjectIdentifier(parameter)] = new
    return new
  }
}
