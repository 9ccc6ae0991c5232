import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

/// What every PEFT method has to do, on tiny models of several families.
@Suite struct MethodTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let family: String
    let method: any PEFTMethod
    var testDescription: String { "\(name) on \(family)" }
  }

  static let families = ["gpt2", "llama-llama3", "qwen2", "flan-t5"]

  static func methods(_ family: String) -> [(String, any PEFTMethod)] {
    var dora = LoRA(rank: 2)
    dora.usesDoRA = true
    var stabilized = LoRA(rank: 2, targetModules: .allLinear)
    stabilized.usesRankStabilizedScaling = true
    var directed = LoRA(rank: 2), orthogonal = directed, biased = directed
    (directed.initialWeights, orthogonal.initialWeights) = (.pissa, .olora)
    (directed.usesRankStabilizedScaling, biased.usesLoRABias) = (true, true)
    var rows = LoRA(rank: 2)
    rows.trainableTokens = [9, 6, 30]
    let embedding = ["gpt2": "wte", "flan-t5": "decoder.embed_tokens"][family] ?? "embed_tokens"
    let query = ["gpt2": "c_attn", "flan-t5": "q"][family] ?? "q_proj"
    let all: [(String, any PEFTMethod)] = [
      ("pissa", directed), ("olora", orthogonal), ("lora-bias", biased), ("lora-tokens", rows),
      ("tokens", TrainableTokens([11, 5])), ("adalora", AdaLoRA(initRank: 3, targetRank: 2)),
      ("lora-embedding", LoRA(rank: 2, targetModules: .suffixes([query, embedding]))),
      ("lora-head", LoRA(rank: 2, targetModules: .suffixes([query, "lm_head"]))),
      ("lora", LoRA(rank: 2)), ("rslora", stabilized), ("dora", dora), ("ia3", IA3()), ("vera", VeRA(rank: 4)),
      ("prompt", PromptTuning(virtualTokenCount: 3)), ("p-tuning", PTuning(virtualTokenCount: 3)),
      ("p-tuning-lstm", PTuning(virtualTokenCount: 3, encoder: .lstm)),
      ("bottleneck", BottleneckAdapter(bottleneckSize: 4)),
      ("norms", LNTuning()), ("last-layer", Selective(.lastLayers(1))), ("embeddings", Selective(.embeddings)),
      ("named", Selective(.named(.expression(".*\\.1\\..*")))),
      ("pfeiffer", BottleneckAdapter(bottleneckSize: 4, placement: .pfeiffer, activation: .gelu)),
    ]
    guard family != "flan-t5" else { return all }
    return all + [
      ("adaption-prompt", AdaptionPrompt(adapterLength: 3)),
      ("prefix", PrefixTuning(virtualTokenCount: 3)),
      ("prefix-projection", PrefixTuning(virtualTokenCount: 3, usesProjection: true)),
    ]
  }

  static let cases = families.flatMap { family in
    methods(family).map { Case(name: $0.0, family: family, method: $0.1) }
  }

  /// A model with the adapter, all of whose tensors are random.
  private func trained(_ test: Case) throws -> (model: any LanguageModel, adapter: AttachedAdapter) {
    let model = try family(test.family)
    let adapter = try test.method.attach(to: model, seed: 7)
    for parameter in adapter.parameters {
      var random = SeededRandom(seed: 3, stream: parameter.name)
      for index in 0..<parameter.count { parameter.pointer[index] += Float(random.normal() * 0.2) }
    }
    return (model, adapter)
  }

  /// Off and on again: the base's logits, then the adapter's.
  @Test(arguments: cases) func anAdapterIsTakenOffAndPutBack(test: Case) throws {
    let base = logits(of: try family(test.family))
    let (model, adapter) = try trained(test)
    let tuned = logits(of: model)
    #expect(relativeDifference(tuned, base) > 1e-3)
    #expect(adapter.changesLogits(of: model))
    adapter.isEnabled = false
    #expect(logits(of: model) == base && model.trainableParameters.isEmpty)
    adapter.isEnabled = true
    #expect(logits(of: model) == tuned)
    let trainable = Set(model.trainableParameters.map { ObjectIdentifier($0) })
    #expect(trainable == Set(adapter.parameters.map { ObjectIdentifier($0) }))
  }

  /// What is saved gives the same logits on another copy of the base.
  @Test(arguments: cases) func savedAdaptersAreReadBack(test: Case) throws {
    let (model, adapter) = try trained(test), folder = try TemporaryFolder()
    try AdapterFolder.save(adapter, to: folder.path, baseModel: test.family)
    let other = try family(test.family)
    let read = try AdapterFolder.load(folder.path, onto: other)
    // What was taken out of the base is saved with what was trained, and their sum is rounded otherwise.
    #expect(relativeDifference(logits(of: other), logits(of: model)) <= 1e-5)
    #expect(read.peftType == adapter.peftType && read.tensors.map { $0.name } == adapter.tensors.map { $0.name })
    let config = try JSON(contentsOf: "\(folder.path)/adapter_config.json")
    #expect(config["peft_type"] == .string(adapter.peftType))
  }

  /// PEFT's VeRA has no `exclude_modules`, nor its adaption prompts `modules_to_save`: the file must say it otherwise.
  @Test func filesHaveOnlyTheKeysOfTheirMethod() throws {
    let model = try family("llama-llama3"), folder = try TemporaryFolder()
    var vera = VeRA(rank: 4)
    vera.selection.excludedModules = .suffixes(["v_proj"])
    try AdapterFolder.save(vera.attach(to: model, seed: 1), to: folder.path, baseModel: "base")
    let config = try JSON(contentsOf: "\(folder.path)/adapter_config.json")
    #expect(config["exclude_modules"] == nil && config["modules_to_save"] == nil)
    let names = ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"]
    #expect(config["target_modules"] == .array(names.map { .string($0) }))
    let other = try family("llama-llama3")
    _ = try AdapterFolder.load(folder.path, onto: other)
    #expect(other.linears.filter { !$0.adapters.isEmpty }.map { $0.name } == names)
  }

  /// Tokens that come one by one, with a cache, have the logits of the whole text.
  @Test(arguments: cases) func cachesHoldWhatIsVirtual(test: Case) throws {
    let (model, _) = try trained(test)
    let whole = logits(of: model), ids = tokens(of: model)
    let cache = model.makeCache(capacity: ids.count)
    let stepwise = Recording.off {
      if model.traits.decoderStartID != nil { model.read(source: Self.source, into: cache) }
      return ids.flatMap { id in
        let batch = TokenBatch([[id]], starts: [cache.count])
        return model.headLogits(of: model.hiddenStates(batch, caches: [cache])).values
      }
    }
    #expect(relativeDifference(stepwise, whole) <= 1e-5)
  }

  /// A prefix that begins as a text's does what the text before the tokens does.
  @Test(arguments: families.filter { $0 != "flan-t5" }) func aPrefixStandsForItsText(family name: String) throws {
    let model = try family(name), ids: [Int32] = [9, 30, 4, 9]
    let whole = Recording.off {
      model.headLogits(
        of: model.hiddenStates(
          TokenBatch([ids + tokens(of: model)]), source: nil, caches: nil, rows: rows(of: model, 4)))
    }
    let method = PrefixTuning(virtualTokenCount: 4, initial: .text(ids: [9, 30, 4]))
    _ = try method.attach(to: model, seed: 1)
    #expect(relativeDifference(logits(of: model), whole.values) <= 1e-5)
  }

  @Test func aPrefixOfDrawnTokensFollowsTheSeed() throws {
    let first = try prefixed(.sampleVocabulary, seed: 1), second = try prefixed(.sampleVocabulary, seed: 2)
    #expect(first == (try prefixed(.sampleVocabulary, seed: 1)) && first != second)
    #expect(throws: TuneError.self) {
      try PrefixTuning(initial: .text(ids: [4])).attach(to: try family("flan-t5"), seed: 1)
    }
  }

  private func prefixed(_ initial: PrefixTuning.Initial, seed: UInt64) throws -> [Float] {
    let model = try family("llama-llama3")
    _ = try PrefixTuning(virtualTokenCount: 3, initial: initial).attach(to: model, seed: seed)
    return logits(of: model)
  }

  /// The rows of the model's tokens behind so many others.
  private func rows(of model: any LanguageModel, _ count: Int) -> [Int32] {
    tokens(of: model).indices.map { Int32($0 + count) }
  }

  /// A conversation goes on from its cache, and many prompts are continued together, as each prompt is alone.
  @Test(arguments: cases) func sessionsAndBatchesGenerateTheSame(test: Case) throws {
    let (model, _) = try trained(test), generator = Generator(model, stopIDs: [], batchSize: 2)
    let prompts = [[6, 11, 5], [6, 11, 5, 8, 30, 2, 7], [9]].map { GenerationRequest(promptIDs: $0, maxNewTokens: 6) }
    let alone = try prompts.map { try generator.generate([$0])[0] }
    #expect(try generator.generate(prompts) == alone)
    let session = GenerationSession(model, stopIDs: [])
    for (prompt, expected) in zip(prompts, alone) { #expect(try session.generate(prompt) == expected) }
  }

  /// A file's configuration alone decides nothing large: not what is drawn, nor what stands for a missing tensor.
  @Test(arguments: [
    ("vera", "r", 2_000_000_000), ("prompt-random", "num_virtual_tokens", 40), ("prefix", "num_virtual_tokens", 47),
    ("adaption_prompt", "adapter_len", 40), ("adaption_prompt", "adapter_len", 2_000_000_000),
    ("adaption_prompt", "adapter_layers", 3),
  ])
  func hugeSettingsAreRefused(method: String, key: String, value: Int) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let source = tests.appendingPathComponent("Fixtures/peft/\(method)-gpt2/initial").path,
      folder = try TemporaryFolder()
    var config = try JSON(contentsOf: "\(source)/adapter_config.json").objectValue ?? [:]
    config[key] = .integer(value)
    try AtomicFile.write(JSON.object(config).text(), to: "\(folder.path)/adapter_config.json")
    symlink("\(source)/adapter_model.safetensors", "\(folder.path)/adapter_model.safetensors")
    let model = try family("gpt2")
    #expect(throws: TuneError.self) { try AdapterFolder.load(folder.path, onto: model) }
    #expect(model.attentions.allSatisfy { $0.adapters.isEmpty })
    #expect(model.linears.allSatisfy { $0.adapters.isEmpty } && model.hooks.prompt == nil && model.hooks.prefix == nil)
  }

  /// Sequences that are computed together do not see each other, nor each other's virtual tokens.
  @Test(arguments: cases) func packedSequencesEqualSeparateOnes(test: Case) throws {
    let (model, _) = try trained(test), sequences: [[Int32]] = [[5, 6, 7], [9], [3, 4, 8, 10, 11]]
    let sources = model.traits.decoderStartID == nil ? nil : [[4, 5], [6, 7, 8], [9]] as [[Int32]]?
    func logits(_ batch: [[Int32]], _ source: [[Int32]]?) -> [Float] {
      Recording.off {
        model.headLogits(of: model.hiddenStates(TokenBatch(batch), source: source.map { TokenBatch($0) }, caches: nil))
          .values
      }
    }
    let separate = sequences.indices.flatMap { index in
      logits([sequences[index]], sources.map { [$0[index]] })
    }
    #expect(relativeDifference(logits(sequences, sources), separate) <= 1e-5)
  }

  @Test(arguments: cases) func mergedWeightsDoTheSame(test: Case) throws {
    let (model, adapter) = try trained(test)
    guard adapter.parts.allSatisfy({ $0.mergedParameters != nil }) else {
      #expect(throws: TuneError.self) { try adapter.mergedValues() }
      return
    }
    let tuned = logits(of: model), merged = try adapter.mergedValues()
    let values = model.parameters.map { ($0, merged($0)) }
    adapter.isEnabled = false
    for (parameter, value) in values {
      var value = value
      parameter.exchangeValue(with: &value)
    }
    #expect(relativeDifference(logits(of: model), tuned) <= 1e-4)
  }

  /// Each gradient is the slope of the loss, by finite differences along a random direction.
  @Test(arguments: cases) func gradientsAreSlopes(test: Case) throws {
    let (model, adapter) = try trained(test)
    func loss() -> Tensor {
      let batch = TokenBatch([tokens(of: model), [4, 9, 3]])
      let source = model.traits.decoderStartID.map { _ in TokenBatch([Self.source, [8, 6]]) }
      let targets = (0..<Int32(batch.tokenCount)).map { ($0 * 7 + 3) % 60 }
      let hidden = model.hiddenStates(batch, source: source, caches: nil)
      return headCrossEntropy(
        hidden, head: model.outputHead(for: hidden), targets: targets, scale: 1 / Float(targets.count)
      ).loss
    }
    loss().backward()
    for parameter in adapter.parameters {
      let gradient = try #require(parameter.gradient, "\(parameter.name) has no gradient").values
      var random = SeededRandom(seed: 11, stream: parameter.name)
      let direction = (0..<parameter.count).map { _ in Float(random.normal()) }
      let original = parameter.value.values, step: Float = 2e-4
      func moved(_ sign: Float) -> Double {
        for index in original.indices { parameter.pointer[index] = original[index] + sign * step * direction[index] }
        return Recording.off { Double(loss().values[0]) }
      }
      // DoRA's norms count as constants, so its slope is another.
      guard test.name != "dora" || parameter.name.hasSuffix("magnitude_vector") else { continue }
      let slope = (moved(1) - moved(-1)) / Double(2 * step)
      for index in original.indices { parameter.pointer[index] = original[index] }
      let expected = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let size = zip(gradient, direction).reduce(0.0) { $0 + abs(Double($1.0) * Double($1.1)) }
      #expect(abs(slope - expected) <= 0.02 * size + 1e-2, "\(parameter.name): \(slope), \(expected)")
    }
  }

  /// Layers that are computed again for their gradients give the same gradients.
  @Test(arguments: cases) func checkpointsGiveTheSameGradients(test: Case) throws {
    let (model, adapter) = try trained(test)
    func gradients() -> [[Float]] {
      for parameter in adapter.parameters { parameter.clearGradient() }
      let source = model.traits.decoderStartID.map { _ in TokenBatch([Self.source]) }
      // Not all rows are wanted, as where a prompt is not trained.
      let hidden = model.hiddenStates(TokenBatch([tokens(of: model)]), source: source, caches: nil, rows: [2, 4])
      headCrossEntropy(hidden, head: model.head, bias: model.headBias, targets: [3, 9], scale: 0.5).loss.backward()
      return adapter.parameters.map { $0.gradient?.values ?? [] }
    }
    let kept = gradients()
    model.checkpointsActivations = true
    let again = gradients()
    for (index, parameter) in adapter.parameters.enumerated() {
      #expect(relativeDifference(again[index], kept[index]) <= 1e-5, "\(parameter.name)")
    }
  }

  /// Families without Llama's or GPT-2's layers have no adaption prompts, and are as before.
  @Test(arguments: ["flan-t5", "opt", "gpt_neox", "bert"]) func adaptionPromptsAreRefused(name: String) throws {
    let model = try family(name)
    let error = #expect(throws: TuneError.self) { try AdaptionPrompt().attach(to: model, seed: 1) }
    #expect(error?.message.contains(model.traits.architecture) ?? false)
    #expect(model.hooks.parameters.isEmpty && model.attentions.allSatisfy { $0.adapters.isEmpty })
  }

  /// PEFT's way with Llama, on the families with its layers: a closed gate changes nothing, an open one does.
  @Test(arguments: ["mistral", "smollm3", "qwen3", "gemma", "gemma2", "gemma3", "phi3"])
  func adaptionPromptsBeginClosed(name: String) throws {
    let model = try family(name), base = logits(of: model)
    let adapter = try AdaptionPrompt(adapterLength: 3).attach(to: model, seed: 1)
    #expect(!adapter.changesLogits(of: model) && relativeDifference(logits(of: model), base) <= 1e-6)
    for parameter in adapter.parameters where parameter.count == 1 { parameter.pointer[0] = 0.5 }
    #expect(adapter.changesLogits(of: model) && relativeDifference(logits(of: model), base) > 1e-3)
  }

  // MARK: Fixtures

  private static let source: [Int32] = [5, 9, 12, 7]

  private func family(_ name: String) throws -> any LanguageModel {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try loadModel(ModelFiles.open(tests.appendingPathComponent("Fixtures/families/\(name)").path))
  }

  private func tokens(of model: any LanguageModel) -> [Int32] { [6, 11, 5, 8, 30, 2] }

  private func logits(of model: any LanguageModel) -> [Float] {
    Recording.off {
      let source = model.traits.decoderStartID.map { _ in TokenBatch([Self.source]) }
      return model.headLogits(
        of: model.hiddenStates(TokenBatch([tokens(of: model)]), source: source, caches: nil)
      ).values
    }
  }
}
