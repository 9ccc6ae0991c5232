import Adapters
import Basics
import Datasets
import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// A tiny Llama of Tests/Fixtures/llama and how PyTorch trains it.
struct TrainingFixture {
  static let names = ["tied", "untied"]
  static let adapters = ["tied/lora_qv", "untied/lora_all"]

  let folder: String
  let golden: JSON
  let model: any LanguageModel

  init(_ name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    folder = tests.appendingPathComponent("Fixtures/llama/\(name)").path
    golden = try JSON(contentsOf: "\(folder)/golden.json")
    model = try loadModel(ModelFiles.open(folder))
  }

  /// The three sequences of the goldens; what their labels train becomes ranges.
  func examples() throws -> [Example] {
    try #require(golden["sequences"]?.arrayValue).enumerated().map { index, sequence in
      let ids = try #require(sequence["input_ids"]?.arrayValue).compactMap { $0.intValue.map { Int32($0) } }
      let labels = try #require(sequence["labels"]?.arrayValue).compactMap { $0.intValue }
      let trained = labels.indices.filter { labels[$0] != -100 }.map { $0..<$0 + 1 }
      return Example(tokens: ids, trained: trained, line: index + 1)
    }
  }

  func trainEverything() { for parameter in model.parameters { parameter.isTrainable = true } }
}

/// Five AdamW steps as PyTorch made them.
struct AdamWGolden {
  let losses: [Double]
  let gradientNorms: [Double]
  let finalLoss: Double
  let options: TrainerOptions

  init(_ json: JSON?) throws {
    let json = try #require(json)
    losses = try #require(json["losses"]?.arrayValue).compactMap { $0.doubleValue }
    gradientNorms = try #require(json["grad_norms"]?.arrayValue).compactMap { $0.doubleValue }
    finalLoss = try #require(json["final_loss"]?.doubleValue)
    var options = TrainerOptions()
    options.learningRate = try #require(json["learning_rate"]?.doubleValue)
    options.adamW = AdamW.Settings(
      beta1: try #require(json["betas"]?.arrayValue?.first?.doubleValue),
      beta2: try #require(json["betas"]?.arrayValue?.last?.doubleValue),
      epsilon: try #require(json["epsilon"]?.doubleValue),
      weightDecay: try #require(json["weight_decay"]?.doubleValue))
    options.maxGradientNorm = json["max_grad_norm"]?.doubleValue
    options.maxSteps = losses.count
    options.batchSize = 3
    options.schedule = .constant
    options.shuffles = false
    self.options = options
  }

  /// Losses and gradient norms of the steps, and the loss after the last, within 1e-4.
  func expect(_ losses: [Double], _ norms: [Double], final: Double) {
    #expect(largestRelativeError(losses, self.losses) <= 1e-4, "losses \(losses)")
    #expect(largestRelativeError(norms, gradientNorms) <= 1e-4, "gradient norms \(norms)")
    #expect(largestRelativeError([final], [finalLoss]) <= 1e-4, "final loss \(final)")
  }
}

/// The largest error relative to the expected value; infinite when the counts differ.
func largestRelativeError(_ found: [Double], _ expected: [Double]) -> Double {
  guard found.count == expected.count, !found.isEmpty else { return .infinity }
  return zip(found, expected).reduce(0) { largest, pair in
    let error = abs(pair.0 - pair.1) / abs(pair.1)
    return error <= largest ? largest : error
  }
}

/// The mean loss of all trained tokens.
func meanLoss(_ model: any LanguageModel, _ examples: [Example], tokensPerPass: Int = 100) -> Double {
  let losses = SupervisedFineTuning.exampleLosses(model, examples, tokensPerPass: tokensPerPass)
  return losses.reduce(0) { $0 + $1.sum } / Double(losses.reduce(0) { $0 + $1.trainedTokens })
}

/// Examples of different lengths and trained counts, drawn from the vocabulary of the fixtures.
func randomExamples(_ count: Int, seed: UInt64 = 1) -> [Example] {
  var random = SeededRandom(seed: seed, stream: "examples")
  return (0..<count).map { index in
    let length = 4 + random.integer(below: 12), prompt = 1 + random.integer(below: length - 2)
    let tokens = (0..<length).map { _ in Int32(3 + random.integer(below: 58)) }
    return Example(tokens: tokens, trained: [prompt..<length], line: index + 1)
  }
}

func bits(_ parameters: [Parameter]) -> [[UInt32]] { parameters.map { $0.value.values.map(\.bitPattern) } }

/// A folder that is removed when the value goes away.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.path + "/training-\(UUID().uuidString)"

  init() throws { try createFolder(path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The steps and evaluations of a training, in order.
final class EventLog {
  private(set) var steps: [StepMetrics] = []
  private(set) var evaluations: [EvaluationMetrics] = []

  func add(_ event: TrainingEvent) {
    switch event {
    case .step(let metrics): steps.append(metrics)
    case .evaluation(let metrics): evaluations.append(metrics)
    }
  }

  var losses: [Double] { steps.map { $0.loss } }
}
