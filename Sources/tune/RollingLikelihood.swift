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
      let end = min(done + windowLength, tokens.count)
      // Before the text's first token stands the token that begins texts.
      let input = done == 0 ? [first] + tokens[..<(end - 1)] : Array(tokens[(end - windowLength - 1)..<(end - 1)])
      windows.append(Window(input: input, targets: Array(tokens[done..<end])))
      done = end
    }
    return windows
  }

  /// The natural logarithm of the probability of windows that the model reads together, summed over them.
  func logLikelihood(of windows: [Window]) -> Double {
    let batch = TokenBatch(windows.map { $0.input })
    let rows = zip(windows, batch.offsets.dropFirst()).flatMap { window, end in
      (Int32(end) - Int32(window.targets.count))..<Int32(end)
    }
    return Recording.off {
      let hidden = model.hiddenStates(batch, source: nil, caches: nil, rows: rows)
      return -headCrossEntropy(
        hidden, head: model.outputHead(for: hidden), targets: windows.flatMap { $0.targets }, scale: 1
      ).sum
    }
  }
}
