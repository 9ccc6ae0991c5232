import Adapters
import Basics
import Datasets
import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// LoRA on every family against PEFT and torch.optim.AdamW: Tests/Fixtures/families.
@Suite struct FamilyLoRATests {
  static let writers = [
    "gpt2", "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn", "mistral", "smollm3", "qwen2",
    "qwen2-sliding", "qwen3", "gemma", "gemma2", "gemma3", "gemma3-linear", "phi3", "gpt_neox",
    "gpt_neox-sequential", "opt", "t5", "flan-t5", "mt5",
  ]
  /// Their heads are trained whole beside the adapter.
  static let classifiers = ["bert", "roberta", "distilbert"]
  static let all = writers + classifiers

  @Test(arguments: all) func lossAndGradientsEqualPEFT(name: String) throws {
    let fixture = try FamilyAdapterFixture(name)
    let (loss, sums) = try fixture.backward()
    #expect(abs(loss - (try fixture.number("loss"))) <= 1e-5)
    let expected = try #require(fixture.golden["loss_sums"]?.arrayValue).compactMap { $0.doubleValue }
    #expect(largestRelativeError(sums, expected) <= 1e-5)
    try fixture.expect(prefix: "adapter.gradients.", tolerance: 1e-4) { $0.gradient?.values ?? [] }
    #expect(fixture.model.parameters.allSatisfy { $0.isTrainable || $0.gradient == nil })
  }

  /// One step of AdamW changes A and B as PyTorch does, and with them the loss.
  @Test(arguments: all) func aStepEqualsPyTorch(name: String) throws {
    let fixture = try FamilyAdapterFixture(name)
    _ = try fixture.backward()
    let betas = try #require(fixture.golden["betas"]?.arrayValue).compactMap { $0.doubleValue }
    let optimizer = AdamW(
      settings: AdamW.Settings(
        beta1: try #require(betas.first), beta2: try #require(betas.last), epsilon: try fixture.number("epsilon"),
        weightDecay: try fixture.number("weight_decay")))
    for parameter in fixture.adapter.parameters {
      optimizer.update(parameter, step: 1, learningRate: try fixture.number("learning_rate"), gradientScale: 1)
    }
    try fixture.expect(prefix: "adapter.after.", tolerance: 1e-5) { $0.value.values }
    #expect(abs(meanLoss(fixture.model, fixture.examples) - (try fixture.number("loss_after"))) <= 1e-5)
  }

  /// The layers that tune trains when none are named are PEFT's.
  @Test(arguments: all) func defaultTargetsAreThoseOfPEFT(name: String) throws {
    let fixture = try FamilyAdapterFixture(name)
    let targets = try #require(fixture.config["target_modules"]?.arrayValue).compactMap { $0.stringValue }
    #expect(fixture.model.traits.loraTargets.sorted() == targets)
  }

  /// An adapter that is saved has PEFT's tensors, bit for bit, and the settings that change what PEFT computes.
  @Test(arguments: all) func savedAdaptersHaveTheTensorsOfPEFT(name: String) throws {
    let fixture = try FamilyAdapterFixture(name), folder = try TemporaryFolder()
    try AdapterFolder.save(fixture.adapter, to: folder.path, baseModel: name)
    let written = try Safetensors("\(folder.path)/adapter_model.safetensors")
    let original = try Safetensors("\(fixture.folder)/adapter/adapter_model.safetensors")
    #expect(Set(written.tensorNames) == Set(original.tensorNames))
    for name in original.tensorNames {
      #expect(try values(written, name).map(\.bitPattern) == values(original, name).map(\.bitPattern), "\(name)")
    }
    let config = try JSON(contentsOf: "\(folder.path)/adapter_config.json")
    let modules = fixture.model.traits.classifierModules
    #expect(modules.isEmpty == (config["modules_to_save"] == nil))
    for key in ["r", "lora_alpha", "fan_in_fan_out", "task_type", "peft_type", "bias"] {
      #expect(config[key]?.text() == fixture.config[key]?.text(), "\(key)")
    }
  }
}

/// A tiny model of a family with an adapter that PEFT made.
private struct FamilyAdapterFixture {
  let folder: String
  let golden: JSON
  let config: JSON
  let tensors: Safetensors
  let model: any LanguageModel
  let adapter: AttachedAdapter
  let examples: [Example]

  init(_ name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    folder = tests.appendingPathComponent("Fixtures/families/\(name)").path
    let all = try JSON(contentsOf: "\(folder)/golden.json")
    golden = try #require(all["adapter"])
    config = try JSON(contentsOf: "\(folder)/adapter/adapter_config.json")
    tensors = try Safetensors("\(folder)/golden.safetensors")
    model = try loadModel(ModelFiles.open(folder))
    adapter = try AdapterFolder.load("\(folder)/adapter", onto: model)
    examples = try #require(all["sequences"]?.arrayValue).enumerated().map { index, sequence in
      let ids = try #require(sequence["input_ids"]?.arrayValue).compactMap { $0.intValue.map { Int32($0) } }
      if let label = sequence["label"]?.intValue {
        return Example(tokens: ids, trained: [], label: Int32(label), line: index + 1)
      }
      let labels = try #require(sequence["labels"]?.arrayValue).compactMap { $0.intValue }
      if sequence["decoder_input_ids"] != nil {
        // An example is what the encoder reads and, behind it, what the decoder learns to write.
        let tokens = ids + labels.map { Int32($0) }
        return Example(tokens: tokens, trained: [ids.count..<tokens.count], line: index + 1)
      }
      let trained = labels.indices.filter { labels[$0] != -100 }.map { $0..<$0 + 1 }
      return Example(tokens: ids, trained: trained, line: index + 1)
    }
  }

  func number(_ key: String) throws -> Double { try #require(golden[key]?.doubleValue) }

  /// Leaves the gradients of the mean loss; the mean loss, and the sum of each sequence.
  func backward() throws -> (loss: Double, sums: [Double]) {
    let batch = SupervisedBatch(examples, decoderStartID: model.traits.decoderStartID)
    let loss = SupervisedFineTuning.loss(model, batch, scale: 1 / Float(batch.targets.count))
    try loss.loss.backward()
    let sums = zip(batch.targetOffsets, batch.targetOffsets.dropFirst()).map { lower, upper in
      loss.rowLosses[lower..<upper].reduce(0.0) { $0 + Double($1) }
    }
    return (Double(loss.loss.values[0]), sums)
  }

  /// Holds what `found` gives of each adapter tensor against the golden, relative to the golden's largest value.
  func expect(prefix: String, tolerance: Float, _ found: (Parameter) -> [Float]) throws {
    let names = tensors.tensorNames.filter { $0.hasPrefix(prefix) }
    #expect(Set(adapter.tensors.map { prefix + $0.name }) == Set(names))
    for (name, parameter) in adapter.tensors {
      let expected = try values(tensors, prefix + name), found = found(parameter)
      let magnitude = expected.reduce(0) { max($0, abs($1)) }
      let differences = zip(found, expected).map { abs($0 - $1) }
      #expect(
        found.count == expected.count && differences.allSatisfy { $0 <= tolerance * magnitude }, "\(name)")
    }
  }
}

private func values(_ store: Safetensors, _ name: String) throws -> [Float] {
  let stored = try #require(store.tensor(name), "no tensor named \(name)")
  var values = [Float](repeating: .nan, count: stored.elementCount)
  try store.read(stored, into: &values)
  return values
}
