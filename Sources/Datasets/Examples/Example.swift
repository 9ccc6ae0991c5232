/// One training example: tokens, and which of them are to be learnt.
public struct Example: Sendable, Equatable {
  public var tokens: [Int32]
  /// Ascending ranges of `tokens` whose loss counts.
  public var trained: [Range<Int>]
  /// The class of the text, for a classifier; nil where tokens are learnt.
  public var label: Int32?
  /// The task that it is of, among those of its set.
  public var task: Int
  /// The line of the data file, from 1.
  public var line: Int

  public init(tokens: [Int32], trained: [Range<Int>], label: Int32? = nil, task: Int = 0, line: Int) {
    self.tokens = tokens
    self.trained = trained
    self.label = label
    self.task = task
    self.line = line
  }

  /// How many tokens the loss counts. The first token of an example is predicted from nothing and never counts.
  ///
  /// A text with a class counts as one.
  public var trainedTokenCount: Int {
    label != nil ? 1 : trained.reduce(0) { $0 + $1.count - ($1.lowerBound == 0 && !$1.isEmpty ? 1 : 0) }
  }

  /// The tokens with -100 where nothing is learnt, as the field writes labels (not shifted).
  public var labels: [Int32] {
    var labels = [Int32](repeating: -100, count: tokens.count)
    for range in trained { labels.replaceSubrange(range, with: tokens[range]) }
    return labels
  }
}

/// What is done with an example of more tokens than the limit.
public enum Overlong: String, Sendable, CaseIterable {
  /// The reading fails and names the lines.
  case error
  case dropExample = "drop"
  /// Cuts the beginning of the prompt (but for its last token), then, if need be, the end of the example.
  case truncatePrompt = "truncate-prompt"
  case truncateEnd = "truncate-end"

  /// The example within the limit; nil when it is dropped.
  func fit(_ example: Example, to maximum: Int) -> Example? {
    guard example.tokens.count > maximum else { return example }
    switch self {
    case .error, .dropExample: return nil
    case .truncateEnd: return example.slice(0..<maximum)
    case .truncatePrompt:
      let prompt = example.trained.first?.lowerBound ?? 0
      let cut = min(example.tokens.count - maximum, max(0, prompt - 1))
      return example.slice(cut..<min(example.tokens.count, cut + maximum))
    }
  }
}

extension Example {
  fileprivate func slice(_ kept: Range<Int>) -> Example {
    let ranges = trained.map { $0.clamped(to: kept) }.filter { !$0.isEmpty }
    return Example(
      tokens: Array(tokens[kept]),
      trained: ranges.map { ($0.lowerBound - kept.lowerBound)..<($0.upperBound - kept.lowerBound) }, label: label,
      task: task, line: line)
  }
}
