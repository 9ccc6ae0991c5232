import Adapters
import ArgumentParser
import Basics
import Training

/// How the training loop runs.
struct LoopOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Passes over the training data.", valueName: "count"))
  var epochs = 3.0

  @Option(help: ArgumentHelp("Optimiser steps; wins over --epochs.", valueName: "count"))
  var maxSteps: Int?

  @Option(help: ArgumentHelp("Examples of one pass.", valueName: "count"))
  var batchSize = 8

  @Option(help: ArgumentHelp("Passes whose gradients make one optimiser step.", valueName: "count"))
  var gradientAccumulationSteps = 1

  @Option(
    help: ArgumentHelp(
      "Peak learning rate (default: chosen from the method and the model's width; a fifth with lion).",
      valueName: "rate")
  )
  var learningRate: Double?

  @Option(help: ArgumentHelp("constant, linear or cosine.", valueName: "name"))
  var lrSchedule = Schedule.linear

  @Option(help: ArgumentHelp("Steps over which the learning rate rises (default: 3 % of the run).", valueName: "count"))
  var warmupSteps: Int?

  @Option(
    help: ArgumentHelp(
      "adamw, or with less state: adamw_8bit (a quarter), adafactor (a row and a column for a matrix), lion (half) or "
        + "galore_adamw (a projection of each matrix, for --full).", valueName: "name"))
  var optim = OptimizerName.adamw

  @Option(
    help: ArgumentHelp(
      "For galore_adamw, separated by commas: rank=128, update_proj_gap=200 (steps), scale=0.25.", valueName: "list"),
    transform: { try GaLoreAdamW.Settings(arguments: $0) })
  var optimArgs: GaLoreAdamW.Settings?

  @Option(
    help: ArgumentHelp(
      "For galore_adamw: parts of layers' names separated by commas, a regular expression, or all-linear.",
      valueName: "layers"))
  var optimTargetModules: String?

  @Option(
    help: ArgumentHelp("LoRA+: B learns so many times as fast as A, for example 16.", valueName: "ratio"))
  var loraplusLrRatio: Double?

  @Option(help: ArgumentHelp("LoRA+: the learning rate of adapted embeddings (default: 1e-6).", valueName: "rate"))
  var loraplusLrEmbedding: Double?

  @Flag(
    help: "Update each weight as soon as its gradient is whole and free the gradient: for --full with little memory.")
  var layerwiseUpdates = false

  @Option(help: ArgumentHelp("Decay of weights.", valueName: "rate"))
  var weightDecay = 0.0

  @Option(
    help: ArgumentHelp(
      "Clip gradients to this norm; 0 does not clip (default: 1, with --layerwise-updates 0).", valueName: "norm"))
  var maxGradNorm: Double?

  @Option(help: ArgumentHelp("Validate every so many steps (default: up to five times a run).", valueName: "count"))
  var evalSteps: Int?

  @Option(
    help: ArgumentHelp(
      "A batch goes through the model in passes of at most so many tokens: less needs less memory (default: 512, with "
        + "--full 1024).", valueName: "count"))
  var tokensPerPass: Int?

  @Flag(
    help: "Compute each layer twice instead of keeping its activations: a quarter slower, a fraction of the memory.")
  var activationCheckpointing = false

  @Option(
    help: ArgumentHelp(
      "Keep the states of frozen layers for all epochs in at most so much memory, such as 2GB; 0 computes them anew "
        + "(default: a quarter of what is free).", valueName: "size"))
  var activationCache: String?

  @Flag(help: "Train even where the memory forecast is more than what is free.")
  var ignoreMemory = false

  @Flag(help: "Print where the time of a step goes, by operation.")
  var profile = false

  @Option(help: "The seed of initialisation, shuffling and dropout.")
  var seed: UInt64 = 42

  @Flag(inversion: .prefixedNo, help: "Draw examples in a new order each epoch.")
  var shuffle = true

  func validate() throws {
    try epochs.requirePositive("--epochs")
    if epochs > 1e6 { throw ValidationError("--epochs: \(epochs) is too large; use at most 1000000") }
    try maxSteps?.requirePositive("--max-steps")
    try batchSize.requirePositive("--batch-size")
    try gradientAccumulationSteps.requirePositive("--gradient-accumulation-steps")
    try learningRate?.requirePositive("--learning-rate")
    try evalSteps?.requirePositive("--eval-steps")
    try tokensPerPass?.requirePositive("--tokens-per-pass")
    try warmupSteps?.requirePositive("--warmup-steps", atLeast: 0)
    try weightDecay.requireNotNegative("--weight-decay")
    try maxGradNorm?.requireNotNegative("--max-grad-norm")
    if let activationCache, activationCache != "0", ByteSize.parse(activationCache) == nil {
      throw ValidationError("--activation-cache: '\(activationCache)' is no size; use for example 2GB, 500MB or 0")
    }
    try validateOptimizer()
    if layerwiseUpdates, let maxGradNorm, maxGradNorm > 0 {
      throw ValidationError(
        "--layerwise-updates cannot clip by the norm of all gradients, which do not exist together; leave "
          + "--max-grad-norm out")
    }
    if layerwiseUpdates && gradientAccumulationSteps > 1 {
      throw ValidationError(
        "--layerwise-updates cannot sum gradients over --gradient-accumulation-steps; leave it out or use "
          + "--batch-size")
    }
  }

  private func validateOptimizer() throws {
    try loraplusLrRatio?.requirePositive("--loraplus-lr-ratio")
    try loraplusLrEmbedding?.requirePositive("--loraplus-lr-embedding")
    if loraplusLrEmbedding != nil && loraplusLrRatio == nil {
      throw ValidationError("--loraplus-lr-embedding needs --loraplus-lr-ratio")
    }
    if optim == .galoreAdamW {
      if optimTargetModules == nil {
        throw ValidationError("--optim galore_adamw needs --optim-target-modules, for example all-linear")
      }
    } else if optimArgs != nil || optimTargetModules != nil {
      throw ValidationError(
        "\(optimArgs != nil ? "--optim-args" : "--optim-target-modules") needs --optim galore_adamw")
    }
  }

  /// The trainer's options for a run over `exampleCount` examples.
  func resolved(exampleCount: Int, validationCount: Int, full: Bool, defaultLearningRate: Double) -> TrainerOptions {
    var options = TrainerOptions()
    options.epochs = epochs
    options.maxSteps = maxSteps
    options.batchSize = batchSize
    options.gradientAccumulationSteps = gradientAccumulationSteps
    // Adding to every weight's gradient costs a pass over it, so full fine-tuning takes fewer, larger passes.
    options.tokensPerPass = tokensPerPass ?? (full ? 1024 : 512)
    options.learningRate = learningRate ?? defaultLearningRate / optim.learningRateDivisor
    options.schedule = lrSchedule
    options.optimizer = optim
    options.galore = optimArgs ?? GaLoreAdamW.Settings()
    options.galore.targetModules = optimTargetModules.map { TargetModules(parsing: $0) }
    if let loraplusLrRatio {
      options.learningRateScales = .loraPlus(
        ratio: loraplusLrRatio, embeddingLearningRate: loraplusLrEmbedding ?? 1e-6, learningRate: options.learningRate)
    }
    options.weightDecay = weightDecay
    options.updatesByLayer = layerwiseUpdates
    let norm = maxGradNorm ?? (layerwiseUpdates ? 0 : 1)
    options.maxGradientNorm = norm > 0 ? norm : nil
    options.activationCacheBytes = activationCache.map { ByteSize.parse($0) ?? 0 } ?? availableMemory() / 4
    options.shuffles = shuffle
    options.seed = seed
    let total = options.totalSteps(exampleCount: exampleCount)
    options.warmupSteps = warmupSteps ?? (lrSchedule == .constant ? 0 : total * 3 / 100)
    // As often as it costs little: a validation takes about a third of the time of training on as many examples.
    let affordable = Double(total) * Double(options.stepSize) / Double(5 * max(1, validationCount))
    let times = max(1, min(5, Int(affordable)))
    options.evaluationSteps = evalSteps ?? max(1, (total + times - 1) / times)
    return options
  }
}

extension Schedule: ExpressibleByArgument {}
extension OptimizerName: ExpressibleByArgument {}
