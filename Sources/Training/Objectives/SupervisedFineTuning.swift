import Basics
import Datasets
import Models
import Tensors

/// Next-token cross-entropy on the trained tokens: the objective of instruction tuning and language modelling.
public struct SupervisedFineTuning: Objective {
  public init() {}

  public func loss(
    _ model: any LanguageModel, _ hidden: Tensor, _ batch: SupervisedBatch, scale: Float
  ) -> ObjectiveLoss {
    let found = headCrossEntropy(hidden, head: model.outputHead(for: hidden), targets: batch.targets, scale: scale)
    return ObjectiveLoss(loss: found.loss, sum: found.sum, rowLosses: found.rowLosses)
  }

  public var json: JSON { ["name": "supervised"] }

  /// - Parameter scale: multiplies the loss; one over the trained tokens of the optimiser step.
  public static func loss(
    _ model: any LanguageModel, _ batch: SupervisedBatch, scale: Float
  ) -> ObjectiveLoss {
    let hidden = model.hiddenStates(batch.tokens, source: batch.source, caches: nil, rows: batch.rows)
    return SupervisedFineTuning().loss(model, hidden, batch, scale: scale)
  }

  /// The summed loss and trained-token count of each example, without recording.
  public static func exampleLosses(
    _ model: any LanguageModel, _ examples: [Example], tokensPerPass: Int = 1024
  ) -> [ExampleLoss] {
    Recording.off {
      passes(of: examples, tokens: tokensPerPass).flatMap { examples -> [ExampleLoss] in
        let batch = SupervisedBatch(examples, decoderStartID: model.traits.decoderStartID)
        let rowLosses = loss(model, batch, scale: 1).rowLosses
        return zip(batch.targetOffsets, batch.targetOffsets.dropFirst()).map { lower, upper in
          ExampleLoss(sum: rowLosses[lower..<upper].reduce(0.0) { $0 + Double($1) }, trainedTokens: upper - lower)
        }
      }
    }
  }
}

/// The loss of one example.
public struct ExampleLoss: Sendable, Equatable {
  /// -log p summed over the trained tokens, in nats.
  public let sum: Double
  public let trainedTokens: Int

  /// A token's, in nats.
  public var mean: Double { sum / Double(max(1, trainedTokens)) }
}
