import Basics

/// What the trainer tells its listeners: the console, files and tests.
public enum TrainingEvent: Sendable {
  case step(StepMetrics)
  case evaluation(EvaluationMetrics)
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
    [
      "step": .integer(step), "epoch": .number(epoch), "loss": .number(loss), "grad_norm": .number(gradientNorm),
      "learning_rate": .number(learningRate), "tokens": .integer(tokens), "trained_tokens": .integer(trainedTokens),
      "seconds": .number(seconds),
    ]
  }
}

/// The loss on the validation split.
public struct EvaluationMetrics: Sendable, Equatable {
  public var step: Int
  public var loss: Double
  public var examples: Int
  public var trainedTokens: Int
  public var seconds: Double

  public var json: JSON {
    [
      "step": .integer(step), "eval_loss": .number(loss), "eval_examples": .integer(examples),
      "eval_trained_tokens": .integer(trainedTokens), "eval_seconds": .number(seconds),
    ]
  }
}
