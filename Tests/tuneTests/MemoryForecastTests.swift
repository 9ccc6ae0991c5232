import Adapters
import Basics
import Datasets
import Models
import Testing
import Training

@testable import tune

@Suite struct MemoryForecastTests {
  private func forecast(
    full: Bool, available: Int = 1 << 40, _ change: (inout TrainerOptions) -> Void = { _ in }
  ) throws -> MemoryForecast {
    let model = try LoadedModel(nil).model
    if full {
      for parameter in model.parameters { parameter.isTrainable = true }
    } else {
      _ = try Selective(.lastLayers(1)).attach(to: model, seed: 1)
    }
    var options = TrainerOptions()
    options.tokensPerPass = 1024
    change(&options)
    let examples = (0..<100).map { Example(tokens: Array(repeating: 5, count: 200), trained: [100..<200], line: $0) }
    return MemoryForecast(model, options, examples, heldBytes: 0, available: available)
  }

  @Test func lessStateAndFewerTokensNeedLess() throws {
    let whole = try forecast(full: true).needed
    #expect(try forecast(full: true) { $0.optimizer = .adamw8Bit }.needed < whole)
    #expect(try forecast(full: true) { $0.tokensPerPass = 256 }.needed < whole)
    #expect(try forecast(full: false).needed < whole)
    // 20,000 tokens of the model's width are kept, or as much of them as is allowed.
    let plain = try forecast(full: false).needed
    let width = try LoadedModel(nil).model.dimensions.hiddenSize
    #expect(try forecast(full: false) { $0.activationCacheBytes = 1 << 30 }.needed == plain + 20_000 * width * 4)
    #expect(try forecast(full: false) { $0.activationCacheBytes = 5000 }.needed == plain + 5000)
  }

  /// Nothing is kept where embeddings change, and a step is no longer than the data.
  @Test func theForecastFollowsTheTrainer() throws {
    let cached = try forecast(full: false) { $0.activationCacheBytes = 1 << 30 }
    let noisy = try forecast(full: false) { ($0.activationCacheBytes, $0.neftuneNoiseAlpha) = (1 << 30, 5) }
    #expect(noisy.needed < cached.needed && !noisy.summary.contains("kept for all epochs"))
    #expect(try forecast(full: false) { $0.adversarialEpsilon = 1 }.needed > forecast(full: false).needed)
    let whole = try forecast(full: true) { ($0.updatesByLayer, $0.batchSize) = (true, 100) }
    let beyond = try forecast(full: true) {
      ($0.updatesByLayer, $0.batchSize, $0.gradientAccumulationSteps) = (true, 1_000_000_000, 1_000_000_000)
    }
    #expect(beyond.needed == whole.needed)
  }

  @Test func tooMuchIsRefusedWithWhatFits() throws {
    let whole = try forecast(full: true).needed
    try forecast(full: true, available: whole).check(isFull: true)
    let error = try #require(throws: TuneError.self) {
      try forecast(full: true, available: whole - 1).check(isFull: true)
    }
    #expect(error.kind == .usage)
    for part in ["training needs about", "--activation-checkpointing fits (", "--ignore-memory"] {
      #expect(error.message.contains(part), "\(error.message)")
    }
    let hopeless = try #require(throws: TuneError.self) { try forecast(full: true, available: 1).check(isFull: true) }
    #expect(hopeless.message.contains("use a smaller model"), "\(hopeless.message)")
  }
}
