import Basics
import Datasets
import Foundation
import Models
import Tensors

/// What a finished run can tell.
public struct TrainingSummary: Sendable, Equatable {
  public var steps = 0
  public var tokens = 0
  public var trainedTokens = 0
  public var seconds = 0.0
  /// Validation loss before the first step and after the last; nil without validation data.
  public var firstEvaluationLoss: Double?
  public var lastEvaluationLoss: Double?
  /// Whether the run was stopped before its last step.
  public var wasInterrupted = false
}

/// One training loop for every method: it trains whatever parameters of the model are trainable and emits events.
public struct Trainer {
  private let model: any LanguageModel
  private let options: TrainerOptions
  /// Called before each forward pass with that pass's dropout seed, and with nil when dropout is to be off.
  private let setDropout: (UInt64?) -> Void

  public init(
    _ model: any LanguageModel, options: TrainerOptions, setDropout: @escaping (UInt64?) -> Void = { _ in }
  ) {
    self.model = model
    self.options = options
    self.setDropout = setDropout
  }

  /// Trains on `examples` in place.
  ///
  /// - Parameters:
  ///   - validation: examples whose loss is measured during training; may be empty.
  ///   - shouldStop: asked after each step; true ends the run early.
  ///   - listener: gets each event as it happens.
  /// - Throws: `TuneError.runtime` when the loss or a gradient stops being a number, `TuneError.usage` when the optimiser
  ///   does not fit what is trained.
  public func train(
    _ examples: [Example], validation: [Example] = [], shouldStop: () -> Bool = { false },
    listener: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingSummary {
    precondition(!examples.isEmpty, "training without examples")
    let parameters = model.trainableParameters
    let optimizer = try options.makeOptimizer(for: model)
    try options.checkLearningRateScales(parameters)
    let total = options.totalSteps(exampleCount: examples.count)
    var order = ExampleOrder(count: examples.count, shuffles: options.shuffles, seed: options.seed)
    var summary = TrainingSummary()
    summary.firstEvaluationLoss = try evaluate(validation, step: 0, listener)
    let start = ContinuousClock.now
    for step in 0..<total {
      let indices = order.next(options.stepSize)
      let metrics = try trainStep(step, total, indices.map { examples[$0] }, parameters, optimizer, epoch: order.epoch)
      summary.steps += 1
      summary.tokens += metrics.tokens
      summary.trainedTokens += metrics.trainedTokens
      try listener(.step(metrics))
      if shouldStop() {
        summary.wasInterrupted = step + 1 < total
        break
      }
      if let every = options.evaluationSteps, (step + 1) % every == 0, step + 1 < total {
        summary.lastEvaluationLoss = try evaluate(validation, step: step + 1, listener)
      }
    }
    for parameter in parameters { parameter.releaseGradient() }
    summary.seconds = seconds(since: start)
    if !summary.wasInterrupted { summary.lastEvaluationLoss = try evaluate(validation, step: total, listener) }
    return summary
  }

  private func trainStep(
    _ step: Int, _ total: Int, _ examples: [Example], _ parameters: [Parameter], _ optimizer: any Optimizer,
    epoch: Double
  ) throws -> StepMetrics {
    let start = ContinuousClock.now
    for parameter in parameters { parameter.clearGradient() }
    let batches = passes(of: examples, tokens: options.updatesByLayer ? .max : options.tokensPerPass)
      .map { SupervisedBatch($0, decoderStartID: model.traits.decoderStartID) }
    let trained = batches.reduce(0) { $0 + $1.targets.count }
    let factor = options.schedule.factor(step: step, totalSteps: total, warmupSteps: options.warmupSteps)
    let learningRate = options.learningRate * factor
    func update(_ parameter: Parameter, scale: Double) {
      profiled("optimiser") {
        optimizer.update(
          parameter, step: step + 1, learningRate: learningRate * options.learningRateFactor(of: parameter),
          gradientScale: scale)
      }
    }
    var squares = 0.0
    defer { for parameter in parameters { parameter.whenGradientIsWhole = nil } }
    if options.updatesByLayer {
      for parameter in parameters {
        parameter.whenGradientIsWhole = { parameter in
          squares += squaredNorm(parameter)
          update(parameter, scale: 1)
          parameter.releaseGradient()
        }
      }
    }
    let loss = runPasses(batches, trained: trained, step: step)
    let norm = options.updatesByLayer ? squares.squareRoot() : profiled("gradient norm") { gradientNorm(parameters) }
    guard loss.isFinite, norm.isFinite else {
      throw TuneError.runtime(
        "step \(step + 1): the \(loss.isFinite ? "gradient norm" : "loss") is not a finite number; "
          + "lower --learning-rate (now \(options.learningRate)) or raise --warmup-steps")
    }
    if !options.updatesByLayer {
      // torch.nn.utils.clip_grad_norm_: the factor is max / (norm + 1e-6), at most 1.
      let clip = options.maxGradientNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
      for parameter in parameters { update(parameter, scale: clip) }
    }
    return StepMetrics(
      step: step + 1, totalSteps: total, epoch: epoch, loss: loss, gradientNorm: norm, learningRate: learningRate,
      tokens: batches.reduce(0) { $0 + $1.tokens.tokenCount }, trainedTokens: trained, seconds: seconds(since: start))
  }

  /// Sends the gradients of a step's passes back and returns the mean loss of its trained tokens.
  private func runPasses(_ batches: [SupervisedBatch], trained: Int, step: Int) -> Double {
    var sum = 0.0
    for (index, batch) in batches.enumerated() where !batch.targets.isEmpty {
      setDropout(stableHash("\(options.seed)/dropout/\(step)/\(index)"))
      let result = SupervisedFineTuning.loss(model, batch, scale: 1 / Float(trained))
      result.loss.backward()
      sum += result.sum
    }
    return sum / Double(max(1, trained))
  }

  private func evaluate(
    _ examples: [Example], step: Int, _ listener: (TrainingEvent) throws -> Void
  ) throws -> Double? {
    guard !examples.isEmpty else { return nil }
    let start = ContinuousClock.now
    setDropout(nil)
    let losses = SupervisedFineTuning.exampleLosses(model, examples)
    let trained = losses.reduce(0) { $0 + $1.trainedTokens }
    let loss = losses.reduce(0) { $0 + $1.sum } / Double(max(1, trained))
    try listener(
      .evaluation(
        EvaluationMetrics(
          step: step, loss: loss, examples: examples.count, trainedTokens: trained, seconds: seconds(since: start))))
    return loss
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}

/// The order in which examples are trained on: whole epochs, each shuffled by its own stream.
struct ExampleOrder {
  private let count: Int
  private let shuffles: Bool
  private let seed: UInt64
  private var current: [Int] = []
  private var position = 0
  private var epochsStarted = 0

  init(count: Int, shuffles: Bool, seed: UInt64) {
    self.count = count
    self.shuffles = shuffles
    self.seed = seed
  }

  /// Epochs done, counting the current one in part.
  var epoch: Double { Double(max(0, epochsStarted - 1)) + Double(position) / Double(count) }

  /// The next examples; fewer where an epoch ends, so that no step mixes two epochs.
  mutating func next(_ wanted: Int) -> [Int] {
    if position == current.count {
      current = Array(0..<count)
      if shuffles {
        var random = SeededRandom(seed: seed, stream: "shuffle/\(epochsStarted)")
        current.shuffle(using: &random)
      }
      position = 0
      epochsStarted += 1
    }
    let taken = Array(current[position..<min(position + wanted, count)])
    position += taken.count
    return taken
  }
}
