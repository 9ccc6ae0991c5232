import Basics

/// What the trainer tells its listeners: the console, files and tests.
public enum TrainingEvent: Sendable {
  case step(StepMetrics)
  case evaluation(EvaluationMetrics)
}

/// The mean loss of one task's tokens.
public struct TaskLoss: Sendable, Equatable {
  public let task: String
  /// Cross-entropy in nats.
  public let loss: Double
  public let trainedTokens: Int
}

/// One optimiser step.
public struct StepMetrics: Sendable, Equatable {
  /// From 1.
  public var step: Int
  public var totalSteps: Int
  /// Epochs done after this step.
  public var epoch: Double
  /// Mean loss of the step's trained tokens.
  public var loss: Double
  /// Of each task that the step had tokens of; empty where there is one task alone.
  public var taskLosses: [TaskLoss] = []
  /// Before clipping.
  public var gradientNorm: Double
  public var learningRate: Double
  /// All tokens of the step.
  public var tokens: Int
  public var trainedTokens: Int
  /// Wall time of the step.
  public var seconds: Double

  /// A line of `metrics.jsonl`, unrounded, with the Hugging Face Trainer's names.
  public var json: JSON {
    var object: JSONObject = [
      "step": .integer(step), "epoch": .number(epoch), "loss": .number(loss), "grad_norm": .number(gradientNorm),
      "learning_rate": .number(learningRate), "tokens": .integer(tokens), "trained_tokens": .integer(trainedTokens),
      "seconds": .number(seconds),
    ]
    for task in taskLosses { object["\(task.task)_loss"] = .number(task.loss) }
    return .object(object)
  }
}

/// The loss on the validation split.
public struct EvaluationMetrics: Sendable, Equatable {
  public var step: Int
  public var loss: Double
  /// Of each task, held-out ones too; empty where there is one task alone.
  public var taskLosses: [TaskLoss] = []
  public var examples: Int
  public var trainedTokens: Int
  public var seconds: Double

  public var json: JSON {
    var object: JSONObject = [
      "step": .integer(step), "eval_loss": .number(loss), "eval_examples": .integer(examples),
      "eval_trained_tokens": .integer(trainedTokens), "eval_seconds": .number(seconds),
    ]
    // The Trainer's names for several evaluation sets.
    for task in taskLosses { object["eval_\(task.task)_loss"] = .number(task.loss) }
    return .object(object)
  }
}
