import Adapters
import Basics
import Datasets
import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// Objectives, penalties and adversarial moves against PyTorch: Tests/Fixtures/llama/make_objectives.py.
@Suite struct ObjectiveGoldenTests {
  private struct Golden {
    let fixture: TrainingFixture
    let json: JSON
    let examples: [Example]
    var options = TrainerOptions()

    init(_ name: String) throws {
      fixture = try TrainingFixture(name)
      json = try JSON(contentsOf: "\(fixture.folder)/objectives.json")
      examples = try fixture.examples()
      fixture.trainEverything()
      options.learningRate = try #require(json["learning_rate"]?.doubleValue)
      options.maxGradientNorm = nil
      options.maxSteps = 5
      options.batchSize = 3
      options.schedule = .constant
      options.shuffles = false
    }

    func number(_ key: String) throws -> Double { try #require(json[key]?.doubleValue) }

    func expect(
      _ run: String, objective: any Objective = SupervisedFineTuning(), penalty: WeightPenalty? = nil
    ) throws {
      let log = EventLog()
      _ = try Trainer(fixture.model, objective: objective, penalty: penalty, options: options)
        .train(examples, listener: { log.add($0) })
      let golden = try #require(json["runs"]?[run])
      let losses = try #require(golden["losses"]?.arrayValue).compactMap { $0.doubleValue }
      let norms = try #require(golden["grad_norms"]?.arrayValue).compactMap { $0.doubleValue }
      #expect(largestRelativeError(log.losses, losses) <= 1e-4, "\(log.losses) \(losses)")
      #expect(largestRelativeError(log.steps.map { $0.gradientNorm }, norms) <= 1e-4)
    }
  }

  @Test(arguments: TrainingFixture.names) func distillation(name: String) throws {
    let golden = try Golden(name)
    let teacher = try TrainingFixture(try #require(golden.json["teacher"]?.stringValue)).model
    try golden.expect(
      "distillation",
      objective: Distillation(
        .model(teacher), for: golden.fixture.model, hardWeight: try golden.number("hard_weight"),
        softWeight: try golden.number("soft_weight"), temperature: try golden.number("temperature")))
  }

  @Test(arguments: TrainingFixture.names) func divergenceFromTheBase(name: String) throws {
    let golden = try Golden(name), base = try TrainingFixture(name).model
    try golden.expect(
      "kl",
      objective: Distillation(
        .model(base), for: golden.fixture.model, hardWeight: 1, softWeight: try golden.number("kl_weight")))
  }

  @Test(arguments: TrainingFixture.names) func penalties(name: String) throws {
    var golden = try Golden(name)
    let start = golden.fixture.model.parameters
    try golden.expect("l2", penalty: WeightPenalty(weight: try golden.number("l2_weight"), start))
    golden = try Golden(name)
    let model = golden.fixture.model, parameters = model.trainableParameters
    let fisher = FisherInformation.diagonal(model, Array(golden.examples.prefix(2)))
    let norms = try #require(golden.json["fisher_norms"]?.objectValue)
    for (parameter, own) in zip(parameters, fisher) {
      let expected = try #require(norms[parameter.name]?.doubleValue)
      let norm = own.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(largestRelativeError([norm], [expected]) <= 1e-4, "\(parameter.name)")
    }
    try golden.expect(
      "ewc", penalty: WeightPenalty(weight: try golden.number("ewc_weight"), parameters, importance: fisher))
  }

  @Test(arguments: TrainingFixture.names) func adversarialMoves(name: String) throws {
    var golden = try Golden(name)
    golden.options.adversarialEpsilon = try golden.number("adversarial_epsilon")
    try golden.expect("adversarial")
  }

  /// Penalties act on gradients, wherever weights are updated.
  @Test func penaltiesHoldWithLayerwiseUpdates() throws {
    var golden = try Golden("tied")
    golden.options.updatesByLayer = true
    let model = golden.fixture.model
    try golden.expect("l2", penalty: WeightPenalty(weight: try golden.number("l2_weight"), model.parameters))
  }

  /// Without its adapter a model is its own reference: what it says and what the base says are compared, and the adapter
  /// is on again afterwards.
  @Test func anAdaptersBaseIsTheReference() throws {
    let examples = try TrainingFixture("untied").examples()
    func losses(_ reference: (any LanguageModel, AttachedAdapter) throws -> Distillation.Reference) throws -> [Double] {
      let model = try TrainingFixture("untied").model, log = EventLog()
      let adapter = try LoRA(rank: 4, targetModules: .allLinear).attach(to: model, seed: 3)
      var options = TrainerOptions()
      (options.maxSteps, options.learningRate) = (4, 1e-2)
      let objective = Distillation(try reference(model, adapter), for: model, hardWeight: 1, softWeight: 2)
      _ = try Trainer(model, adapter: adapter, objective: objective, options: options)
        .train(examples, listener: { log.add($0) })
      return log.losses
    }
    let own = try losses { .base($1) }, other = try TrainingFixture("untied").model
    let copied = try losses { _, _ in .model(other) }
    #expect(own == copied && own.last ?? 0 < own[0])
  }
}
