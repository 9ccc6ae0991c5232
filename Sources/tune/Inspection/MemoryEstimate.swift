import Basics
import Models
import Training

/// About how much memory work with a model takes, from its sizes; see Documentation/engine.md for what is held.
struct MemoryEstimate {
  /// Tokens of one pass that training holds activations of, unless `--tokens-per-pass` says otherwise.
  static let adapterPass = 512
  static let fullPass = 1024
  /// The program, its tokenizer, and the logits of one chunk with their gradient.
  private static let programBytes = 64 << 20

  private let weightBytes: Int
  private let parameterCount: Int
  /// Keys and values of one token.
  let cacheBytesPerToken: Int
  /// What a layer keeps of one token for its gradient, of all layers.
  let activationBytesPerToken: Int
  /// What is kept of one token where each layer is computed twice.
  private let checkpointedBytesPerToken: Int

  /// What training holds beside weights.
  struct Training {
    /// Parameters that are trained, of the model or of an adapter.
    var trainedCount: Int
    /// Of these, the model's own, which are copied from their file.
    var trainedOfModel = 0
    var optimizer = OptimizerName.adamw
    /// Updates free each gradient at once.
    var updatesByLayer = false
    var tokensPerPass: Int
    /// Layers are computed twice instead of being kept.
    var checkpointsActivations = false
    /// The share of layers that keep anything: those from the first trained one on.
    var trainedShare = 1.0
    /// States of frozen layers that are kept for all epochs, a reference model, and the like.
    var others = 0
  }

  init(_ model: any LanguageModel, weightBytes: Int) {
    let sizes = model.dimensions
    self.weightBytes = weightBytes
    parameterCount = model.parameterCount
    cacheBytesPerToken = 2 * 4 * sizes.layerCount * sizes.keyValueWidth
    // The outputs of the linear layers, the rotated queries and keys, what attention found, and the sums of the residual
    // stream.
    let outputs = model.linears.reduce(0) { $0 + $1.outputSize }
    activationBytesPerToken = 4 * (outputs + sizes.layerCount * (4 * sizes.hiddenSize + sizes.keyValueWidth))
    checkpointedBytesPerToken = 4 * sizes.layerCount * sizes.hiddenSize + activationBytesPerToken / sizes.layerCount
  }

  /// Weights where they lie, without a cache.
  var generation: Int { Self.programBytes + weightBytes }

  func training(_ training: Training) -> Int {
    let perToken = training.checkpointsActivations ? checkpointedBytesPerToken : activationBytesPerToken
    // Value, gradient and the optimiser's state of a trained parameter, in float32.
    let perTrained = 4 + (training.updatesByLayer ? 0 : 4) + training.optimizer.stateBytesPerParameter
    let frozenShare = Double(parameterCount - training.trainedOfModel) / Double(max(1, parameterCount))
    let frozen = Int(Double(weightBytes) * max(0, frozenShare))
    return Self.programBytes + frozen + perTrained * training.trainedCount
      + Int(training.trainedShare * Double(training.tokensPerPass * perToken)) + training.others
  }

  func adapterTraining(parameters: Int) -> Int {
    training(Training(trainedCount: parameters, tokensPerPass: Self.adapterPass))
  }

  var fullTraining: Int {
    training(Training(trainedCount: parameterCount, trainedOfModel: parameterCount, tokensPerPass: Self.fullPass))
  }

  /// - Parameter adapterParameters: those that LoRA would train; nil where it cannot.
  func add(to inspection: inout Inspection, adapterParameters: Int?) {
    let adapter = adapterParameters.map { adapterTraining(parameters: $0) }
    inspection.add(
      "memory", "generation about \(byteText(generation)) and \(byteText(cacheBytesPerToken)) a token of context")
    if let adapter {
      inspection.add("", "LoRA about \(byteText(adapter)) with passes of \(Self.adapterPass) tokens")
    }
    inspection.add("", "full fine-tuning about \(byteText(fullTraining)) with passes of \(Self.fullPass) tokens")
    inspection.json["memory_estimate"] = [
      "generation_bytes": .integer(generation), "cache_bytes_per_token": .integer(cacheBytesPerToken),
      "lora_bytes": adapter.map { .integer($0) } ?? .null, "lora_tokens_per_pass": .integer(Self.adapterPass),
      "full_bytes": .integer(fullTraining), "full_tokens_per_pass": .integer(Self.fullPass),
      "activation_bytes_per_token": .integer(activationBytesPerToken),
    ]
  }
}
