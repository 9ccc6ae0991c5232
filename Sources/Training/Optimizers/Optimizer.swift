import Tensors

/// A rule that turns gradients into updates, with its state for every parameter that it has updated.
public protocol Optimizer: AnyObject {
  /// Updates a parameter from its gradient; nothing happens where it has none.
  ///
  /// - Parameters:
  ///   - step: the optimiser step, from 1.
  ///   - gradientScale: multiplies the gradient first (clipping).
  func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double)
}

/// The rules there are.
public enum OptimizerName: String, Sendable, CaseIterable {
  case adamw
  case adafactor
}
