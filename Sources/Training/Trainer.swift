import Adapters
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

/// One training loop for every method and objective: it trains whatever parameters of the model are trainable and emits
/// events.
public struct Trainer {
  private let model: any LanguageModel
  private let adapter: AttachedAdapter?
  private let objective: any Objective
  private let penalty: WeightPenalty?
  private let options: TrainerOptions

  /// - Parameters:
  ///   - adapter: what is trained on the model; nil for the model's own parameters.
  ///   - penalty: holds what is trained near where it started.
  public init(
    _ model: any LanguageModel, adapter: AttachedAdapter? = nil, objective: any Objective = SupervisedFineTuning(),
    penalty: WeightPenalty? = nil, options: TrainerOptions
  ) {
    self.model = model
    self.adapter = adapter
    self.objective = objective
    self.penalty = penalty
    self.options = options
  }

  /// Trains on examples in place.
  ///
  /// - Parameters:
  ///   - shouldStop: asked after each step; true ends the run early.
  ///   - listener: gets each event as it happens.
  /// - Throws: `TuneError.runtime` when the loss or a gradient stops being a number, `TuneError.usage` when the optimiser
  ///   does not fit what is trained.
  public func train(
    _ data: TrainingData, shouldStop: () -> Bool = { false }, listener: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingSummary {
    precondition(!data.examples.isEmpty, "training without examples")
    let parameters = model.trainableParameters
    let optimizer = try options.makeOptimizer(for: model)
    try options.checkLearningRateScales(parameters)
    let total = options.totalSteps(data)
    try adapter?.begin(totalSteps: total)
    var sampler = ExampleSampler(data, options)
    let runner = PassRunner(model, adapter, objective, options)
    let examples = data.examples + data.replay
    var summary = TrainingSummary()
    summary.firstEvaluationLoss = try evaluate(data, step: 0, listener)
    let start = ContinuousClock.now
    for number in 1...total {
      let indices = sampler.next(options.stepSize)
      let step = Step(number: number, total: total, epoch: sampler.epoch)
      let metrics = try train(step, examples, indices, data.tasks, parameters, optimizer, runner)
      summary.steps += 1
      summary.tokens += metrics.tokens
      summary.trainedTokens += metrics.trainedTokens
      try listener(.step(metrics))
      if shouldStop() {
        summary.wasInterrupted = number < total
        break
      }
      if let every = options.evaluationSteps, number % every == 0, number < total {
        summary.lastEvaluationLoss = try evaluate(data, step: number, listener)
      }
    }
    for parameter in parameters { parameter.releaseGradient() }
    summary.seconds = seconds(since: start)
    if !summary.wasInterrupted { summary.lastEvaluationLoss = try evaluate(data, step: total, listener) }
    return summary
  }

  /// Trains on examples of one task.
  public func train(
    _ examples: [Example], validation: [Example] = [], shouldStop: () -> Bool = { false },
    listener: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingSummary {
    try train(TrainingData(examples, validation: validation), shouldStop: shouldStop, listener: listener)
  }

  /// Where a run is.
  private struct Step {
    /// From 1.
    let number: Int
    let total: Int
    let epoch: Double
  }

  private func train(
    _ step: Step, _ examples: [Example], _ indices: [Int], _ tasks: [String], _ parameters: [Parameter],
    _ optimizer: any Optimizer, _ runner: PassRunner
  ) throws -> StepMetrics {
    let start = ContinuousClock.now
    for parameter in parameters { parameter.clearGradient() }
    let passes = self.passes(examples, indices, step: step.number)
    let factor = options.schedule.factor(
      step: step.number - 1, totalSteps: step.total, warmupSteps: options.warmupSteps)
    let learningRate = options.learningRate * factor
    func update(_ parameter: Parameter, scale: Double) {
      profiled("optimiser") {
        optimizer.update(
          parameter, step: step.number, learningRate: learningRate * options.learningRateFactor(of: parameter),
          gradientScale: scale)
      }
    }
    var squares = 0.0
    defer { for parameter in parameters { parameter.whenGradientIsWhole = nil } }
    if options.updatesByLayer {
      for parameter in parameters {
        parameter.whenGradientIsWhole = { parameter in
          penalty?.addGradient(to: parameter)
          squares += squaredNorm(parameter)
          update(parameter, scale: 1)
          parameter.releaseGradient()
        }
      }
    }
    var losses = LossSums()
    let trained = passes.reduce(0) { $0 + $1.batch.targets.count }
    for pass in passes where !pass.batch.targets.isEmpty {
      losses.add(runner.run(pass, scale: 1 / Float(trained)), of: pass)
    }
    // What the method itself adds, once a step.
    let added = adapter?.penalty()
    added?.backward()
    let loss = losses.mean + Double(added?.values[0] ?? 0)
    if !options.updatesByLayer, let penalty { parameters.forEach { penalty.addGradient(to: $0) } }
    let norm = options.updatesByLayer ? squares.squareRoot() : profiled("gradient norm") { gradientNorm(parameters) }
    guard loss.isFinite, norm.isFinite else {
      throw TuneError.runtime(
        "step \(step.number): the \(loss.isFinite ? "gradient norm" : "loss") is not a finite number; "
          + "lower --learning-rate (now \(options.learningRate)) or raise --warmup-steps")
    }
    // torch.nn.utils.clip_grad_norm_: the factor is max / (norm + 1e-6), at most 1.
    let clip = options.updatesByLayer ? 1 : options.maxGradientNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    if !options.updatesByLayer {
      for parameter in parameters { update(parameter, scale: clip) }
    }
    adapter?.didUpdate(step: step.number, gradientScale: clip)
    return StepMetrics(
      step: step.number, totalSteps: step.total, epoch: step.epoch, loss: loss,
      taskLosses: losses.byTask(tasks), gradientNorm: norm, learningRate: learningRate,
      tokens: passes.reduce(0) { $0 + $1.batch.tokens.tokenCount }, trainedTokens: trained,
      seconds: seconds(since: start))
  }

  private func passes(_ examples: [Example], _ indices: [Int], step: Int) -> [TrainingPass] {
    let chosen = indices.map { examples[$0] }
    var start = 0
    return Training.passes(of: chosen, tokens: options.updatesByLayer ? .max : options.tokensPerPass)
      .enumerated().map { number, own in
        defer { start += own.count }
        return TrainingPass(
          batch: SupervisedBatch(own, decoderStartID: model.traits.decoderStartID),
          indices: Array(indices[start..<start + own.count]), tasks: own.map { $0.task },
          seed: stableHash("\(options.seed)/dropout/\(step - 1)/\(number)"))
      }
  }

  /// The loss of next tokens, whatever is trained on, so that runs can be compared.
  private func evaluate(
    _ data: TrainingData, step: Int, _ listener: (TrainingEvent) throws -> Void
  ) throws -> Double? {
    let examples = data.validation
    guard !examples.isEmpty else { return nil }
    let start = ContinuousClock.now
    adapter?.setDropout(seed: nil)
    var losses = LossSums(), all = LossSums()
    for (example, loss) in zip(examples, SupervisedFineTuning.exampleLosses(model, examples)) {
      all.add(loss, task: example.task)
      if !data.heldOutTasks.contains(example.task) { losses.add(loss, task: example.task) }
    }
    let own = losses.count > 0 ? losses : all
    try listener(
      .evaluation(
        EvaluationMetrics(
          step: step, loss: own.mean, taskLosses: all.byTask(data.tasks), examples: examples.count,
          trainedTokens: own.count, seconds: seconds(since: start))))
    return own.mean
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}

/// Losses of tokens, by task.
private struct LossSums {
  private var sum = 0.0
  private(set) var count = 0
  private var tasks: [Int: ExampleLoss] = [:]

  var mean: Double { sum / Double(max(1, count)) }

  mutating func add(_ loss: ExampleLoss, task: Int) {
    sum += loss.sum
    count += loss.trainedTokens
    addToTask(task, loss)
  }

  /// The objective's sum, and the cross-entropies by task.
  mutating func add(_ loss: ObjectiveLoss, of pass: TrainingPass) {
    sum += loss.sum
    count += loss.rowLosses.count
    let offsets = pass.batch.targetOffsets
    for (index, task) in pass.tasks.enumerated() {
      let own = loss.rowLosses[offsets[index]..<offsets[index + 1]]
      addToTask(task, ExampleLoss(sum: own.reduce(0.0) { $0 + Double($1) }, trainedTokens: own.count))
    }
  }

  private mutating func addToTask(_ task: Int, _ loss: ExampleLoss) {
    let old = tasks[task] ?? ExampleLoss(sum: 0, trainedTokens: 0)
    tasks[task] = ExampleLoss(sum: old.sum + loss.sum, trainedTokens: old.trainedTokens + loss.trainedTokens)
  }

  /// By the tasks' order; none where there is one task alone.
  func byTask(_ names: [String]) -> [TaskLoss] {
    guard names.count > 1 else { return [] }
    return tasks.sorted { $0.key < $1.key }.filter { $0.value.trainedTokens > 0 && names.indices.contains($0.key) }
      .map { TaskLoss(task: names[$0.key], loss: $0.value.mean, trainedTokens: $0.value.trainedTokens) }
  }
}
