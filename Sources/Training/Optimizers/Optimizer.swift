import Adapters
import Basics
import Models
import Tensors

/// A rule that turns gradients into updates, with its state for every parameter that it has updated.
public protocol Optimizer: AnyObject {
  /// Updates a parameter from its gradient; nothing happens where it has none.
  ///
  /// - Parameters:
  ///   - step: the optimiser step, from 1.
  ///   - gradientScale: multiplies the gradient first (clipping).
  func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double)

  /// The bytes that the state holds from step to step.
  var stateByteCount: Int { get }
}

/// The rules there are.
public enum OptimizerName: String, Sendable, CaseIterable {
  case adamw
  case adamw8Bit = "adamw_8bit"
  case adafactor
  case lion
  case galoreAdamW = "galore_adamw"

  /// How much smaller than AdamW's a learning rate has to be. Lion moves every weight by the whole of it; Chen et al.
  /// (2023) take a third to a tenth.
  public var learningRateDivisor: Double { self == .lion ? 5 : 1 }

  /// About the bytes of state that a parameter of a matrix takes, for forecasts.
  public var stateBytesPerParameter: Int {
    switch self {
    case .adamw: 8
    case .adamw8Bit: 2
    case .adafactor: 0
    case .lion: 4
    case .galoreAdamW: 3  // two moments of a projection to 128 of 576 or more, and the projection
    }
  }
}

extension TrainerOptions {
  /// The chosen rule, for a model whose parameters are marked as trainable.
  ///
  /// As in the Hugging Face Trainer, biases and norms (vectors) do not decay.
  ///
  /// - Throws: `TuneError.usage` where the rule does not fit what is trained.
  func makeOptimizer(for model: any LanguageModel) throws -> any Optimizer {
    let decays: (Parameter) -> Bool = { $0.shape.count > 1 }
    switch optimizer {
    case .adamw: return AdamW(settings: adamW, decays: decays)
    case .adamw8Bit: return AdamW8Bit(settings: adamW, decays: decays)
    case .adafactor: return Adafactor(settings: Adafactor.Settings(weightDecay: weightDecay), decays: decays)
    case .lion: return Lion(settings: Lion.Settings(weightDecay: weightDecay), decays: decays)
    case .galoreAdamW:
      return GaLoreAdamW(
        settings: galore, adamW: adamW, projected: try galore.projectedWeights(of: model), decays: decays)
    }
  }
}
