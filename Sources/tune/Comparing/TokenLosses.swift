import Basics
import Datasets
import Models

/// What the tokens of references cost a model: which ones it does not expect.
struct TokenLosses {
  /// The texts of tokens with their number and the sum of their negative log-likelihoods, in nats.
  private let sums: [String: (count: Int, sum: Double)]
  let examples: Int

  /// Weighs the references of at most `limit` prompts from all over the list; nil where nothing is to be measured, and
  /// for a classifier.
  init?(
    _ loaded: LoadedModel, _ prompts: [PromptExample], limit: Int, console: Console, _ label: String
  ) throws {
    guard limit > 0, loaded.model.traits.labels == nil else { return nil }
    let count = min(limit, prompts.count)
    let chosen = (0..<count).map { prompts[$0 * prompts.count / count] }
    let requests = try chosen.compactMap { prompt -> ContinuationRequest? in
      let ids = loaded.encoding.continuationIDs(of: prompt.completion ?? "", after: prompt.prompt)
      try loaded.model.checkVocabulary(ids, source: "line \(prompt.line)")
      guard !ids.isEmpty, !prompt.tokens.isEmpty else { return nil }
      return ContinuationRequest(context: prompt.tokens, continuation: ids.map { Int32($0) })
    }
    let progress = Progress(total: requests.count, console: console)
    defer { progress.finish() }
    var sums: [String: (count: Int, sum: Double)] = [:]
    let scores = ContinuationScorer(loaded.model).scores(requests) {
      progress.update($0, label: label, details: "references weighed")
    }
    for (request, score) in zip(requests, scores) {
      // A reference that was too long lost its first tokens.
      for (id, value) in zip(request.continuation.suffix(score.tokenLogLikelihoods.count), score.tokenLogLikelihoods) {
        let text = loaded.tokenizer.decode([Int(id)], skipSpecialTokens: false)
        sums[text, default: (0, 0)].count += 1
        sums[text, default: (0, 0)].sum -= value
      }
    }
    self.sums = sums
    examples = requests.count
  }

  /// The tokens that cost most altogether, with their number and mean.
  func worst(_ count: Int) -> [(token: String, count: Int, mean: Double)] {
    sums.sorted { ($1.value.sum, $0.key) < ($0.value.sum, $1.key) }.prefix(count).map {
      ($0.key, $0.value.count, $0.value.sum / Double($0.value.count))
    }
  }

  /// Nats of a token on average; nil where it does not come.
  func mean(of token: String) -> Double? { sums[token].map { $0.sum / Double($0.count) } }
}
