import Adapters
import Basics
import Datasets
import Models
import Tensors
import Testing

@testable import Training

@Suite struct TrainerTests {
  private func options(steps: Int = 3, _ change: (inout TrainerOptions) -> Void = { _ in }) -> TrainerOptions {
    var options = TrainerOptions()
    options.maxSteps = steps
    options.learningRate = 1e-2
    change(&options)
    return options
  }

  /// A step is the mean over its trained tokens, however its examples are split into passes.
  @Test(arguments: [(1, 8, 1_000), (2, 4, 1_000), (3, 3, 1_000), (8, 1, 1), (4, 2, 25)])
  func passesEqualOneBatch(batchSize: Int, accumulation: Int, tokens: Int) throws {
    let examples = randomExamples(8)
    func losses(_ batchSize: Int, _ accumulation: Int, _ tokens: Int) throws -> [Double] {
      let fixture = try TrainingFixture("untied"), log = EventLog()
      fixture.trainEverything()
      let options = options {
        $0.batchSize = batchSize
        $0.gradientAccumulationSteps = accumulation
        $0.tokensPerPass = tokens
      }
      _ = try Trainer(fixture.model, options: options).train(examples, listener: { log.add($0) })
      #expect(
        log.steps.map { $0.trainedTokens }
          == Array(repeating: examples.reduce(0) { $0 + $1.trainedTokenCount }, count: 3))
      return log.losses
    }
    let whole = try losses(8, 1, .max), split = try losses(batchSize, accumulation, tokens)
    #expect(largestRelativeError(split, whole) <= 1e-6, "\(split) \(whole)")
  }

  @Test func passesHoldNoMoreTokensThanAllowed() {
    let examples = randomExamples(50)
    for limit in [1, 20, 64, 10_000] {
      let split = passes(of: examples, tokens: limit)
      #expect(split.flatMap { $0 }.map { $0.tokens } == examples.map { $0.tokens })
      #expect(split.allSatisfy { pass in pass.count == 1 || pass.reduce(0) { $0 + $1.tokens.count } <= limit })
      // No pass could have taken the next one's first example.
      for (pass, next) in zip(split, split.dropFirst()) {
        #expect(pass.reduce(next[0].tokens.count) { $0 + $1.tokens.count } > limit)
      }
    }
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    func run(seed: UInt64) throws -> (weights: [[UInt32]], losses: [Double]) {
      let fixture = try TrainingFixture("tied"), log = EventLog()
      let adapter = try LoRA(rank: 4, loraDropout: 0.3, targetModules: .allLinear).attach(to: fixture.model, seed: seed)
      let options = options(steps: 6) {
        $0.batchSize = 2
        $0.gradientAccumulationSteps = 2
        $0.seed = seed
      }
      let trainer = Trainer(fixture.model, adapter: adapter, options: options)
      _ = try trainer.train(randomExamples(9), validation: randomExamples(3, seed: 2), listener: { log.add($0) })
      return (bits(adapter.parameters), log.losses)
    }
    let first = try run(seed: 7), again = try run(seed: 7), other = try run(seed: 8)
    #expect(first.weights == again.weights && first.losses == again.losses)
    #expect(first.weights != other.weights && first.losses != other.losses)
  }

  @Test func onlyTheAdapterChanges() throws {
    let fixture = try TrainingFixture("untied")
    let adapter = try LoRA(rank: 2).attach(to: fixture.model, seed: 1)
    let base = bits(fixture.model.parameters), before = bits(adapter.parameters)
    _ = try Trainer(fixture.model, options: options()).train(randomExamples(8))
    #expect(bits(fixture.model.parameters) == base)
    for (parameter, old) in zip(adapter.parameters, before) {
      #expect(bits([parameter])[0] != old, "\(parameter.name)")
      #expect(parameter.gradient == nil)
    }
  }

  /// A method that follows the training is told of every step: AdaLoRA ends with the ranks it was to end with.
  @Test func ranksAreCutWhileTraining() throws {
    let fixture = try TrainingFixture("untied"), log = EventLog()
    var method = AdaLoRA(initRank: 4, targetRank: 2, targetModules: .allLinear)
    (method.initialSteps, method.finalSteps, method.stepInterval) = (2, 4, 1)
    let adapter = try method.attach(to: fixture.model, seed: 1)
    let layers = adapter.tensors.filter { $0.name.hasSuffix("lora_E") }.map { $0.parameter }
    let plain = meanLoss(fixture.model, randomExamples(8))
    _ = try Trainer(fixture.model, adapter: adapter, options: options(steps: 12))
      .train(randomExamples(8), listener: { log.add($0) })
    let kept = layers.reduce(0) { sum, layer in sum + (0..<layer.count).filter { layer.pointer[$0] != 0 }.count }
    #expect(kept == 2 * layers.count)
    // The first loss holds what keeps A and B orthogonal.
    #expect(log.losses[0] > plain + 1e-3)
  }

  @Test func validationIsMeasuredWithoutDropout() throws {
    let fixture = try TrainingFixture("tied"), log = EventLog(), validation = randomExamples(5, seed: 3)
    fixture.trainEverything()
    let before = meanLoss(fixture.model, validation)
    let options = options(steps: 5) {
      $0.evaluationSteps = 2
      $0.batchSize = 4
    }
    let adapter = try LoRA(rank: 4, loraDropout: 0.9, targetModules: .allLinear).attach(to: fixture.model, seed: 5)
    let summary = try Trainer(fixture.model, adapter: adapter, options: options)
      .train(randomExamples(8), validation: validation, listener: { log.add($0) })
    adapter.setDropout(seed: nil)
    #expect(log.evaluations.map { $0.step } == [0, 2, 4, 5])
    #expect(log.evaluations.allSatisfy { $0.examples == 5 })
    #expect(abs(log.evaluations[0].loss - before) <= 1e-6)
    #expect(abs(log.evaluations[3].loss - meanLoss(fixture.model, validation, tokensPerPass: 20)) <= 1e-6)
    #expect(summary.firstEvaluationLoss == log.evaluations[0].loss)
    #expect(summary.lastEvaluationLoss == log.evaluations[3].loss)
  }

  @Test func trainingStopsAfterTheStepWhenAsked() throws {
    let fixture = try TrainingFixture("untied"), log = EventLog()
    fixture.trainEverything()
    let summary = try Trainer(fixture.model, options: options(steps: 10)).train(
      randomExamples(8), validation: randomExamples(2), shouldStop: { log.steps.count == 2 },
      listener: { log.add($0) })
    #expect(summary.wasInterrupted && summary.steps == 2 && log.steps.count == 2)
    #expect(log.evaluations.map { $0.step } == [0] && summary.lastEvaluationLoss == nil)
    // A request during the last step interrupts nothing.
    let last = try Trainer(fixture.model, options: options(steps: 1)).train(randomExamples(8), shouldStop: { true })
    #expect(!last.wasInterrupted && last.steps == 1)
  }

  @Test func aLossThatIsNoNumberIsAnError() throws {
    let fixture = try TrainingFixture("tied")
    fixture.trainEverything()
    let options = options(steps: 50) { $0.learningRate = 1e30 }
    let error = try #require(throws: TuneError.self) {
      try Trainer(fixture.model, options: options).train(randomExamples(8))
    }
    #expect(error.kind == .runtime)
    #expect(
      error.message.hasPrefix("step ") && error.message.contains("--learning-rate (now 1e+30)"), "\(error.message)")
  }

  @Test func anErrorOfTheListenerEndsTheTraining() throws {
    let fixture = try TrainingFixture("tied")
    fixture.trainEverything()
    let full = TuneError.runtime("the disk is full")
    #expect(throws: full) {
      try Trainer(fixture.model, options: options()).train(randomExamples(8), listener: { _ in throw full })
    }
  }

  /// The listener sees the schedule's rate; the first step of a warm-up has rate 0.
  @Test func ratesFollowTheSchedule() throws {
    let fixture = try TrainingFixture("tied"), log = EventLog()
    fixture.trainEverything()
    let before = bits(fixture.model.parameters)
    var after: [[UInt32]] = []
    let options = options(steps: 4) {
      $0.warmupSteps = 2
      $0.learningRate = 0.5e-2
    }
    _ = try Trainer(fixture.model, options: options).train(
      randomExamples(8),
      listener: { event in
        if log.steps.isEmpty { after = bits(fixture.model.parameters) }
        log.add(event)
      })
    #expect(log.steps.map { $0.learningRate } == [0, 0.25e-2, 0.5e-2, 0.25e-2])
    #expect(after == before)
  }

  @Test(arguments: [(10, 4, 1, 3.0, 9), (10, 4, 2, 1, 2), (10, 4, 1, 0.5, 2), (1, 8, 4, 0.001, 1), (16, 8, 1, 1.5, 3)])
  func stepsFollowFromEpochs(examples: Int, batchSize: Int, passes: Int, epochs: Double, steps: Int) {
    var options = TrainerOptions()
    (options.batchSize, options.gradientAccumulationSteps, options.epochs) = (batchSize, passes, epochs)
    #expect(options.totalSteps(exampleCount: examples) == steps)
    options.maxSteps = 7
    #expect(options.totalSteps(exampleCount: examples) == 7)
  }

  @Test func anySeedCanBeDescribed() {
    var options = TrainerOptions()
    #expect(options.json["seed"] == 42)
    options.seed = .max
    #expect(options.json["seed"] == "18446744073709551615")
  }
}

@Suite struct ExampleOrderTests {
  @Test func everyEpochHoldsEveryExampleOnce() {
    var order = ExampleOrder(count: 10, shuffles: true, seed: 3)
    var epochs: [[Int]] = []
    for epoch in 1...3 {
      let steps = (0..<3).map { _ in order.next(4) }
      #expect(steps.map { $0.count } == [4, 4, 2])
      #expect(order.epoch == Double(epoch))
      epochs.append(steps.flatMap { $0 })
    }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<10)) }
    #expect(Set(epochs).count == 3)
    #expect(!epochs.contains(Array(0..<10)))
  }

  @Test func theSeedDecides() {
    func first(_ seed: UInt64) -> [Int] {
      var order = ExampleOrder(count: 20, shuffles: true, seed: seed)
      return order.next(20)
    }
    #expect(first(1) == first(1) && first(1) != first(2))
  }

  @Test func withoutShufflingTheFileDecides() {
    var order = ExampleOrder(count: 3, shuffles: false, seed: 3)
    #expect([order.next(2), order.next(2), order.next(2)] == [[0, 1], [2], [0, 1]])
    #expect(abs(order.epoch - 5.0 / 3) < 1e-12)
  }
}

@Suite struct SupervisedBatchTests {
  /// The row before a trained token predicts it; an example's first token is never a target.
  @Test func targetsFollowFromTrainedRanges() {
    let batch = SupervisedBatch([
      Example(tokens: [10, 11, 12, 13, 14], trained: [1..<2, 3..<5], line: 1),
      Example(tokens: [20, 21, 22], trained: [0..<3], line: 2), Example(tokens: [30, 31], trained: [], line: 3),
      Example(tokens: [40], trained: [0..<1], line: 4), Example(tokens: [50, 51], trained: [1..<2], line: 5),
    ])
    #expect(batch.tokens.ids == [10, 11, 12, 13, 14, 20, 21, 22, 30, 31, 40, 50, 51])
    #expect(batch.rows == [0, 2, 3, 5, 6, 11])
    #expect(batch.targets == [11, 13, 14, 21, 22, 51])
    #expect(batch.targetOffsets == [0, 3, 5, 5, 5, 6])
  }

  @Test func targetsAreTheLabelsOfTheExample() {
    for example in randomExamples(20) {
      let batch = SupervisedBatch([example])
      #expect(batch.targets == example.labels.dropFirst().filter { $0 != -100 })
      #expect(batch.targets.count == example.trainedTokenCount)
    }
  }

  @Test(arguments: TrainingFixture.names) func exampleLossesEqualTransformers(name: String) throws {
    let fixture = try TrainingFixture(name), examples = try fixture.examples()
    for tokens in [1, 20, 1_000] {
      let losses = SupervisedFineTuning.exampleLosses(fixture.model, examples, tokensPerPass: tokens)
      for (loss, golden) in zip(losses, try #require(fixture.golden["sequences"]?.arrayValue)) {
        #expect(loss.trainedTokens == golden["trained_tokens"]?.intValue)
        #expect(largestRelativeError([loss.sum], [try #require(golden["loss_sum"]?.doubleValue)]) <= 1e-5)
      }
    }
  }
}
