import Basics
import Datasets
import Models
import Tensors
import Training

/// How much memory a training is going to take, and whether the machine has it.
struct MemoryForecast {
  private let estimate: MemoryEstimate
  private let training: MemoryEstimate.Training
  private let available: Int
  /// States of frozen layers that are kept.
  private let cachedBytes: Int

  /// - Parameters:
  ///   - heldBytes: what is held beside the trained model: see `TrainingObjective.heldBytes`.
  ///   - available: what the machine has free, in bytes.
  init(
    _ model: any LanguageModel, _ options: TrainerOptions, _ examples: [Example], heldBytes: Int,
    available: Int = availableMemory()
  ) {
    self.available = available
    estimate = MemoryEstimate(model, weightBytes: model.parameters.reduce(0) { $0 + $1.byteCount })
    let trained = model.trainableParameters, own = Set(model.parameters.map { ObjectIdentifier($0) })
    func count(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + $1.count } }
    // A pass holds at least one example, and at most those of a step.
    let longest = examples.lazy.map { $0.tokens.count }.max() ?? 0
    let tokens = examples.reduce(0) { $0 + $1.tokens.count }, mean = tokens / max(1, examples.count)
    let step = max(longest, mean * min(options.batchSize, examples.count))
    let pass = options.updatesByLayer ? step : min(step, max(longest, options.tokensPerPass))
    let states = tokens * model.dimensions.hiddenSize * MemoryLayout<Float>.stride
    // As in `PassRunner`: what changes embeddings leaves no states to keep, and adversarial moves need all gradients.
    let changesEmbeddings = options.neftuneNoiseAlpha != nil || options.adversarialEpsilon != nil
    cachedBytes =
      model.frozenLayerCount > 0 && !changesEmbeddings ? min(options.activationCacheBytes, states) : 0
    training = MemoryEstimate.Training(
      trainedCount: count(trained), trainedOfModel: count(trained.filter { own.contains(ObjectIdentifier($0)) }),
      optimizer: options.optimizer, updatesByLayer: options.updatesByLayer, tokensPerPass: pass,
      checkpointsActivations: model.checkpointsActivations,
      trainedShare: options.adversarialEpsilon == nil ? model.trainedLayerShare : 1,
      others: cachedBytes + heldBytes)
  }

  /// The forecast, in bytes.
  var needed: Int { estimate.training(training) }

  var summary: String {
    let cached = cachedBytes > 0 ? " · \(byteText(cachedBytes)) of it states of frozen layers, kept for all epochs" : ""
    return "about \(byteText(needed)) of \(byteText(available)) free\(cached)"
  }

  /// - Throws: `TuneError.usage` where the machine has not that much, with what would fit.
  func check(isFull: Bool) throws {
    guard needed > available else { return }
    let fitting = remedies(isFull: isFull).filter { $0.bytes <= available }.prefix(3)
    let advice =
      fitting.isEmpty
      ? "use a smaller model, or --load-in-4bit with an adapter"
      : fitting.map { "\($0.flags) fits (\(byteText($0.bytes)))" }.joined(separator: ", ")
    throw TuneError.usage(
      "training needs about \(byteText(needed)), and \(byteText(available)) are free: \(advice); or try all the same "
        + "with --ignore-memory")
  }

  private func remedies(isFull: Bool) -> [(flags: String, bytes: Int)] {
    func with(_ change: (inout MemoryEstimate.Training) -> Void) -> Int {
      var training = training
      change(&training)
      return estimate.training(training)
    }
    var found: [(String, Int)] = []
    if !training.checkpointsActivations {
      found.append(("--activation-checkpointing", with { $0.checkpointsActivations = true }))
    }
    if cachedBytes > 0 { found.append(("--activation-cache 0", with { $0.others -= cachedBytes })) }
    guard isFull else { return found }
    if training.optimizer == .adamw {
      found.append(("--optim adamw_8bit", with { $0.optimizer = .adamw8Bit }))
    }
    found.append(
      (
        "--layerwise-updates --optim adafactor --activation-checkpointing",
        with { ($0.updatesByLayer, $0.optimizer, $0.checkpointsActivations) = (true, .adafactor, true) }
      ))
    found.append(("--lora", with { ($0.trainedCount, $0.trainedOfModel) = ($0.trainedCount / 100, 0) }))
    return found
  }
}
