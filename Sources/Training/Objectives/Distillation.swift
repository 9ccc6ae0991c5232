import Adapters
import Basics
import Models
import Tensors

/// Learns the targets and to answer as another model does: hardWeight * cross-entropy + softWeight * temperature² *
/// KL(reference ‖ model), on the rows that have a target.
///
/// With a larger model as the reference it is knowledge distillation (Hinton, Vinyals and Dean, 2015); with the model as it
/// was before training, it keeps what the model knew (Li and Hoiem, "Learning without Forgetting", 2017).
public struct Distillation: Objective {
  /// Whose logits are followed.
  public enum Reference {
    /// Another model with the same vocabulary.
    case model(any LanguageModel)
    /// The trained model without its adapter.
    case base(AttachedAdapter)
  }

  private let reference: Reference
  private let hardWeight: Double
  private let softWeight: Double
  private let temperature: Double
  /// The base's own head where the adapter trains the head.
  private let head: Head?

  /// - Parameters:
  ///   - model: the one that is trained.
  ///   - temperature: divides both models' logits before they are compared.
  public init(
    _ reference: Reference, for model: any LanguageModel, hardWeight: Double, softWeight: Double,
    temperature: Double = 1
  ) {
    self.reference = reference
    self.hardWeight = hardWeight
    self.softWeight = softWeight
    self.temperature = temperature
    guard case .base(let adapter) = reference, model.head.isTrainable || model.headBias?.isTrainable ?? false else {
      head = nil
      return
    }
    adapter.isEnabled = false
    defer { adapter.isEnabled = true }
    func copy(_ parameter: Parameter) -> Parameter {
      Parameter(parameter.name, Tensor(parameter.value.values, shape: parameter.shape))
    }
    head = Head(weight: copy(model.head), bias: model.headBias.map { copy($0) }, softcap: model.traits.logitSoftcap)
  }

  public func loss(
    _ model: any LanguageModel, _ hidden: Tensor, _ batch: SupervisedBatch, scale: Float
  ) -> ObjectiveLoss {
    let found = headDistillation(
      hidden, head: model.outputHead(for: hidden), targets: batch.targets, reference: states(model, batch),
      hard: Float(hardWeight), soft: Float(softWeight), temperature: Float(temperature), scale: scale)
    return ObjectiveLoss(loss: found.loss, sum: found.sum, rowLosses: found.rowLosses)
  }

  private func states(_ model: any LanguageModel, _ batch: SupervisedBatch) -> HeadReference {
    func states(of model: any LanguageModel) -> Tensor {
      Recording.off { model.hiddenStates(batch.tokens, source: batch.source, caches: nil, rows: batch.rows) }
    }
    switch reference {
    case .model(let other):
      let hidden = states(of: other)
      return HeadReference(hidden: hidden, head: Recording.off { other.outputHead(for: hidden) })
    case .base(let adapter):
      adapter.isEnabled = false
      defer { adapter.isEnabled = true }
      let hidden = states(of: model)
      return HeadReference(hidden: hidden, head: head ?? model.outputHead(for: hidden))
    }
  }

  public var json: JSON {
    let name: JSON =
      switch reference {
      case .model: "model"
      case .base: "base"
      }
    return [
      "name": "distillation", "reference": name, "hard_weight": .number(hardWeight),
      "soft_weight": .number(softWeight), "temperature": .number(temperature),
    ]
  }
}
