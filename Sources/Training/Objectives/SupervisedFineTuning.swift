import Datasets
import Models
import Tensors

/// Token rows with the rows that have a target.
public struct SupervisedBatch {
  public let tokens: TokenBatch
  /// Rows whose next token is trained.
  public let rows: [Int32]
  /// The next token of each of these rows.
  public let targets: [Int32]
  /// The targets of example i are `targetOffsets[i] ..< targetOffsets[i + 1]`.
  public let targetOffsets: [Int]

  public init(_ examples: [Example]) {
    tokens = TokenBatch(examples.map { $0.tokens })
    var rows: [Int32] = [], targets: [Int32] = [], offsets = [0]
    for (index, example) in examples.enumerated() {
      // The first token is predicted from nothing, so it is never a target.
      for place in example.trained.lazy.flatMap({ $0 }) where place > 0 {
        rows.append(Int32(tokens.offsets[index] + place - 1))
        targets.append(example.tokens[place])
      }
      offsets.append(rows.count)
    }
    self.rows = rows
    self.targets = targets
    targetOffsets = offsets
  }
}

/// Splits examples, in order, into passes of at most so many tokens but at least one example.
public func passes(of examples: [Example], tokens limit: Int) -> [[Example]] {
  var passes: [[Example]] = []
  var held = 0
  for example in examples {
    if passes.isEmpty || held + example.tokens.count > limit {
      passes.append([])
      held = 0
    }
    passes[passes.count - 1].append(example)
    held += example.tokens.count
  }
  return passes
}

/// Next-token cross-entropy on the trained tokens: the objective of instruction tuning and language modelling.
public enum SupervisedFineTuning {
  /// - Parameter scale: multiplies the loss; one over the trained tokens of the optimiser step.
  public static func loss(
    _ model: any CausalLanguageModel, _ batch: SupervisedBatch, scale: Float
  ) -> CrossEntropy {
    let hidden = model.hiddenStates(batch.tokens, caches: nil, rows: batch.rows)
    return headCrossEntropy(
      hidden, head: model.head, targets: batch.targets, scale: scale, softcap: model.traits.logitSoftcap)
  }

  /// The summed loss and trained-token count of each example, without recording.
  public static func exampleLosses(
    _ model: any CausalLanguageModel, _ examples: [Example], tokensPerPass: Int = 1024
  ) -> [ExampleLoss] {
    Recording.off {
      passes(of: examples, tokens: tokensPerPass).flatMap { examples -> [ExampleLoss] in
        let batch = SupervisedBatch(examples)
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
}
