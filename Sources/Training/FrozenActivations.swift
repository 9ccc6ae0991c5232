import Models
import Tensors

/// The states of frozen layers, computed once for each example and used in every epoch.
final class FrozenActivations {
  private let model: any LanguageModel
  /// The most bytes that are kept; examples beyond are computed anew.
  private let limit: Int
  private var kept: [Int: FrozenStates] = [:]
  private(set) var byteCount = 0

  init(_ model: any LanguageModel, limit: Int) {
    self.model = model
    self.limit = limit
  }

  /// The hidden states of a pass's rows; nil where nothing of the model is frozen.
  func hiddenStates(_ pass: TrainingPass) -> Tensor? {
    let batch = pass.batch
    let missing = pass.indices.indices.filter { kept[pass.indices[$0]] == nil }
    var states = pass.indices.map { kept[$0] }
    if !missing.isEmpty {
      let tokens = TokenBatch(missing.map { batch.tokens.sequence($0) })
      let source = batch.source.map { source in TokenBatch(missing.map { source.sequence($0) }) }
      guard let found = model.frozenStates(tokens, source: source) else { return nil }
      for (place, index) in missing.enumerated() {
        let own = FrozenStates(
          tokens: found.tokens.map { $0.copy(of: tokens.offsets[place]..<tokens.offsets[place + 1]) },
          source: found.source.flatMap { states in
            source.map { states.copy(of: $0.offsets[place]..<$0.offsets[place + 1]) }
          })
        states[index] = own
        keep(own, of: pass.indices[index])
      }
    }
    let known = states.compactMap { $0 }
    let tokens = known.compactMap { $0.tokens }, source = known.compactMap { $0.source }
    let all = FrozenStates(
      tokens: tokens.isEmpty ? nil : Tensor(stacking: tokens), source: source.isEmpty ? nil : Tensor(stacking: source))
    return model.hiddenStates(batch.tokens, source: batch.source, rows: batch.rows, from: all)
  }

  private func keep(_ states: FrozenStates, of example: Int) {
    let bytes = [states.tokens, states.source].compactMap { $0?.count }.reduce(0, +) * MemoryLayout<Float>.stride
    guard byteCount + bytes <= limit else { return }
    kept[example] = states
    byteCount += bytes
  }
}

extension Tensor {
  /// A copy of some rows, without what recorded them.
  fileprivate func copy(of rows: Range<Int>) -> Tensor {
    let out = Tensor(shape: [rows.count, width])
    out.pointer.update(from: pointer + rows.lowerBound * width, count: rows.count * width)
    return out
  }

  /// Matrices of the same width, one below the other.
  fileprivate init(stacking parts: [Tensor]) {
    self.init(shape: [parts.reduce(0) { $0 + $1.rows }, parts[0].width])
    var place = pointer
    for part in parts {
      place.update(from: part.pointer, count: part.count)
      place += part.count
    }
  }
}
