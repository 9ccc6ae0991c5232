import Basics
import Datasets
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters
@testable import Training

/// PEFT's methods against PEFT: ten steps of AdamW on tiny models, from the same adapter. See Tests/Fixtures/peft.
@Suite struct MethodGoldenTests {
  @Test(arguments: MethodFixture.names) func tenStepsEqualPEFT(name: String) throws {
    let fixture = try MethodFixture(name)
    #expect(relativeDifference(fixture.firstLogits(), try fixture.values("logits.before")) <= 1e-4)
    let parameters = fixture.adapter.parameters
    #expect(parameters.reduce(0) { $0 + $1.count } == fixture.golden["trainable_parameters"]?.intValue)
    let optimizer = AdamW(settings: try fixture.settings()), rate = try fixture.number("learning_rate")
    var losses: [Double] = []
    try fixture.adapter.begin(totalSteps: 10)
    for step in 1...10 {
      losses.append(try fixture.backward())
      if step == 1 { try fixture.expectGradients() }
      for parameter in parameters { optimizer.update(parameter, step: step, learningRate: rate, gradientScale: 1) }
      fixture.adapter.didUpdate(step: step)
      try fixture.expectRanks(afterStep: step)
    }
    losses.append(fixture.loss())
    let expected = try fixture.numbers("losses") + [fixture.number("loss_after")]
    #expect(largestRelativeError(losses, expected) <= 1e-4, "\(losses)")
    try fixture.expectFinal()
    #expect(relativeDifference(fixture.firstLogits(), try fixture.values("logits.after")) <= 1e-3)
    try fixture.expectSaved()
    try fixture.expectMerged()
  }
}

/// One folder of Tests/Fixtures/peft.
struct MethodFixture {
  let folder: String
  let golden: JSON
  let tensors: Safetensors
  let model: any LanguageModel
  let adapter: AttachedAdapter
  private let batch: SupervisedBatch
  private let first: (tokens: [Int32], source: [Int32]?)

  private static var fixtures: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures").path
  }

  static var names: [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: "\(fixtures)/peft")) ?? []
    return found.filter { FileManager.default.fileExists(atPath: "\(fixtures)/peft/\($0)/golden.json") }.sorted()
  }

  init(_ name: String) throws {
    folder = "\(Self.fixtures)/peft/\(name)"
    golden = try JSON(contentsOf: "\(folder)/golden.json")
    let tensors = try Safetensors("\(folder)/golden.safetensors")
    self.tensors = tensors
    model = try Self.base(golden)
    if tensors.tensorNames.contains(where: { $0.hasPrefix("encoder.") }) {
      adapter = try Self.withNetwork(folder, tensors, on: model)
    } else {
      adapter = try AdapterFolder.load("\(folder)/initial", onto: model)
    }
    let sequences = try #require(golden["sequences"]?.arrayValue)
    let examples = try sequences.enumerated().map { try Self.example($1, line: $0 + 1) }
    batch = SupervisedBatch(examples, decoderStartID: model.traits.decoderStartID)
    let whole = SupervisedBatch([examples[0]], decoderStartID: model.traits.decoderStartID)
    first = (whole.tokens.ids, whole.source?.ids)
  }

  /// The untouched base.
  static func base(_ golden: JSON) throws -> any LanguageModel {
    try loadModel(ModelFiles.open("\(fixtures)/\(try #require(golden["base"]?.stringValue))"))
  }

  /// A method whose virtual tokens a network makes, which PEFT does not save.
  private static func withNetwork(
    _ folder: String, _ tensors: Safetensors, on model: any LanguageModel
  ) throws -> AttachedAdapter {
    let path = "\(folder)/initial/adapter_config.json"
    let configuration = AdapterConfiguration(json: try JSON(contentsOf: path), path: path)
    let isPrefix = configuration.json["peft_type"] == "PREFIX_TUNING"
    let method: any PEFTMethod = isPrefix ? try PrefixTuning(configuration) : try PTuning(configuration)
    let layers = isPrefix ? "transform" : "mlp_head"
    let source = TensorSource(
      tensor: { name, shape, _ in
        // Our layers count without the activations between them.
        var parts = name.split(separator: ".").dropFirst().map { String($0) }
        if parts[0] == "layers" { parts = [layers, "\(2 * (Int(parts[1]) ?? 0))", parts[2]] }
        let values = try values(tensors, "encoder.\(parts.joined(separator: "."))")
        return Tensor(values, shape: shape)
      }, isFile: false)
    return try method.attach(to: model, from: source)
  }

  private static func example(_ sequence: JSON, line: Int) throws -> Example {
    let ids = try #require(sequence["input_ids"]?.arrayValue).compactMap { $0.intValue.map { Int32($0) } }
    let labels = try #require(sequence["labels"]?.arrayValue).compactMap { $0.intValue }
    if sequence["decoder_input_ids"] != nil {
      let tokens = ids + labels.map { Int32($0) }
      return Example(tokens: tokens, trained: [ids.count..<tokens.count], line: line)
    }
    let trained = labels.indices.filter { labels[$0] != -100 }.map { $0..<$0 + 1 }
    return Example(tokens: ids, trained: trained, line: line)
  }

  func number(_ key: String) throws -> Double { try #require(golden[key]?.doubleValue) }
  func numbers(_ key: String) throws -> [Double] {
    try #require(golden[key]?.arrayValue).compactMap { $0.doubleValue }
  }
  func values(_ name: String) throws -> [Float] { try Self.values(tensors, name) }

  private static func values(_ tensors: Safetensors, _ name: String) throws -> [Float] {
    let stored = try #require(tensors.tensor(name), "no golden named \(name)")
    var values = [Float](repeating: .nan, count: stored.elementCount)
    try tensors.read(stored, into: &values)
    return values
  }

  func settings() throws -> AdamW.Settings {
    let betas = try numbers("betas")
    return AdamW.Settings(
      beta1: try #require(betas.first), beta2: try #require(betas.last), epsilon: try number("epsilon"),
      weightDecay: try number("weight_decay"))
  }

  /// The logits of the first sequence's tokens.
  func firstLogits(of other: (any LanguageModel)? = nil) -> [Float] {
    let model = other ?? self.model
    return Recording.off {
      model.headLogits(
        of: model.hiddenStates(TokenBatch([first.tokens]), source: first.source.map { TokenBatch([$0]) }, caches: nil)
      ).values
    }
  }

  /// With what the method adds to it.
  func loss() -> Double {
    Recording.off {
      SupervisedFineTuning.loss(model, batch, scale: 1 / Float(batch.targets.count)).sum
        / Double(batch.targets.count) + (adapter.penalty().map { Double($0.values[0]) } ?? 0)
    }
  }

  /// Leaves the gradients of the mean loss, and gives it.
  func backward() throws -> Double {
    for parameter in adapter.parameters { parameter.clearGradient() }
    let loss = SupervisedFineTuning.loss(model, batch, scale: 1 / Float(batch.targets.count))
    let penalty = adapter.penalty()
    (penalty.map { add(loss.loss, $0) } ?? loss.loss).backward()
    return loss.sum / Double(batch.targets.count) + (penalty.map { Double($0.values[0]) } ?? 0)
  }

  func expectGradients() throws {
    for (name, parameter) in named("gradients.") {
      let found = parameter.gradient?.values ?? [Float](repeating: 0, count: parameter.count)
      try expect(found, name, tolerance: 1e-4)
    }
  }

  /// AdaLoRA: how many ranks of each layer are left.
  func expectRanks(afterStep step: Int) throws {
    guard let ranks = golden["ranks"]?.arrayValue else { return }
    let expected = try #require(ranks[step - 1].objectValue)
    for (name, parameter) in adapter.tensors where name.hasSuffix("lora_E") {
      let left = parameter.value.values.count { $0 != 0 }
      #expect(left == expected[name]?.intValue, "\(name) after step \(step)")
    }
  }

  func expectFinal() throws {
    for (name, parameter) in named("final.") { try expect(parameter.value.values, name, tolerance: 1e-3) }
  }

  /// What is saved does the same on an untouched base, as what PEFT saves does, and has its names and shapes.
  func expectSaved() throws {
    let own = FileManager.default.temporaryDirectory.appendingPathComponent("methods-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: own) }
    try AdapterFolder.save(adapter, to: own, baseModel: "base")
    var folders = [own]
    for name in ["converted", "final"] {
      let other = "\(folder)/\(name)"
      guard FileManager.default.fileExists(atPath: other) else { continue }
      folders.append(other)
      let saved = try Safetensors("\(own)/adapter_model.safetensors")
      let expected = try Safetensors("\(other)/adapter_model.safetensors")
      #expect(saved.tensorNames.sorted() == expected.tensorNames.sorted())
      for name in expected.tensorNames { #expect(saved.tensor(name)?.shape == expected.tensor(name)?.shape) }
      let config = try JSON(contentsOf: "\(own)/adapter_config.json")
      let others = try JSON(contentsOf: "\(other)/adapter_config.json")
      for key in ["r", "lora_alpha", "init_lora_weights", "total_step", "tinit", "tfinal", "deltaT", "rank_pattern"]
      where config[key] != nil && others[key]?.isNull == false { #expect(config[key] == others[key], "\(key)") }
    }
    for folder in folders {
      let model = try Self.base(golden)
      _ = try AdapterFolder.load(folder, onto: model)
      #expect(relativeDifference(firstLogits(of: model), try values("logits.after")) <= 1e-3, "\(folder)")
    }
  }

  /// The weights with the adapter in them do what PEFT's do.
  func expectMerged() throws {
    // PEFT merges into a weight that other parts of the model have too, and gets another model by several logits.
    guard golden["can_merge"] == true, try number("merging_changes_logits_by") < 1e-2 else {
      #expect(throws: TuneError.self) { try adapter.mergedValues() }
      return
    }
    let merged = try adapter.mergedValues()
    let values = model.parameters.map { ($0, merged($0)) }
    adapter.isEnabled = false
    for (parameter, value) in values {
      var value = value
      parameter.exchangeValue(with: &value)
    }
    #expect(relativeDifference(firstLogits(), try self.values("logits.merged")) <= 1e-3)
  }

  /// What the golden names, and the parameter for it.
  private func named(_ prefix: String) -> [(String, Parameter)] {
    let byName = Dictionary(adapter.tensors.map { ($0.name, $0.parameter) }) { first, _ in first }
    return tensors.tensorNames.filter { $0.hasPrefix(prefix) && !$0.contains("encoder.") }.compactMap { name in
      guard let parameter = byName[String(name.dropFirst(prefix.count))] else {
        Issue.record("\(name) has no parameter")
        return nil
      }
      return (name, parameter)
    }
  }

  private func expect(_ found: [Float], _ name: String, tolerance: Float) throws {
    var found = found
    let expected = try values(name)
    let plain = String(name.dropFirst(name.hasPrefix("final.") ? 6 : 10))
    if let range = golden["undetermined"]?[plain]?.arrayValue?.compactMap({ $0.intValue }) {
      for index in range[0]..<range[1] { found[index] = expected[index] }
    }
    #expect(relativeDifference(found, expected) <= tolerance, "\(name)")
  }
}

/// The largest difference of two lists relative to the largest expected magnitude.
private func relativeDifference(_ found: [Float], _ expected: [Float]) -> Float {
  guard found.count == expected.count else { return .infinity }
  let magnitude = expected.reduce(1e-12) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1) / magnitude
    return difference <= largest ? largest : (difference.isNaN ? .infinity : difference)
  }
}
