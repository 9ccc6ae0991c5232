import Basics
import Models
import Tensors

/// The log-likelihood of whole texts, every token given those before it.
///
/// A text begins after the tokenizer's beginning-of-text token, else its end-of-text token. One that is longer than a
/// window is read in windows that go on from each other's last token; the last window reads as much of the text before
/// its tokens as it holds. Source: `loglikelihood_rolling` of lm-evaluation-harness 0.4.13.
struct RollingLikelihood {
  private let model: any LanguageModel
  private let first: Int32
  /// The most tokens that the model reads at once.
  private let windowLength: Int

  init(_ model: any LanguageModel, first: Int32, windowLength: Int) {
    self.model = model
    self.first = first
    self.windowLength = windowLength
  }

  /// A stretch of tokens to read, of which the last ones are followed by a token to predict.
  struct Window: Equatable {
    let input: [Int32]
    /// The tokens that follow the last inputs.
    let targets: [Int32]
  }

  func windows(of tokens: [Int32]) -> [Window] {
    var windows: [Window] = []
    var done = 0
    while done < tokens.count {
      let count = min(windowLength, tokens.count - done)
      let end = done + count
      // Before the text's first token stands the token that begins texts.
      let start = done == 0 ? -1 : max(-1, end - windowLength - 1)
      let input = (start < 0 ? [first] : []) + tokens[max(0, start)..<end - 1]
      windows.append(Window(input: input, targets: Array(tokens[done..<end])))
      done = end
    }
    return windows
  }

  /// The natural logarithm of a text's probability.
  func logLikelihood(of tokens: [Int32]) -> Double {
    Recording.off {
      windows(of: tokens).reduce(0) { sum, window in
        let rows = (window.input.count - window.targets.count..<window.input.count).map { Int32($0) }
        let hidden = model.hiddenStates(TokenBatch([window.input]), source: nil, caches: nil, rows: rows)
        let found = headCrossEntropy(
          hidden, head: model.head, bias: model.headBias, targets: window.targets, scale: 1,
          softcap: model.traits.logitSoftcap)
        return sum - found.sum
      }
    }
  }
}
