import Basics
import Models
import Tensors

extension Collection<AttachedAdapter> {
  /// Weights with the adapters in them: gives the merged values of a weight that an adapter changes and the weight itself
  /// for others, in float32.
  ///
  /// Sums are float32 whatever the base's format is, as in PEFT's `merge_and_unload` of a float32 model; rounding to the
  /// base's format comes last.
  ///
  /// - Throws: `TuneError.usage` for a method that changes no weights, and where a merged model would be another.
  public func mergedValues() throws -> (Parameter) -> Tensor {
    var parts: [ObjectIdentifier: [any AdapterPart]] = [:]
    for adapter in self {
      for part in adapter.parts {
        guard let parameters = part.mergedParameters else {
          throw TuneError.usage(
            part.reasonAgainstMerging.map { "the adapter cannot be merged: \($0)" }
              ?? "an adapter of type \(adapter.peftType) changes no weights, so it cannot be merged; use it with --adapter"
          )
        }
        for parameter in parameters { parts[ObjectIdentifier(parameter), default: []].append(part) }
      }
    }
    return { parameter in
      parts[ObjectIdentifier(parameter), default: []].reduce(parameter.value) { $1.merged(parameter, $0) }
    }
  }

  /// How many weights the adapters change.
  public var changedWeightCount: Int {
    let merged = flatMap { $0.parts }.flatMap { $0.mergedParameters ?? [] }.map { ObjectIdentifier($0) }
    return Set(merged).count + reduce(0) { $0 + $1.savedModules.part.trained.count }
  }
}

extension AttachedAdapter {
  /// As of several adapters.
  public func mergedValues() throws -> (Parameter) -> Tensor { try [self].mergedValues() }

  /// As of several adapters.
  public var changedWeightCount: Int { [self].changedWeightCount }

  /// Whether the adapter changes any logit of the model: one that was never trained, or whose change is too small to be
  /// seen, does nothing. Reads a few tokens twice unless it is surely inert.
  public func changesLogits(of model: any LanguageModel) -> Bool {
    guard parts.contains(where: { !$0.isInert }) || !savedModules.part.isInert else { return false }
    // Rows of single tokens, which a few tokens need not meet.
    guard !parts.contains(where: { $0 is TokenRows && !$0.isInert }) else { return true }
    let wasEnabled = isEnabled
    defer { isEnabled = wasEnabled }
    isEnabled = true
    let tuned = probe(model)
    isEnabled = false
    return probe(model) != tuned
  }

  /// The logits after a few tokens from all over the vocabulary.
  private func probe(_ model: any LanguageModel) -> [Float] {
    let size = model.dimensions.vocabularySize
    let tokens = (0..<min(4, size, model.maxTokens)).map { Int32($0 * size / 4) }
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
