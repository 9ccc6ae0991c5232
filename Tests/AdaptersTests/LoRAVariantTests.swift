import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

/// What LoRA's relatives do beside the ten steps of PEFT's goldens.
@Suite struct LoRAVariantTests {
  /// The example of the course: a layer of 512 × 64 weights, of which rank 8 trains 4,608 numbers.
  @Test func rankEightOfTheCourseTrainsFewNumbers() throws {
    let loader = WeightLoader(randomSeed: 1, deviation: 0.02)
    let linear = try Linear(loader, "layer", input: 64, output: 512)
    let a = Parameter("a", Tensor.zeros([8, linear.inputSize]), isTrainable: true)
    let b = Parameter("b", Tensor.zeros([linear.outputSize, 8]), isTrainable: true)
    LoRALayer(linear: linear, a: a, b: b, scale: 2).putOn()
    let trained = linear.adapterParameters.filter { $0.isTrainable }.reduce(0) { $0 + $1.count }
    #expect(trained == 4608 && linear.weight.count == 32768 && !linear.weight.isTrainable)
  }

  /// New directions of the base are those that PEFT takes, and change nothing before they are trained.
  @Test(arguments: ["pissa-gpt2", "pissa-llama-llama3", "pissa-flan-t5", "olora-llama-llama3", "olora-flan-t5"])
  func newDirectionsAreThoseOfPEFT(golden: String) throws {
    let folder = fixture("peft/\(golden)/initial"), base = String(golden.drop { $0 != "-" }.dropFirst())
    let path = "\(folder)/adapter_config.json"
    let method = try LoRA(AdapterConfiguration(json: try JSON(contentsOf: path), path: path))
    let model = try loadModel(ModelFiles.open(fixture("families/\(base)")))
    let before = logits(of: model)
    let adapter = try method.attach(to: model, seed: 1)
    #expect(relativeDifference(logits(of: model), before) <= 1e-5)
    let file = try Safetensors("\(folder)/adapter_model.safetensors")
    for (a, b) in pairs(adapter) {
      let expected = try product(tensor(file, b.name), tensor(file, a.name))
      #expect(relativeDifference(try product(b.value, a.value).values, expected.values) <= 1e-4, "\(a.name)")
      // Each direction is PEFT's or its opposite.
      let others = try tensor(file, a.name)
      #expect(relativeDifference(a.value.values.map { abs($0) }, others.values.map { abs($0) }) <= 2e-3, "\(a.name)")
    }
  }

  @Test(arguments: [LoRA.InitialWeights.pissa, .olora])
  func directionsOfQuantisedWeightsAreTaken(start: LoRA.InitialWeights) throws {
    let quantization = WeightQuantization.fourBit(.nf4, nestsScales: true)
    let model = try loadModel(ModelFiles.open(fixture("families/llama-llama3")), quantization: quantization)
    let before = logits(of: model)
    var method = LoRA(rank: 3, targetModules: .allLinear)
    method.initialWeights = start
    let adapter = try method.attach(to: model, seed: 1)
    #expect(relativeDifference(logits(of: model), before) <= 1e-5)
    #expect(pairs(adapter).allSatisfy { a, b in b.value.values.contains { $0 != 0 } })
    adapter.isEnabled = false
    #expect(logits(of: model) == before)
  }

  @Test func gaussianStartsAreNormal() throws {
    var method = LoRA(rank: 4, targetModules: .allLinear)
    method.initialWeights = .gaussian
    let model = try loadModel(ModelFiles.open(fixture("families/llama-llama3")))
    let values = try pairs(method.attach(to: model, seed: 1)).flatMap { $0.a.value.values }
    let deviation = (values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
    #expect(abs(deviation - 0.25) <= 0.02)
  }

  /// Beside a classifier's head, which is trained whole anyway.
  @Test(arguments: ["bert", "distilbert"]) func classifiersTrainBiasesAndTokens(name: String) throws {
    var method = LoRA(rank: 2)
    (method.biases, method.trainableTokens) = (.all, [3, 9])
    for method in [method, TrainableTokens([3, 9]), AdaLoRA(initRank: 2, targetRank: 1)] as [any PEFTMethod] {
      let model = try loadModel(ModelFiles.open(fixture("families/\(name)")))
      let before = logits(of: model), adapter = try method.attach(to: model, seed: 1)
      for parameter in adapter.parameters {
        for index in 0..<parameter.count { parameter.pointer[index] += Float(index % 3) * 0.1 }
      }
      let tuned = logits(of: model), folder = try TemporaryFolder()
      #expect(relativeDifference(tuned, before) > 1e-3)
      #expect(Set(adapter.parameters.map { ObjectIdentifier($0) }).count == adapter.parameters.count)
      try AdapterFolder.save(adapter, to: folder.path, baseModel: name)
      let other = try loadModel(ModelFiles.open(fixture("families/\(name)")))
      _ = try AdapterFolder.load(folder.path, onto: other)
      #expect(relativeDifference(logits(of: other), tuned) <= 1e-6)
      adapter.isEnabled = false
      #expect(logits(of: model) == before)
    }
  }

  @Test func changesThatDoNotGoTogetherAreExplained() throws {
    func expect(_ part: String, _ change: (inout LoRA) -> Void) throws {
      var method = LoRA(rank: 2)
      change(&method)
      let model = try loadModel(ModelFiles.open(fixture("families/llama-llama3")))
      let error = try failure { _ = try method.attach(to: model, seed: 1) }
      #expect(error.kind == .usage && error.message.contains(part), "\(error.message)")
      #expect(model.linears.allSatisfy { $0.adapters.isEmpty } && model.hooks.lookups.isEmpty)
    }
    try expect("choose one of them") { ($0.usesDoRA, $0.initialWeights) = (true, .pissa) }
    try expect("choose one of them") { ($0.usesDoRA, $0.usesLoRABias) = (true, true) }
    try expect("--init-lora-weights true alone") { ($0.usesLoRABias, $0.initialWeights) = (true, .gaussian) }
    try expect("needs a --lora-alpha above 0") { ($0.loraAlpha, $0.initialWeights) = (-1, .pissa) }
    try expect("'lm_head' can have plain LoRA alone") {
      ($0.targetModules, $0.usesDoRA) = (.suffixes(["q_proj", "lm_head"]), true)
    }
    try expect("has an adapter") {
      ($0.targetModules, $0.trainableTokens) = (.suffixes(["q_proj", "embed_tokens"]), [4])
    }
    try expect("has no such biases") { $0.biases = .all }
    try expect("name each token once") { $0.trainableTokens = [4, 4] }
  }

  /// PEFT takes two changes of one weight for one, and so does nobody here.
  @Test func sharedWeightsAreNotMerged() throws {
    for (family, target) in [("gpt2", "wte"), ("gpt2", "lm_head"), ("flan-t5", "encoder.embed_tokens")] {
      let model = try loadModel(ModelFiles.open(fixture("families/\(family)")))
      let adapter = try LoRA(rank: 2, targetModules: .suffixes([target])).attach(to: model, seed: 1)
      #expect(try failure { _ = try adapter.mergedValues() }.message.contains("cannot be merged"))
    }
  }

  // MARK: AdaLoRA

  @Test func budgetsFallAsACube() throws {
    let schedule = RankSchedule(initialSteps: 2, lastCut: 8, totalSteps: 10, interval: 2)
    // Of PEFT's golden: two layers of rank 4, cut to 2.
    #expect((1...10).map { schedule.budget(at: $0, first: 8, last: 4) } == [8, 8, 6, 5, 4, 4, 4, 4, 4, 4])
    #expect((1...10).filter { schedule.cuts(at: $0) } == [4, 6, 8])
  }

  @Test func schedulesFitTheTraining() throws {
    var method = AdaLoRA(initRank: 4, targetRank: 2)
    let expected = RankSchedule(initialSteps: 50, lastCut: 350, totalSteps: 500, interval: 5)
    #expect(try method.schedule(totalSteps: 500) == expected)
    for steps in [1, 2, 3, 7, 10, 99] {
      let schedule = try method.schedule(totalSteps: steps)
      #expect(schedule.initialSteps < schedule.lastCut && schedule.lastCut <= steps && schedule.interval >= 1)
    }
    (method.initialSteps, method.finalSteps) = (6, 4)
    #expect(try failure { _ = try method.schedule(totalSteps: 10) }.message.contains("none of the training's 10 steps"))
    method.finalSteps = .max
    #expect(try failure { _ = try method.schedule(totalSteps: 10) }.kind == .usage)
  }

  /// An adapter whose ranks were cut goes on with those, and is saved with them again.
  @Test func cutAdaptersKeepTheirRanks() throws {
    let model = try loadModel(ModelFiles.open(fixture("families/flan-t5"))), folder = try TemporaryFolder()
    let path = fixture("peft/adalora-flan-t5/final"), adapter = try AdapterFolder.load(path, onto: model)
    try adapter.begin(totalSteps: 50)
    let before = adapter.tensors.map { $0.parameter.value.values }
    for step in 1...50 { adapter.didUpdate(step: step) }
    #expect(adapter.tensors.map { $0.parameter.value.values } == before)
    #expect(adapter.penalty() != nil && adapter.summary.contains("ranks cut before"))
    try AdapterFolder.save(adapter, to: folder.path, baseModel: "flan-t5")
    let saved = try JSON(contentsOf: "\(folder.path)/adapter_config.json")
    #expect(saved["rank_pattern"] == (try JSON(contentsOf: "\(path)/adapter_config.json"))["rank_pattern"])
  }

  @Test(
    arguments: [
      ("rank_pattern", [1], "'rank_pattern'"),
      ("rank_pattern", ["x": [true, true, true, true]], "has no ranks of layer"),
      ("rank_pattern", ["x": [true]], "expected 4 times true or false"), ("init_r", 0, "'init_r' is 0"),
      ("init_r", .integer(.max), "--init-r"), ("target_r", 5, "--target-r: 5"), ("tinit", -1, "'tinit' is -1"),
      ("deltaT", 0, "'deltaT' is 0"), ("total_step", .integer(.max), "'total_step'"), ("beta1", 1, "--beta1"),
      ("orth_reg_weight", -1, "--orth-reg-weight"), ("use_dora", true, "'use_dora'"), ("bias", "all", "'bias'"),
    ] as [(String, JSON, String)]) func wrongSettingsOfAdaLoRAAreNamed(key: String, value: JSON, part: String) throws
  {
    let source = fixture("peft/adalora-gpt2/initial"), folder = try TemporaryFolder()
    var config = try JSON(contentsOf: "\(source)/adapter_config.json").objectValue ?? [:]
    config[key] = value
    try AtomicFile.write(JSON.object(config).text(), to: "\(folder.path)/adapter_config.json")
    symlink("\(source)/adapter_model.safetensors", "\(folder.path)/adapter_model.safetensors")
    let model = try loadModel(ModelFiles.open(fixture("families/gpt2")))
    let error = try failure { _ = try AdapterFolder.load(folder.path, onto: model) }
    #expect(error.kind == .data && error.message.contains(part), "\(error.message)")
  }

  // MARK: Fixtures

  private func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)").path
  }

  private func logits(of model: any LanguageModel) -> [Float] {
    Recording.off {
      let source = model.traits.decoderStartID.map { _ in TokenBatch([[5, 9, 12]]) }
      return model.headLogits(of: model.hiddenStates(TokenBatch([[6, 11, 3, 9, 8]]), source: source, caches: nil))
        .values
    }
  }

  /// A and B of each layer.
  private func pairs(_ adapter: AttachedAdapter) -> [(a: Parameter, b: Parameter)] {
    let named = adapter.tensors.map { $0.parameter }
    return zip(named.filter { $0.name.hasSuffix("lora_A.weight") }, named.filter { $0.name.hasSuffix("lora_B.weight") })
      .map { ($0, $1) }
  }

  private func tensor(_ file: Safetensors, _ name: String) throws -> Tensor {
    let stored = try #require(file.tensor(name)), tensor = Tensor(shape: stored.shape)
    try file.read(stored, into: tensor.pointer)
    return tensor
  }

  private func product(_ b: Tensor, _ a: Tensor) throws -> Tensor {
    Recording.off { linear(b, Parameter("a", transposed(a))) }
  }
}
