import Adapters
import Datasets
import Models
import Tensors

/// Examples that go through the model together.
struct TrainingPass {
  let batch: SupervisedBatch
  /// The places of the examples among those of the run.
  let indices: [Int]
  /// The task of each example.
  let tasks: [Int]
  /// Of what is random in the pass.
  let seed: UInt64
}

/// Runs passes and leaves their gradients.
final class PassRunner {
  private let model: any LanguageModel
  private let adapter: AttachedAdapter?
  private let objective: any Objective
  private let options: TrainerOptions
  private let activations: FrozenActivations?

  init(_ model: any LanguageModel, _ adapter: AttachedAdapter?, _ objective: any Objective, _ options: TrainerOptions) {
    self.model = model
    self.adapter = adapter
    self.objective = objective
    self.options = options
    let changesEmbeddings = options.neftuneNoiseAlpha != nil || options.adversarialEpsilon != nil
    activations =
      options.activationCacheBytes > 0 && !changesEmbeddings
      ? FrozenActivations(model, limit: options.activationCacheBytes) : nil
  }

  /// Sends a pass's gradients back.
  ///
  /// - Parameter scale: multiplies the loss.
  func run(_ pass: TrainingPass, scale: Float) -> ObjectiveLoss {
    adapter?.setDropout(seed: pass.seed)
    defer { model.hooks.changeEmbeddings = nil }
    guard let epsilon = options.adversarialEpsilon else { return backward(pass, scale) }
    let adversary = FastGradient(epsilon: epsilon)
    let clean = backward(pass, scale) { adversary.watched($0, $1) }
    _ = backward(pass, scale) { x, _ in adversary.moved(x) }
    return clean
  }

  private func backward(
    _ pass: TrainingPass, _ scale: Float, change: ((Tensor, TokenBatch) -> Tensor)? = nil
  ) -> ObjectiveLoss {
    var noise = options.neftuneNoiseAlpha.map { EmbeddingNoise(alpha: $0, seed: pass.seed) }
    if noise != nil || change != nil {
      model.hooks.changeEmbeddings = { x, batch in
        let noisy = noise?.added(to: x, batch) ?? x
        return change?(noisy, batch) ?? noisy
      }
    }
    let batch = pass.batch
    let hidden =
      activations?.hiddenStates(pass)
      ?? model.hiddenStates(batch.tokens, source: batch.source, caches: nil, rows: batch.rows)
    // What reads the model beside the pass, as a reference does, reads texts as they are.
    model.hooks.changeEmbeddings = nil
    let result = objective.loss(model, hidden, batch, scale: scale)
    result.loss.backward()
    return result
  }
}
