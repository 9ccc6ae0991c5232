import Basics
import Models
import Tensors
import Testing

@testable import Adapters

/// Several adapters on one model, with weights: Tests/Fixtures/combining.
@Suite struct StackingTests {
  @Test(arguments: CombiningCase.stacks) func logitsEqualPEFT(golden: CombiningCase) throws {
    let expected = try golden.golden("logits")
    for order in [false, true] {
      let model = try golden.model()
      let chosen = Array(zip(golden.folders, golden.weights))
      let adapters = try (order ? chosen : chosen.reversed()).map {
        try AdapterFolder.load($0.0, onto: model, weight: $0.1)
      }
      #expect(relativeDifference(model.probe(), expected) <= 1e-5)
      // Merged they are the same.
      let merged = try adapters.mergedValues()
      let values = model.parameters.map { merged($0) }
      for adapter in adapters { adapter.isEnabled = false }
      for (parameter, value) in zip(model.parameters, values) {
        var value = value
        parameter.exchangeValue(with: &value)
      }
      #expect(relativeDifference(model.probe(), expected) <= 1e-5)
    }
  }

  @Test func weightsMultiplyTheChange() throws {
    let model = try CombiningCase.llama(), base = model.probe()
    let zero = try AdapterFolder.load(CombiningCase.adapter("first"), onto: model, weight: 0)
    #expect(model.probe() == base && !zero.changesLogits(of: model))
    // An adapter and its negative are nothing.
    for weight in [1, -1.0] { _ = try AdapterFolder.load(CombiningCase.adapter("down"), onto: model, weight: weight) }
    #expect(relativeDifference(model.probe(), base) <= 1e-5)
  }

  /// Methods whose change is a sum go together; VeRA's weight is that of its update.
  @Test func sumsOfOtherMethods() throws {
    let temporary = try TemporaryFolder(), model = try CombiningCase.llama()
    let vera = try VeRA(rank: 4, targetModules: .suffixes(["q_proj", "v_proj"])).attach(to: model, seed: 1)
    for (name, parameter) in vera.tensors where name.hasSuffix("vera_lambda_b") {
      parameter.pointer.update(repeating: 0.7, count: parameter.count)
    }
    try AdapterFolder.save(vera, to: temporary.path, baseModel: "base")
    vera.isEnabled = false
    let weights = model.parameters.map { $0.value.values }
    let adapters = [
      try AdapterFolder.load(CombiningCase.adapter("first"), onto: model),
      try AdapterFolder.load(temporary.path, onto: model, weight: 0.5),
    ]
    let merged = try adapters.mergedValues(), alone = try [adapters[1]].mergedValues()
    let whole = try vera.mergedValues(), first = try [adapters[0]].mergedValues()
    for (parameter, weight) in zip(model.parameters, weights) {
      let sum = zip(zip(first(parameter).values, whole(parameter).values), weight).map { $0.0 + ($0.1 - $1) / 2 }
      #expect(relativeDifference(merged(parameter).values, sum) <= 1e-5)
      #expect(
        parameter.name.contains("q_proj") == (alone(parameter).values != weight) || parameter.name.contains("v_proj"))
    }
  }

  // MARK: Refusals

  private func refusal(
    _ first: any PEFTMethod, _ second: any PEFTMethod, weight: Double = 1
  ) throws -> TuneError {
    let model = try CombiningCase.llama(), before = model.probe()
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    for (method, folder) in zip([first, second], folders) {
      let adapter = try method.attach(to: model, seed: 5)
      try AdapterFolder.save(adapter, to: folder.path, baseModel: "base")
      adapter.isEnabled = false
    }
    let first = try AdapterFolder.load(folders[0].path, onto: model)
    let error = try failure { _ = try AdapterFolder.load(folders[1].path, onto: model, weight: weight) }
    first.isEnabled = false
    #expect(model.probe() == before)
    return error
  }

  @Test func whatHasNoMeaningTogetherIsRefused() throws {
    let targets = TargetModules.suffixes(["q_proj", "v_proj"])
    var dora = LoRA(rank: 2, targetModules: targets)
    dora.usesDoRA = true
    let lora = LoRA(rank: 2, targetModules: targets)
    let ia3 = IA3(targetModules: targets, feedforwardModules: .suffixes([]))
    for (first, second): (any PEFTMethod, any PEFTMethod) in [(dora, lora), (lora, dora), (dora, dora), (lora, ia3)] {
      let error = try refusal(first, second)
      #expect(error.kind == .data && error.message.contains("is not defined"), "\(error)")
    }
    let prompts = try refusal(PromptTuning(virtualTokenCount: 2), PrefixTuning(virtualTokenCount: 2))
    #expect(prompts.message.contains("only one adapter can bring them"), "\(prompts)")
    let norms = try refusal(LNTuning(), LNTuning())
    #expect(norms.message.contains("another adapter has brought 'model.layers.0"), "\(norms)")
  }

  @Test func weightsOfMethodsWithoutAreRefused() throws {
    var dora = LoRA(rank: 2)
    dora.usesDoRA = true
    let lora = LoRA(rank: 2, targetModules: .suffixes(["o_proj"]))
    var whole = LoRA(rank: 2, targetModules: .suffixes(["q_proj"]))
    whole.modulesToSave = ["norm"]
    let cases: [(any PEFTMethod, String)] = [
      (dora, "DoRA"), (IA3(), "IA3"), (PromptTuning(virtualTokenCount: 2), "PROMPT_TUNING"), (LNTuning(), "LN_TUNING"),
      (whole, "'model.layers.0.input_layernorm.weight' is trained whole"),
    ]
    for (method, name) in cases {
      let error = try refusal(lora, method, weight: 0.5)
      #expect(error.kind == .usage && error.message.contains(name) && error.message.contains("leave the"), "\(error)")
    }
  }

  /// Changes of different layers go together whatever they are.
  @Test func differentLayersGoTogether() throws {
    let model = try CombiningCase.llama()
    var dora = LoRA(rank: 2, targetModules: .suffixes(["o_proj"]))
    dora.usesDoRA = true
    _ = try dora.attach(to: model, seed: 1)
    _ = try AdapterFolder.load(CombiningCase.adapter("ia3-a"), onto: model)
    _ = try LoRA(rank: 2, targetModules: .suffixes(["q_proj"])).attach(to: model, seed: 1)
    _ = try PromptTuning(virtualTokenCount: 2).attach(to: model, seed: 1)
    #expect(model.probe().allSatisfy { $0.isFinite })
  }
}
