import Basics
import Datasets
import Models
import Tensors

/// Holds trained weights near where they started: adds weight / 2 · Σ F (θ - θ₀)² to the loss of every step.
///
/// With F = 1 it is L2-SP (Li, Grandvalet and Davoine, "Explicit Inductive Bias for Transfer Learning", 2018), with F the
/// diagonal of the Fisher information it is elastic weight consolidation (Kirkpatrick et al., "Overcoming catastrophic
/// forgetting in neural networks", 2017).
public final class WeightPenalty {
  private let weight: Float
  private var anchors: [ObjectIdentifier: Anchor] = [:]

  private struct Anchor {
    let start: Tensor
    /// How much each weight matters; nil for 1.
    let importance: Tensor?
  }

  /// - Parameters:
  ///   - parameters: as they are now.
  ///   - importance: of each parameter in turn; nil for 1.
  public init(weight: Double, _ parameters: [Parameter], importance: [Tensor]? = nil) {
    self.weight = Float(weight)
    for (index, parameter) in parameters.enumerated() {
      anchors[ObjectIdentifier(parameter)] = Anchor(
        start: Tensor(parameter.value.values, shape: parameter.shape), importance: importance?[index])
    }
  }

  /// Adds weight · F (θ - θ₀).
  func addGradient(to parameter: Parameter) {
    guard let anchor = anchors[ObjectIdentifier(parameter)] else { return }
    let (values, start, importance) = (parameter.pointer, anchor.start.pointer, anchor.importance?.pointer)
    parameter.addToGradient { [weight] sum in
      nonisolated(unsafe) let (sum, values, start, importance) = (sum, values, start, importance)
      parallelRanges(parameter.count, grain: 1 << 14) { range in
        for index in range { sum[index] += weight * (importance?[index] ?? 1) * (values[index] - start[index]) }
      }
    }
  }

  /// weight / 2 · Σ F (θ - θ₀)² now.
  public func value(of parameters: [Parameter]) -> Double {
    parameters.reduce(0) { sum, parameter in
      guard let anchor = anchors[ObjectIdentifier(parameter)] else { return sum }
      return (0..<parameter.count).reduce(sum) { sum, index in
        let distance = Double(parameter.pointer[index] - anchor.start.pointer[index])
        return sum + Double(weight) / 2 * Double(anchor.importance?.pointer[index] ?? 1) * distance * distance
      }
    }
  }
}

/// The diagonal of the empirical Fisher information: how much the likelihood of examples depends on each weight.
public enum FisherInformation {
  /// The mean over examples of the squared gradient of an example's log-likelihood, one tensor a trained parameter, in
  /// their order.
  ///
  /// - Parameter progress: called with the examples done.
  public static func diagonal(
    _ model: any LanguageModel, _ examples: [Example], progress: (Int) -> Void = { _ in }
  ) -> [Tensor] {
    let parameters = model.trainableParameters
    let sums = parameters.map { Tensor.zeros($0.shape) }
    for (index, example) in examples.enumerated() {
      let batch = SupervisedBatch([example], decoderStartID: model.traits.decoderStartID)
      guard !batch.targets.isEmpty else { continue }
      for parameter in parameters { parameter.clearGradient() }
      SupervisedFineTuning.loss(model, batch, scale: 1).loss.backward()
      for (parameter, sum) in zip(parameters, sums) {
        guard let gradient = parameter.gradient else { continue }
        add(squaresOf: gradient, times: 1 / Float(examples.count), to: sum)
      }
      progress(index + 1)
    }
    for parameter in parameters { parameter.releaseGradient() }
    return sums
  }

  private static func add(squaresOf gradient: Tensor, times factor: Float, to sum: Tensor) {
    nonisolated(unsafe) let (target, source) = (sum.pointer, gradient.pointer)
    parallelRanges(sum.count, grain: 1 << 14) { range in
      for index in range { target[index] += factor * source[index] * source[index] }
    }
  }
}
