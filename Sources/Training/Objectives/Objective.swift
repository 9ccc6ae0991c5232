import Basics
import Models
import Tensors

/// What is learnt: a function from a model's states on a batch to a loss; one file each.
public protocol Objective {
  /// - Parameters:
  ///   - hidden: the states of the rows that have a target, [rows, hiddenSize].
  ///   - scale: multiplies the loss; one over the trained tokens of the optimiser step.
  func loss(
    _ model: any LanguageModel, _ hidden: Tensor, _ batch: SupervisedBatch, scale: Float
  ) -> ObjectiveLoss

  /// For `run.json`.
  var json: JSON { get }
}

/// The loss of one pass.
public struct ObjectiveLoss {
  /// scale * sum, [1]; `backward()` on it sends the gradient.
  public let loss: Tensor
  /// What is minimised, summed over the targets, unscaled.
  public let sum: Double
  /// The cross-entropy of each target.
  public let rowLosses: [Float]

  public init(loss: Tensor, sum: Double, rowLosses: [Float]) {
    self.loss = loss
    self.sum = sum
    self.rowLosses = rowLosses
  }
}
