/// What is forbidden or made less likely before a token is chosen, as transformers' logits processors do it.
public struct LogitRules: Sendable, Equatable {
  /// No run of so many tokens comes twice; 0 for no limit. A decoder's prompt counts, too.
  public var noRepeatNgramSize: Int
  /// Scores of tokens that came already are divided by it (multiplied where they are negative); 1 changes nothing.
  public var repetitionPenalty: Double
  /// No end before so many new tokens.
  public var minNewTokens: Int

  public init(noRepeatNgramSize: Int = 0, repetitionPenalty: Double = 1, minNewTokens: Int = 0) {
    self.noRepeatNgramSize = noRepeatNgramSize
    self.repetitionPenalty = repetitionPenalty
    self.minNewTokens = minNewTokens
  }

  public static let none = LogitRules()

  var changesNothing: Bool { self == .none }

  /// Changes a row of scores, [count].
  ///
  /// - Parameters:
  ///   - sequence: the tokens so far, a decoder's prompt included.
  ///   - newCount: how many of them are new.
  func apply(
    to scores: UnsafeMutablePointer<Float>, count: Int, sequence: [Int32], newCount: Int, stopIDs: Set<Int>
  ) {
    if repetitionPenalty != 1 {
      for id in Set(sequence) where id >= 0 && Int(id) < count {
        let score = scores[Int(id)]
        scores[Int(id)] = score < 0 ? score * Float(repetitionPenalty) : score / Float(repetitionPenalty)
      }
    }
    for id in banned(after: sequence) where id >= 0 && Int(id) < count { scores[Int(id)] = -.infinity }
    if newCount < minNewTokens {
      for id in stopIDs where id < count { scores[id] = -.infinity }
    }
  }

  /// The tokens that would end a run that stands in the sequence already.
  private func banned(after sequence: [Int32]) -> [Int32] {
    guard noRepeatNgramSize > 0, sequence.count >= noRepeatNgramSize else { return [] }
    let prefix = sequence.suffix(noRepeatNgramSize - 1)
    return (0...(sequence.count - noRepeatNgramSize)).compactMap { start in
      let last = start + noRepeatNgramSize - 1
      return sequence[start..<last].elementsEqual(prefix) ? sequence[last] : nil
    }
  }
}
