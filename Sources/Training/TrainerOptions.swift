import Basics

/// The choices of a training run that do not depend on the model or method.
public struct TrainerOptions: Sendable, Equatable {
  /// Passes over the data; ignored where `maxSteps` is set.
  public var epochs = 3.0
  /// Optimiser steps; nil follows from `epochs`.
  public var maxSteps: Int?
  /// Examples of one batch.
  public var batchSize = 8
  /// Batches whose gradients are summed before an optimiser step.
  public var gradientAccumulationSteps = 1
  /// A batch goes through the model in passes of at most so many tokens, but at least one example: the gradients are
  /// the same, the activations of one pass are all that is held. Products are at full speed from 256 rows on.
  public var tokensPerPass = 512
  public var learningRate = 2e-4
  public var schedule = Schedule.linear
  public var warmupSteps = 0
  public var optimizer = OptimizerName.adamw
  public var adamW = AdamW.Settings()
  public var galore = GaLoreAdamW.Settings()
  /// Parameters whose learning rate is another; the first that applies counts.
  public var learningRateScales: [LearningRateScale] = []
  /// How much of each weight decays at a learning rate of 1, for every optimiser; biases and norms do not.
  public var weightDecay: Double {
    get { adamW.weightDecay }
    set { adamW.weightDecay = newValue }
  }
  /// Updates each weight as soon as its gradient is whole and gives the gradient's memory back. A batch then goes
  /// through the model in one pass, and gradients cannot be clipped by their common norm.
  public var updatesByLayer = false
  /// Gradients are scaled down to this norm; nil does not clip.
  public var maxGradientNorm: Double? = 1
  /// Validation every so many steps; nil only at the start and the end.
  public var evaluationSteps: Int?
  /// Noise on embeddings (`EmbeddingNoise`); nil for none.
  public var neftuneNoiseAlpha: Double?
  /// How far embeddings are moved against the model in a second pass (`FastGradient`); nil for none.
  public var adversarialEpsilon: Double?
  /// Memory for the states of frozen layers, which are then computed once for each example; 0 computes them anew.
  public var activationCacheBytes = 0
  public var taskSampling = TaskSampling.all
  /// Whether every step has every task in its share, as nearly as whole numbers allow; else tasks are drawn at random.
  public var balancesTasks = false
  /// Whether examples are drawn in a new order each epoch or in the order of the file.
  public var shuffles = true
  public var seed: UInt64 = 42

  public init() {}

  /// Examples of one optimiser step.
  public var stepSize: Int { batchSize * gradientAccumulationSteps }

  /// Optimiser steps of a run; what is replayed comes on top of the examples of an epoch.
  public func totalSteps(_ data: TrainingData) -> Int {
    let share = data.replay.isEmpty ? 1 : 1 - data.replayRatio
    return totalSteps(exampleCount: Int((Double(data.examples.count) / share).rounded(.up)))
  }

  /// Optimiser steps of a run over so many examples.
  public func totalSteps(exampleCount: Int) -> Int {
    if let maxSteps { return maxSteps }
    let stepsPerEpoch = (exampleCount + stepSize - 1) / stepSize
    return max(1, Int((Double(stepsPerEpoch) * epochs).rounded(.up)))
  }

  public var json: JSON {
    var object: JSONObject = [
      "epochs": .number(epochs), "max_steps": maxSteps.map { .integer($0) } ?? .null,
      "batch_size": .integer(batchSize), "gradient_accumulation_steps": .integer(gradientAccumulationSteps),
      "tokens_per_pass": .integer(tokensPerPass),
      "learning_rate": .number(learningRate), "lr_schedule": .string(schedule.rawValue),
      "warmup_steps": .integer(warmupSteps), "optim": .string(optimizer.rawValue),
      "adam_beta1": .number(adamW.beta1), "adam_beta2": .number(adamW.beta2), "adam_epsilon": .number(adamW.epsilon),
      "weight_decay": .number(weightDecay), "layerwise_updates": .bool(updatesByLayer),
      "max_grad_norm": maxGradientNorm.map { .number($0) } ?? .null,
      "eval_steps": evaluationSteps.map { .integer($0) } ?? .null, "shuffle": .bool(shuffles),
      "seed": Int(exactly: seed).map { .integer($0) } ?? .string("\(seed)"),
    ]
    if let neftuneNoiseAlpha { object["neftune_noise_alpha"] = .number(neftuneNoiseAlpha) }
    if let adversarialEpsilon { object["adversarial_epsilon"] = .number(adversarialEpsilon) }
    switch taskSampling {
    case .all: break
    case .uniform: object["task_sampling"] = "uniform"
    case .temperature(let temperature):
      object["task_sampling"] = ["temperature": .number(temperature)]
    }
    if balancesTasks { object["balanced_tasks"] = true }
    if optimizer == .galoreAdamW { object["galore"] = galore.json }
    if !learningRateScales.isEmpty { object["learning_rate_scales"] = .array(learningRateScales.map { $0.json }) }
    return .object(object)
  }
}
