import Models
import Tensors

extension AttachedLoRA {
  /// Weights with the adapter in them: gives W + scale * B A for a weight that the adapter changes and the weight itself
  /// for others, in float32.
  ///
  /// Sums are float32 whatever the base's format is, as in PEFT's `merge_and_unload` of a float32 model; rounding to the
  /// base's format comes last.
  public func mergedValues() -> (Parameter) -> Tensor {
    let layers = Dictionary(self.layers.map { (ObjectIdentifier($0.linear.weight), $0) }) { first, _ in first }
    return { parameter in layers[ObjectIdentifier(parameter)]?.mergedWeight ?? parameter.value }
  }

  /// How many weights the adapter changes.
  public var layerCount: Int { layers.count + savedModules.parameters.count }

  /// Whether the adapter changes any logit of the model: one that was never trained, or whose update is too small to be
  /// seen, does nothing. Reads a few tokens twice unless all of B is zero.
  public func changesLogits(of model: any LanguageModel) -> Bool {
    let mayChange = layers.contains { $0.update.scale != 0 && !isZero($0.b) && !isZero($0.a) }
    guard mayChange || !savedModules.parameters.isEmpty else { return false }
    let wasEnabled = isEnabled
    defer { isEnabled = wasEnabled }
    isEnabled = true
    let tuned = probe(model)
    isEnabled = false
    return probe(model) != tuned
  }

  private func isZero(_ parameter: Parameter) -> Bool {
    UnsafeBufferPointer(start: parameter.pointer, count: parameter.count).allSatisfy { $0 == 0 }
  }

  /// The logits after a few tokens from all over the vocabulary.
  private func probe(_ model: any LanguageModel) -> [Float] {
    let size = model.dimensions.vocabularySize
    let tokens = (0..<min(4, size)).map { Int32($0 * size / 4) }
    return Recording.off {
      let source = model.traits.decoderStartID.map { _ in TokenBatch([tokens]) }
      let batch = TokenBatch([model.traits.decoderStartID.map { [$0] } ?? tokens])
      let last = Int32(batch.tokenCount - 1)
      // A classifier's only row is that of the whole text.
      let rows = model.traits.labels == nil ? [last] : nil
      return model.headLogits(of: model.hiddenStates(batch, source: source, caches: nil, rows: rows)).values
    }
  }
}

extension LoRALayer {
  /// W + scale * B A, [out, in].
  fileprivate var mergedWeight: Tensor {
    Recording.off {
      // linear(x, w) is x * wᵀ.
      let a = Parameter("", transposed(scaled(self.a.value, by: update.scale)))
      return add(linear.weight.value, Tensors.linear(b.value, a))
    }
  }
}
