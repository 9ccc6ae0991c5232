import Adapters
import Basics
import Datasets
import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// States of frozen layers may be computed once: nothing else changes.
@Suite struct FrozenActivationTests {
  static let families = ["gpt2", "llama-llama3", "gemma2", "gpt_neox", "flan-t5", "bert", "distilbert"]

  private func model(_ family: String) throws -> any LanguageModel {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try loadModel(ModelFiles.open(tests.appendingPathComponent("Fixtures/families/\(family)").path))
  }

  private func examples(of model: any LanguageModel, seed: UInt64 = 1) -> [Example] {
    randomExamples(7, seed: seed).map { example in
      var example = example
      if let labels = model.traits.labels { example.label = example.tokens[0] % Int32(labels.count) }
      if model.traits.labels != nil { example.trained = [] }
      return example
    }
  }

  /// The parameters of the last layers: those behind the half of the model, without tied embeddings.
  private func trainHalf(_ model: any LanguageModel) throws {
    if model.traits.labels != nil {
      let half = model.parameters.suffix(model.parameters.count / 3)
      for parameter in half { parameter.isTrainable = true }
    } else {
      _ = try Selective(.lastLayers(1)).attach(to: model, seed: 1)
    }
  }

  @Test(arguments: families) func statesFromFrozenOnesAreTheStates(family: String) throws {
    let model = try model(family)
    try trainHalf(model)
    let batch = SupervisedBatch(examples(of: model), decoderStartID: model.traits.decoderStartID)
    let frozen = try #require(model.frozenStates(batch.tokens, source: batch.source))
    let whole = model.hiddenStates(batch.tokens, source: batch.source, caches: nil, rows: batch.rows)
    let later = model.hiddenStates(batch.tokens, source: batch.source, rows: batch.rows, from: frozen)
    #expect(whole.shape == later.shape)
    #expect(zip(whole.values, later.values).allSatisfy { abs($0 - $1) <= 1e-5 })
  }

  /// The same losses with states of all examples, of some, and of none kept.
  @Test(arguments: families) func keptStatesChangeNoLoss(family: String) throws {
    func losses(bytes: Int) throws -> [Double] {
      let model = try model(family), log = EventLog()
      try trainHalf(model)
      var options = TrainerOptions()
      options.epochs = 3
      options.batchSize = 3
      options.learningRate = 1e-2
      options.activationCacheBytes = bytes
      _ = try Trainer(model, options: options).train(examples(of: model), listener: { log.add($0) })
      return log.losses
    }
    let anew = try losses(bytes: 0)
    #expect(largestRelativeError(try losses(bytes: 1 << 20), anew) <= 1e-4)
    #expect(largestRelativeError(try losses(bytes: 3000), anew) <= 1e-4)
    #expect(anew.last ?? 0 < anew[0])
  }

  @Test func memoryIsBounded() throws {
    let model = try model("llama-llama3")
    try trainHalf(model)
    let examples = examples(of: model), width = model.dimensions.hiddenSize
    let limit = (examples[0].tokens.count + examples[1].tokens.count) * width * 4
    let activations = FrozenActivations(model, limit: limit)
    for _ in 0..<2 {
      for index in examples.indices {
        let pass = TrainingPass(batch: SupervisedBatch([examples[index]]), indices: [index], tasks: [0], seed: 0)
        _ = activations.hiddenStates(pass)
        #expect(activations.byteCount <= limit)
      }
    }
    #expect(activations.byteCount > 0)
  }

  /// Whatever trains below, or changes what enters, leaves nothing to keep.
  @Test func nothingIsFrozenBelowWhatTrains() throws {
    let batch = SupervisedBatch(randomExamples(2))
    func frozen(_ method: any PEFTMethod) throws -> FrozenStates? {
      let model = try model("llama-llama3")
      _ = try method.attach(to: model, seed: 1)
      return model.frozenStates(batch.tokens, source: nil)
    }
    #expect(try frozen(LoRA(rank: 2)) == nil)
    #expect(try frozen(PromptTuning(virtualTokenCount: 3, initial: .random)) == nil)
    #expect(try frozen(Selective(.embeddings)) == nil)
    #expect(try frozen(Selective(.head)) != nil)
    var upper = LoRA(rank: 2)
    upper.selection.layersToTransform = [1]
    #expect(try frozen(upper) != nil)
  }
}

@Suite struct EmbeddingChangesTests {
  @Test func noiseIsBoundedByLengthAndWidth() {
    let batch = TokenBatch([[1, 2, 3, 4], [5]]), x = Tensor.zeros([5, 400])
    var noise = EmbeddingNoise(alpha: 5, seed: 9)
    let values = noise.added(to: x, batch).values
    for (rows, length) in [(0..<4, 4.0), (4..<5, 1)] {
      let own = values[rows.lowerBound * 400..<rows.upperBound * 400].map { Double($0) }
      let bound = 5 / (length * 400).squareRoot()
      #expect(own.allSatisfy { abs($0) <= bound * 1.0001 })
      // Uniform: the mean square is a third of the bound's.
      let square = own.reduce(0) { $0 + $1 * $1 } / Double(own.count)
      #expect(abs(square / (bound * bound) - 1.0 / 3) < 0.05)
    }
    var again = EmbeddingNoise(alpha: 5, seed: 9), other = EmbeddingNoise(alpha: 5, seed: 10)
    #expect(again.added(to: x, batch).values == values && other.added(to: x, batch).values != values)
  }

  /// Noise is there in training alone.
  @Test func noiseEndsWithTheStep() throws {
    let fixture = try TrainingFixture("untied"), log = EventLog(), validation = randomExamples(4, seed: 8)
    fixture.trainEverything()
    var options = TrainerOptions()
    (options.maxSteps, options.neftuneNoiseAlpha, options.learningRate) = (2, 1e6, 1e-12)
    let before = meanLoss(fixture.model, validation)
    _ = try Trainer(fixture.model, options: options)
      .train(randomExamples(8), validation: validation, listener: { log.add($0) })
    #expect(log.evaluations.allSatisfy { abs($0.loss - before) <= 1e-5 })
    #expect(abs(log.losses[0] - meanLoss(fixture.model, randomExamples(8))) > 0.01)
    #expect(fixture.model.hooks.changeEmbeddings == nil)
  }

  @Test func movesAreAsLongAsEpsilon() throws {
    let model = try TrainingFixture("tied").model, examples = randomExamples(3)
    let adversary = FastGradient(epsilon: 0.5), batch = SupervisedBatch(examples)
    model.hooks.changeEmbeddings = { adversary.watched($0, $1) }
    SupervisedFineTuning.loss(model, batch, scale: 1).loss.backward()
    let x = Tensor.zeros([batch.tokens.tokenCount, model.dimensions.hiddenSize])
    let move = adversary.moved(x).values, width = x.width
    for (start, end) in zip(batch.tokens.offsets, batch.tokens.offsets.dropFirst()) {
      let norm = move[start * width..<end * width].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - 0.5) <= 1e-5)
    }
  }
}

@Suite struct ExampleSamplerTests {
  private func data(_ counts: [Int], replay: Int = 0, ratio: Double = 0) -> TrainingData {
    var examples: [Example] = []
    for (task, count) in counts.enumerated() {
      for _ in 0..<count { examples.append(Example(tokens: [1, 2], trained: [1..<2], task: task, line: 1)) }
    }
    var data = TrainingData(examples, tasks: counts.indices.map { "task\($0)" })
    data.replay = (0..<replay).map { Example(tokens: [1, 2], trained: [1..<2], line: $0) }
    data.replayRatio = ratio
    return data
  }

  private func counts(_ data: TrainingData, draws: Int, step: Int, _ change: (inout TrainerOptions) -> Void) -> [[Int]]
  {
    var options = TrainerOptions()
    change(&options)
    var sampler = ExampleSampler(data, options)
    return (0..<draws / step).map { _ in
      var found = [Int](repeating: 0, count: data.tasks.count + 1)
      for index in sampler.next(step) {
        let isReplay = index >= data.examples.count
        found[isReplay ? data.tasks.count : data.examples[index].task] += 1
      }
      return found
    }
  }

  @Test func balancedStepsHoldEveryTaskInItsShare() {
    let steps = counts(data([30, 20, 10]), draws: 120, step: 6) { $0.balancesTasks = true }
    #expect(steps.allSatisfy { zip($0, [3, 2, 1]).allSatisfy { abs($0 - $1) <= 1 } })
    #expect((0..<3).map { task in steps.reduce(0) { $0 + $1[task] } } == [60, 40, 20])
    let uniform = counts(data([1000, 10, 1]), draws: 90, step: 9) {
      ($0.balancesTasks, $0.taskSampling) = (true, .uniform)
    }
    #expect(uniform.allSatisfy { $0[0..<3] == [3, 3, 3] })
  }

  @Test func sharesFollowTheTemperature() {
    func shares(_ sampling: TaskSampling) -> [Double] {
      let steps = counts(data([800, 200]), draws: 20_000, step: 20_000) { $0.taskSampling = sampling }
      return [Double(steps[0][0]) / 20_000, Double(steps[0][1]) / 20_000]
    }
    #expect(abs(shares(.uniform)[0] - 0.5) < 0.02)
    #expect(abs(shares(.temperature(1))[0] - 0.8) < 0.02)
    #expect(abs(shares(.temperature(2))[0] - 2.0 / 3) < 0.02)
    #expect(TaskSampling.temperature(1e9).shares([800, 200]).allSatisfy { abs($0 - 0.5) < 1e-6 })
  }

  /// Replay has its share of every step, and every example comes once in an epoch of the rest.
  @Test func replayHasItsShare() {
    let data = data([40], replay: 7, ratio: 0.25)
    let steps = counts(data, draws: 80, step: 8) { _ in }
    #expect(steps.allSatisfy { $0 == [6, 2] })
    var sampler = ExampleSampler(data, TrainerOptions())
    var seen: [Int] = []
    while seen.count < 40 { seen += sampler.next(8).filter { $0 < 40 } }
    #expect(Set(seen.prefix(40)) == Set(0..<40))
    var options = TrainerOptions()
    (options.epochs, options.batchSize) = (1, 8)
    #expect(options.totalSteps(data) == 7)
  }

  @Test func lossesByTaskAreThoseOfTheirExamples() throws {
    let fixture = try TrainingFixture("tied"), log = EventLog()
    fixture.trainEverything()
    let examples = randomExamples(8).enumerated().map { index, example in
      var example = example
      example.task = index % 2
      return example
    }
    let losses = (0..<2).map { task in meanLoss(fixture.model, examples.filter { $0.task == task }) }
    var data = TrainingData(examples, validation: examples, tasks: ["a", "b"]), options = TrainerOptions()
    (options.maxSteps, data.heldOutTasks) = (1, [1])
    data.examples = examples.filter { $0.task == 0 }
    _ = try Trainer(fixture.model, options: options).train(data, listener: { log.add($0) })
    #expect(log.steps[0].taskLosses.map { $0.task } == ["a"])
    #expect(abs(log.steps[0].taskLosses[0].loss - losses[0]) <= 1e-5)
    // What is held out has no share in the validation loss.
    #expect(log.evaluations[0].taskLosses.map { $0.task } == ["a", "b"])
    #expect(abs(log.evaluations[0].loss - losses[0]) <= 1e-5)
    #expect(abs(log.evaluations[0].taskLosses[1].loss - losses[1]) <= 1e-5)
    #expect(log.evaluations[0].json["eval_b_loss"]?.doubleValue == log.evaluations[0].taskLosses[1].loss)
  }
}
