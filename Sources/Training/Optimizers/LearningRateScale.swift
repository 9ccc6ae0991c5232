import Basics
import Tensors

/// Multiplies the learning rate of some parameters.
public struct LearningRateScale: Sendable, Equatable {
  public enum Selection: Sendable, Equatable {
    /// Parameters whose name has this part.
    case name(containing: String)
    /// Parameters of one dimension.
    case vectors
  }

  public var selection: Selection
  public var factor: Double

  public init(_ selection: Selection, factor: Double) {
    self.selection = selection
    self.factor = factor
  }

  func applies(to parameter: Parameter) -> Bool {
    switch selection {
    case .name(let part): parameter.name.contains(part)
    case .vectors: parameter.shape.count == 1
    }
  }

  var json: JSON {
    switch selection {
    case .name(let part): ["name": .string(part), "factor": .number(factor)]
    case .vectors: ["name": "vectors", "factor": .number(factor)]
    }
  }
}

extension [LearningRateScale] {
  /// LoRA+ (Hayou et al. 2024), as peft.optimizers.create_loraplus_optimizer groups parameters: B and vectors learn
  /// `ratio` times as fast as A, both matrices of an embedding at a rate of their own.
  public static func loraPlus(
    ratio: Double, embeddingLearningRate: Double, learningRate: Double
  ) -> [LearningRateScale] {
    [
      LearningRateScale(.name(containing: "lora_embedding_"), factor: embeddingLearningRate / learningRate),
      LearningRateScale(.name(containing: "lora_B"), factor: ratio), LearningRateScale(.vectors, factor: ratio),
    ]
  }
}

extension TrainerOptions {
  /// What a parameter's learning rate is multiplied by: the factor of the first scale that applies, else 1.
  func learningRateFactor(of parameter: Parameter) -> Double {
    learningRateScales.first { $0.applies(to: parameter) }?.factor ?? 1
  }

  /// - Throws: `TuneError.usage` when no parameter has any of the names that scales ask for.
  func checkLearningRateScales(_ parameters: [Parameter]) throws {
    let names = learningRateScales.compactMap { scale in
      if case .name(let part) = scale.selection { part } else { nil }
    }
    guard names.isEmpty || parameters.contains(where: { parameter in names.contains { parameter.name.contains($0) } })
    else {
      throw TuneError.usage(
        "--loraplus-lr-ratio: no trained parameter is called \(names.joined(separator: " or ")); train a LoRA adapter "
          + "or leave the option out")
    }
  }
}
