import Basics
import Datasets
import Models
import Tensors
import Testing

@testable import Training

@Suite struct TaskTests {
  /// 60, 30 and 10 examples of three tasks, mixed.
  private func data(_ counts: [Int] = [60, 30, 10]) -> TrainingData {
    var examples = randomExamples(counts.reduce(0, +))
    var tasks = counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    var random = SeededRandom(seed: 4, stream: "tasks")
    tasks.shuffle(using: &random)
    for (index, task) in tasks.enumerated() { examples[index].task = task }
    return TrainingData(examples, tasks: counts.indices.map { "task \($0)" })
  }

  private func draws(_ data: TrainingData, steps: Int, _ change: (inout TrainerOptions) -> Void) -> [[Int]] {
    var options = TrainerOptions()
    change(&options)
    var sampler = ExampleSampler(data, options)
    return (0..<steps).map { _ in sampler.next(options.stepSize) }
  }

  private func counts(_ data: TrainingData, _ indices: [Int]) -> [Int] {
    data.tasks.indices.map { task in indices.count { data.examples[$0].task == task } }
  }

  /// The shares of Raffel et al. (2020), temperature-scaled mixing: n^(1/T) over their sum.
  private static let expectedShares: [(TaskSampling, [Double])] = [
    (.uniform, [0.333333, 0.333333, 0.333333]), (.temperature(1), [0.6, 0.3, 0.1]),
    (.temperature(2), [0.472734, 0.334273, 0.192993]), (.temperature(1e9), [0.333333, 0.333333, 0.333333]),
  ]

  @Test(arguments: expectedShares) func tasksAreDrawnInTheirShares(sampling: TaskSampling, shares: [Double]) {
    let data = data()
    for (share, expected) in zip(sampling.shares([60, 30, 10]), shares) { #expect(abs(share - expected) < 1e-5) }
    let drawn = counts(data, draws(data, steps: 1500) { $0.taskSampling = sampling }.flatMap { $0 })
    // 12,000 draws: four standard deviations are at most 220.
    for (count, share) in zip(drawn, shares) { #expect(abs(Double(count) - 12_000 * share) < 220, "\(drawn)") }
  }

  @Test(arguments: [TaskSampling.uniform, .all, .temperature(2)])
  func balancedStepsHaveEveryTaskInItsShare(sampling: TaskSampling) {
    let data = data()
    let steps = draws(data, steps: 50) {
      $0.taskSampling = sampling
      $0.balancesTasks = true
    }
    for step in steps {
      #expect(step.count == 8)
      for (count, share) in zip(counts(data, step), sampling.shares([60, 30, 10])) {
        // A step may owe or be owed one example at either end.
        #expect(abs(Double(count) - 8 * share) < 2, "\(counts(data, step))")
      }
    }
    // Over the run the shares are met to within an example.
    for (count, share) in zip(counts(data, steps.flatMap { $0 }), sampling.shares([60, 30, 10])) {
      #expect(abs(Double(count) - 400 * share) <= 2)
    }
  }

  @Test func anEpochHasEveryExampleOnce() {
    let data = data()
    let epoch = draws(data, steps: 13) { _ in }.flatMap { $0 }
    #expect(epoch.sorted() == Array(0..<100))
    // A task's examples come once each before one comes again, however often the task is drawn.
    let drawn = draws(data, steps: 100) { $0.taskSampling = .uniform }.flatMap { $0 }
    for (task, count) in [60, 30, 10].enumerated() {
      let own = drawn.filter { data.examples[$0].task == task }
      for start in stride(from: 0, to: own.count - count, by: count) {
        #expect(Set(own[start..<start + count]).count == count)
      }
    }
  }

  @Test func theOrderDependsOnTheSeedAlone() {
    let data = data()
    func drawn(_ seed: UInt64, _ balances: Bool) -> [[Int]] {
      draws(data, steps: 30) {
        $0.taskSampling = .temperature(3)
        $0.balancesTasks = balances
        $0.seed = seed
      }
    }
    for balances in [false, true] {
      #expect(drawn(1, balances) == drawn(1, balances))
      #expect(drawn(1, balances) != drawn(2, balances))
    }
  }

  @Test func heldOutTasksAreMeasuredAndNeverTrained() throws {
    var data = data()
    data.validation = data.examples.filter { $0.task == 1 }.suffix(3) + data.examples.filter { $0.task == 0 }.suffix(2)
    let thirds = data.examples.filter { $0.task == 2 }
    data.holdOut([1, 2], measuring: 4)
    #expect(data.examples.count == 60 && data.examples.allSatisfy { $0.task == 0 })
    // The validation examples of task 1 do; task 2 has none, so its first training examples are measured.
    #expect(data.validation.map { $0.task } == [1, 1, 1, 0, 0, 2, 2, 2, 2])
    #expect(Array(data.validation.suffix(4)) == Array(thirds.prefix(4)))
    let fixture = try TrainingFixture("untied"), log = EventLog()
    fixture.trainEverything()
    var options = TrainerOptions()
    options.maxSteps = 6
    options.taskSampling = .uniform
    let summary = try Trainer(fixture.model, options: options).train(data, listener: { log.add($0) })
    #expect(log.steps.allSatisfy { $0.taskLosses.map { $0.task } == ["task 0"] })
    let last = try #require(log.evaluations.last)
    #expect(last.taskLosses.map { $0.task } == ["task 0", "task 1", "task 2"])
    // What is held out has no share in the loss of validation.
    #expect(summary.lastEvaluationLoss == last.taskLosses[0].loss && last.examples == 9)
  }

  @Test func aTasksLossIsThatOfItsExamplesAlone() throws {
    var data = data([8, 6, 4])
    data.validation = randomExamples(18, seed: 9)
    for index in data.validation.indices { data.validation[index].task = index % 3 }
    let fixture = try TrainingFixture("tied"), log = EventLog()
    var options = TrainerOptions()
    options.maxSteps = 1
    options.batchSize = 18
    let expected = { (examples: [Example]) in
      (0..<3).map { task in meanLoss(fixture.model, examples.filter { $0.task == task }) }
    }
    let training = expected(data.examples), validation = expected(data.validation)
    _ = try Trainer(fixture.model, options: options).train(data, listener: { log.add($0) })
    #expect(largestRelativeError(log.steps[0].taskLosses.map { $0.loss }, training) < 1e-6)
    #expect(largestRelativeError(log.evaluations[0].taskLosses.map { $0.loss }, validation) < 1e-6)
    let json = log.evaluations[0].json
    for (task, loss) in validation.enumerated() {
      #expect(largestRelativeError([json["eval_task \(task)_loss"]?.doubleValue ?? 0], [loss]) < 1e-6)
    }
    let tokens = log.steps[0].taskLosses.reduce(0) { $0 + $1.trainedTokens }
    #expect(tokens == log.steps[0].trainedTokens)
  }
}
