import Basics
import Models

/// About how much memory work with a model takes, from its sizes; see Documentation/engine.md for what is held.
struct MemoryEstimate {
  /// Tokens of one pass that training holds activations of, unless `--tokens-per-pass` says otherwise.
  static let adapterPass = 512
  static let fullPass = 1024
  /// Value, gradient and AdamW's two moments of a trained parameter, in float32.
  private static let bytesPerTrained = 16
  /// The program, its tokenizer, and the logits of one chunk with their gradient.
  private static let programBytes = 64 << 20

  private let weightBytes: Int
  private let parameterCount: Int
  /// Keys and values of one token.
  let cacheBytesPerToken: Int
  /// What a layer keeps of one token for its gradient, of all layers.
  let activationBytesPerToken: Int

  init(_ model: any LanguageModel, weightBytes: Int) {
    let sizes = model.dimensions
    self.weightBytes = weightBytes
    parameterCount = model.parameterCount
    cacheBytesPerToken = 2 * 4 * sizes.layerCount * sizes.keyValueWidth
    // The outputs of the linear layers, the rotated queries and keys, what attention found, and the sums of the residual
    // stream.
    let outputs = model.linears.reduce(0) { $0 + $1.outputSize }
    activationBytesPerToken = 4 * (outputs + sizes.layerCount * (4 * sizes.hiddenSize + sizes.keyValueWidth))
  }

  /// Weights where they lie, without a cache.
  var generation: Int { Self.programBytes + weightBytes }

  func adapterTraining(parameters: Int) -> Int {
    Self.programBytes + weightBytes + Self.bytesPerTrained * parameters + Self.adapterPass * activationBytesPerToken
  }

  /// Trained weights are copied from their file.
  var fullTraining: Int {
    Self.programBytes + Self.bytesPerTrained * parameterCount + Self.fullPass * activationBytesPerToken
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
