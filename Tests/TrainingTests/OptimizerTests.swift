import Adapters
import Basics
import Datasets
import Models
import Tensors
import Testing

@testable import Training

/// AdamW, clipping and the trainer against torch.optim.AdamW and clip_grad_norm_: Tests/Fixtures/llama.
@Suite struct OptimizerTests {
  /// Every parameter decays, norms as well: the optimiser alone, without the trainer's rule.
  @Test(arguments: TrainingFixture.names) func adamWEqualsPyTorch(name: String) throws {
    let fixture = try TrainingFixture(name)
    fixture.trainEverything()
    let golden = try AdamWGolden(fixture.golden["adamw"])
    let examples = try fixture.examples(), parameters = fixture.model.trainableParameters
    let optimizer = AdamW(settings: golden.options.adamW)
    let batch = SupervisedBatch(examples)
    var losses: [Double] = [], norms: [Double] = []
    for step in 1...golden.losses.count {
      for parameter in parameters { parameter.clearGradient() }
      let result = SupervisedFineTuning.loss(fixture.model, batch, scale: 1 / Float(batch.targets.count))
      result.loss.backward()
      losses.append(result.sum / Double(batch.targets.count))
      norms.append(gradientNorm(parameters))
      for parameter in parameters {
        optimizer.update(
          parameter, step: step, learningRate: golden.options.learningRate,
          gradientScale: min(1, 1 / (norms[norms.count - 1] + 1e-6)))
      }
    }
    golden.expect(losses, norms, final: meanLoss(fixture.model, examples))
  }

  /// Against torch.optim.Adafactor, with all gradients at hand and with each weight updated as soon as it can be.
  @Test(arguments: TrainingFixture.names, [false, true])
  func adafactorEqualsPyTorch(name: String, layerwise: Bool) throws {
    let fixture = try TrainingFixture(name)
    fixture.trainEverything()
    let golden = try JSON(contentsOf: "\(fixture.folder)/adafactor.json")
    func numbers(_ key: String) throws -> [Double] {
      try #require(golden[key]?.arrayValue).compactMap { $0.doubleValue }
    }
    let examples = try fixture.examples(), parameters = fixture.model.trainableParameters
    let rate = try #require(golden["learning_rate"]?.doubleValue)
    let optimizer = Adafactor(
      settings: Adafactor.Settings(weightDecay: try #require(golden["weight_decay"]?.doubleValue)))
    var losses: [Double] = [], norms: [Double] = []
    for step in 1...5 {
      func update(_ parameter: Parameter) {
        optimizer.update(parameter, step: step, learningRate: rate, gradientScale: 1)
      }
      var squares = 0.0
      for parameter in parameters {
        parameter.clearGradient()
        parameter.whenGradientIsWhole =
          !layerwise
          ? nil
          : { parameter in
            squares += squaredNorm(parameter)
            update(parameter)
            parameter.releaseGradient()
          }
      }
      let batch = SupervisedBatch(examples)
      let result = SupervisedFineTuning.loss(fixture.model, batch, scale: 1 / Float(batch.targets.count))
      result.loss.backward()
      losses.append(result.sum / Double(batch.targets.count))
      norms.append(layerwise ? squares.squareRoot() : gradientNorm(parameters))
      if !layerwise { parameters.forEach(update) }
      #expect(!layerwise || parameters.allSatisfy { $0.gradient == nil })
    }
    #expect(largestRelativeError(losses, try numbers("losses")) <= 2e-5)
    #expect(largestRelativeError(norms, try numbers("grad_norms")) <= 2e-4)
    let final = try #require(golden["final_loss"]?.doubleValue)
    #expect(largestRelativeError([meanLoss(fixture.model, examples)], [final]) <= 2e-5)
  }

  /// The trainer with updates by layer is the trainer without clipping, with checkpointed activations too.
  @Test(arguments: OptimizerName.allCases, [false, true])
  func updatesByLayerEqualUpdatesTogether(optimizer: OptimizerName, checkpoints: Bool) throws {
    func losses(byLayer: Bool) throws -> [Double] {
      let fixture = try TrainingFixture("tied"), log = EventLog()
      fixture.trainEverything()
      fixture.model.checkpointsActivations = checkpoints
      var options = TrainerOptions()
      (options.maxSteps, options.optimizer, options.learningRate) = (4, optimizer, 1e-2)
      (options.maxGradientNorm, options.updatesByLayer) = (nil, byLayer)
      (options.galore.rank, options.galore.targetModules) = (4, .suffixes(["mlp", "q_proj"]))
      _ = try Trainer(fixture.model, options: options).train(try fixture.examples(), listener: { log.add($0) })
      return log.losses + log.steps.map { $0.gradientNorm }
    }
    #expect(largestRelativeError(try losses(byLayer: true), try losses(byLayer: false)) <= 1e-6)
  }

  /// The trainer leaves norms undecayed, as the Hugging Face Trainer does.
  @Test(arguments: TrainingFixture.names) func theTrainerEqualsPyTorch(name: String) throws {
    let fixture = try TrainingFixture(name)
    fixture.trainEverything()
    try train(fixture, try AdamWGolden(fixture.golden["adamw_norms_undecayed"]))
  }

  @Test(arguments: TrainingFixture.adapters) func adapterTrainingEqualsPEFT(name: String) throws {
    let parts = name.split(separator: "/").map { String($0) }
    let fixture = try TrainingFixture(parts[0])
    let before = bits(fixture.model.parameters)
    _ = try AdapterFolder.load("\(fixture.folder)/\(parts[1])", onto: fixture.model)
    try train(fixture, try AdamWGolden(fixture.golden["adapters"]?[parts[1]]?["adamw"]))
    #expect(bits(fixture.model.parameters) == before)
  }

  private func train(_ fixture: TrainingFixture, _ golden: AdamWGolden) throws {
    let examples = try fixture.examples(), log = EventLog()
    let summary = try Trainer(fixture.model, options: golden.options).train(examples, listener: { log.add($0) })
    golden.expect(log.losses, log.steps.map { $0.gradientNorm }, final: meanLoss(fixture.model, examples))
    #expect(summary.steps == 5 && summary.trainedTokens == 55 && summary.tokens == 105 && !summary.wasInterrupted)
    #expect(log.steps.allSatisfy { $0.learningRate == golden.options.learningRate })
  }

  /// A parameter that got no gradient stays as it is.
  @Test func parametersWithoutGradientStay() {
    let parameter = Parameter("weight", Tensor([1, 2, 3], shape: [3]), isTrainable: true)
    let optimizers: [any Optimizer] = [
      AdamW(settings: AdamW.Settings(weightDecay: 0.5)), Adafactor(settings: Adafactor.Settings(weightDecay: 0.5)),
      Lion(settings: Lion.Settings(weightDecay: 0.5)), AdamW8Bit(settings: AdamW.Settings(weightDecay: 0.5)),
      GaLoreAdamW(
        settings: GaLoreAdamW.Settings(), adamW: AdamW.Settings(weightDecay: 0.5), projected: [parameter]),
    ]
    for optimizer in optimizers {
      optimizer.update(parameter, step: 1, learningRate: 1, gradientScale: 1)
      #expect(optimizer.stateByteCount == 0)
    }
    #expect(parameter.value.values == [1, 2, 3])
    #expect(gradientNorm([parameter]) == 0)
  }

  /// Bytes of state for a matrix of 64 x 100 and a vector of 100.
  @Test func statesHoldWhatTheyShould() {
    let matrix = Parameter("matrix", .zeros([64, 100]), isTrainable: true)
    let vector = Parameter("vector", .zeros([100]), isTrainable: true)
    var galore = GaLoreAdamW.Settings()
    galore.rank = 8
    let expected: [(any Optimizer, Int)] = [
      (AdamW(settings: AdamW.Settings()), 2 * 4 * 6400 + 2 * 4 * 100),
      // Two bytes an element, two scales for each of 25 blocks; vectors this small stay float32.
      (AdamW8Bit(settings: AdamW.Settings()), 2 * 6400 + 2 * 4 * 25 + 2 * 4 * 100),
      (Adafactor(), 4 * (64 + 100) + 4 * (1 + 100)), (Lion(), 4 * 6400 + 4 * 100),
      // A basis of 64 x 8 and two moments of 8 x 100.
      (
        GaLoreAdamW(settings: galore, adamW: AdamW.Settings(), projected: [matrix]),
        4 * 64 * 8 + 2 * 4 * 8 * 100 + 2 * 4 * 100
      ),
    ]
    for (optimizer, bytes) in expected {
      for parameter in [matrix, vector] {
        for step in 1...2 {
          parameter.clearGradient()
          parameter.addToGradient { sum in for index in 0..<parameter.count { sum[index] = Float(index % 7) - 3 } }
          optimizer.update(parameter, step: step, learningRate: 1e-3, gradientScale: 1)
        }
      }
      #expect(optimizer.stateByteCount == bytes, "\(type(of: optimizer))")
    }
  }

  /// What does not fit the model is told before the first step.
  @Test func optimizersThatDoNotFitAreRefused() throws {
    func message(_ change: (inout TrainerOptions) -> Void, full: Bool = true) throws -> String {
      let fixture = try TrainingFixture("tied")
      if full {
        fixture.trainEverything()
      } else {
        _ = try AdapterFolder.load("\(fixture.folder)/lora_qv", onto: fixture.model)
      }
      var options = TrainerOptions()
      change(&options)
      do {
        _ = try Trainer(fixture.model, options: options).train(try fixture.examples())
        return ""
      } catch let error as TuneError { return error.kind == .usage ? error.message : "" }
    }
    func galore(_ targets: TargetModules?) -> (inout TrainerOptions) -> Void {
      { ($0.optimizer, $0.galore.targetModules) = (.galoreAdamW, targets) }
    }
    #expect(try message(galore(nil)).contains("needs --optim-target-modules, for example all-linear"))
    #expect(try message(galore(.suffixes(["attn", "qkv"]))).contains("'qkv' is in no layer's name"))
    #expect(try message(galore(.expression("x.*"))).contains("--optim-target-modules: 'x.*' matches no layer"))
    #expect(try message(galore(.allLinear), full: false).contains("none of the 14 layers"))
    let loraPlus: (inout TrainerOptions) -> Void = {
      $0.learningRateScales = .loraPlus(ratio: 16, embeddingLearningRate: 1e-6, learningRate: 1e-4)
    }
    #expect(try message(loraPlus).contains("no trained parameter is called lora_embedding_ or lora_B"))
  }

  /// A gradient that is not finite has no decomposition: nothing moves, and the trainer stops the run.
  @Test func galoreLeavesWeightsWithoutADecomposition() {
    let matrix = Parameter("matrix", Tensor([1, 2, 3, 4], shape: [2, 2]), isTrainable: true)
    let optimizer = GaLoreAdamW(settings: GaLoreAdamW.Settings(), adamW: AdamW.Settings(), projected: [matrix])
    matrix.addToGradient { $0[0] = .nan }
    optimizer.update(matrix, step: 1, learningRate: 1, gradientScale: 1)
    #expect(matrix.value.values == [1, 2, 3, 4])
  }

  @Test(arguments: [
    ("rank=0", "rank is '0'; use a whole number from 1"), ("rank", "'rank' is not of the form name=value"),
    ("rank=8,scale=nan", "scale is 'nan'"), ("rnak=8", "did you mean rank?"), ("proj_type=left", "use std"),
    ("update_proj_gap=-1", "update_proj_gap is '-1'"), ("a=b=c", "not of the form"), ("rank=9e99", "rank is '9e99'"),
  ])
  func wrongArgumentsAreTold(text: String, expected: String) {
    let error = #expect(throws: TuneError.self) { try GaLoreAdamW.Settings(arguments: text) }
    #expect(error?.message.contains(expected) == true)
  }

  @Test func argumentsAreRead() throws {
    let settings = try GaLoreAdamW.Settings(arguments: "rank=64, update_proj_gap=50,scale=1.5, proj_type=std")
    #expect(settings.rank == 64 && settings.updateProjectionGap == 50 && settings.scale == 1.5)
    #expect(try GaLoreAdamW.Settings(arguments: "") == GaLoreAdamW.Settings())
  }
}

/// Schedules against the formulas of transformers.optimization (get_scheduler), computed by hand.
@Suite struct ScheduleTests {
  private static let cosine = [
    0, 0.5, 1, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5, 0.3086582838174551,
    0.14644660940672627, 0.03806023374435663, 0,
  ]
  private static let linear = [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0]
  private static let constant = [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1]

  /// Ten steps, two of them warm-up, and the one after the end.
  @Test(arguments: [(Schedule.linear, linear), (.cosine, cosine), (.constant, constant)])
  func factorsEqualTransformers(schedule: Schedule, expected: [Double]) {
    for (step, factor) in expected.enumerated() {
      #expect(abs(schedule.factor(step: step, totalSteps: 10, warmupSteps: 2) - factor) <= 1e-15, "step \(step)")
    }
    #expect(schedule.factor(step: 20, totalSteps: 10, warmupSteps: 2) == (schedule == .constant ? 1 : 0))
  }

  @Test(arguments: Schedule.allCases) func withoutWarmUpTheFirstStepIsFull(schedule: Schedule) {
    #expect(schedule.factor(step: 0, totalSteps: 4, warmupSteps: 0) == 1)
    #expect(schedule.factor(step: 0, totalSteps: 1, warmupSteps: 0) == 1)
  }

  @Test(arguments: Schedule.allCases) func warmUpMayOutlastTheRun(schedule: Schedule) {
    #expect((0..<3).map { schedule.factor(step: $0, totalSteps: 3, warmupSteps: 4) } == [0, 0.25, 0.5])
  }
}
