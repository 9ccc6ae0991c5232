import Basics
import CKernels
import Tensors

/// A prompt to continue.
public struct GenerationRequest: Sendable {
  public var promptIDs: [Int]
  public var maxNewTokens: Int

  public init(promptIDs: [Int], maxNewTokens: Int) {
    self.promptIDs = promptIDs
    self.maxNewTokens = maxNewTokens
  }
}

/// What a prompt was continued with.
public struct GenerationResult: Sendable, Equatable {
  /// New tokens without the one that ended the text.
  public var ids: [Int] = []
  /// False when the text ran into `maxNewTokens`.
  public var stopped = false
}

/// Continues prompts with a key-value cache, several at a time: a finished sequence makes room for the next prompt.
///
/// What all prompts begin with is computed once, and long prompts are read in blocks, so memory does not grow with them.
public struct Generator {
  private let model: any LanguageModel
  /// Tokens that end a text.
  public var stopIDs: Set<Int>
  public var sampling: SamplingOptions
  /// What may not be drawn.
  public var rules: LogitRules
  /// Sequences decoded together.
  public var batchSize: Int
  /// The most tokens of one prompt that are fed in one step.
  var promptBlock = 512

  public init(
    _ model: any LanguageModel, stopIDs: Set<Int>, sampling: SamplingOptions = .greedy, rules: LogitRules = .none,
    batchSize: Int = 16
  ) {
    self.model = model
    self.stopIDs = stopIDs
    self.sampling = sampling
    self.rules = rules
    self.batchSize = max(1, batchSize)
  }

  /// A sequence that is being written.
  private struct Active {
    let index: Int
    let cache: SequenceCache
    let limit: Int
    /// What a decoder was given before its own tokens.
    let before: [Int32]
    var sampler: Sampler
    /// Tokens to feed: what is left of the prompt, or the last token drawn.
    var pending: ArraySlice<Int32>
    var result = GenerationResult()
  }

  /// Generates for every request; results are in the order of the requests.
  ///
  /// - Parameters:
  ///   - onToken: called with the request's index and each new token; returning false ends that sequence.
  ///   - onFinish: called after each step with the count of finished requests.
  /// - Throws: `TuneError.data` for a prompt that is empty, holds unknown ids or leaves no room in the context.
  public func generate(
    _ requests: [GenerationRequest], onToken: (Int, Int) throws -> Bool = { _, _ in true },
    onFinish: (Int) -> Void = { _ in }
  ) throws -> [GenerationResult] {
    for (index, request) in requests.enumerated() { try check(request, index) }
    var results = [GenerationResult](repeating: GenerationResult(), count: requests.count)
    var active: [Active] = []
    var next = 0
    try Recording.off {
      let prefix = sharedPrefix(of: requests) ?? model.makeCache(capacity: 0)
      while next < requests.count || !active.isEmpty {
        while next < requests.count, active.count < batchSize {
          if requests[next].maxNewTokens > 0 { active.append(start(requests[next], index: next, prefix)) }
          next += 1
        }
        guard !active.isEmpty else { break }
        try step(&active, onToken)
        for sequence in active where sequence.pending.isEmpty { results[sequence.index] = sequence.result }
        active.removeAll { $0.pending.isEmpty }
        onFinish(next - active.count)
      }
    }
    return results
  }

  /// The most likely next tokens after a prompt, most likely first.
  public func topLogProbabilities(promptIDs: [Int], count: Int) throws -> [TokenProbability] {
    try check(GenerationRequest(promptIDs: promptIDs, maxNewTokens: 1), 0)
    let row = Recording.off {
      let prompt = promptIDs.map { Int32($0) }
      let tokens = model.traits.decoderStartID.map { [$0] } ?? prompt
      let source = model.traits.decoderStartID.map { _ in TokenBatch([prompt]) }
      return model.headLogits(
        of: model.hiddenStates(TokenBatch([tokens]), source: source, caches: nil, rows: [Int32(tokens.count - 1)]))
    }
    tune_log_softmax(row.pointer, row.count)
    let values = row.values
    return values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count).map {
      TokenProbability(id: $0, logProbability: values[$0])
    }
  }

  private func start(_ request: GenerationRequest, index: Int, _ prefix: SequenceCache) -> Active {
    let prompt = request.promptIDs.map { Int32($0) }
    // Of an encoder and a decoder, one reads the prompt and the other begins with its own token.
    let pending = model.traits.decoderStartID.map { [$0] } ?? prompt
    let limit = min(request.maxNewTokens, model.maxTokens - pending.count)
    let cache = model.makeCache(capacity: pending.count + limit, beginning: prefix)
    if model.traits.decoderStartID != nil { model.read(source: prompt, into: cache) }
    return Active(
      index: index, cache: cache, limit: limit, before: pending, sampler: Sampler(sampling, sequence: index),
      pending: pending[cache.count...])
  }

  /// The keys and values of what several prompts begin with, nil where that is too little to be worth it. Each prompt
  /// keeps at least one token of its own, from which its first new token is drawn.
  private func sharedPrefix(of requests: [GenerationRequest]) -> SequenceCache? {
    guard requests.count > 1, model.traits.decoderStartID == nil, let first = requests.first?.promptIDs else {
      return nil
    }
    let shared = requests.reduce(first.count - 1) { shared, request in
      let common = zip(first, request.promptIDs).prefix { $0 == $1 }.count
      return min(shared, common, request.promptIDs.count - 1)
    }
    guard shared >= 16 else { return nil }
    let cache = model.makeCache(capacity: shared)
    let ids = first[..<shared].map { Int32($0) }
    for start in stride(from: 0, to: shared, by: promptBlock) {
      let block = Array(ids[start..<min(shared, start + promptBlock)])
      _ = model.hiddenStates(TokenBatch([block], starts: [start]), caches: [cache], rows: [])
    }
    return cache
  }

  /// Feeds each sequence's pending tokens, and draws a token for each whose prompt is read.
  private func step(_ active: inout [Active], _ onToken: (Int, Int) throws -> Bool) throws {
    let fed = active.map { Array($0.pending.prefix(promptBlock)) }
    let batch = TokenBatch(fed, starts: active.map { $0.cache.count })
    for index in active.indices { active[index].pending = active[index].pending.dropFirst(fed[index].count) }
    let drawing = active.indices.filter { active[$0].pending.isEmpty }
    let scores = model.headLogits(
      of: model.hiddenStates(
        batch, caches: active.map { $0.cache }, rows: drawing.map { Int32(batch.offsets[$0 + 1] - 1) }))
    for (row, index) in drawing.enumerated() {
      let own = scores.pointer + row * scores.width
      if !rules.changesNothing {
        let new = active[index].result.ids
        rules.apply(
          to: own, count: scores.width, sequence: active[index].before + new.map { Int32($0) }, newCount: new.count,
          stopIDs: stopIDs)
      }
      let token = active[index].sampler.next(own, count: scores.width)
      if stopIDs.contains(token) {
        active[index].result.stopped = true
        continue
      }
      active[index].result.ids.append(token)
      guard try onToken(active[index].index, token) else {
        active[index].result.stopped = true
        continue
      }
      if active[index].result.ids.count < active[index].limit { active[index].pending = [Int32(token)] }
    }
  }

  func check(_ request: GenerationRequest, _ index: Int) throws {
    let longest = model.maxTokens
    guard !request.promptIDs.isEmpty else { throw TuneError.data("prompt \(index + 1) is empty; give it some text") }
    guard request.promptIDs.count < longest else {
      throw TuneError.data(
        "prompt \(index + 1) has \(request.promptIDs.count) tokens, but the model's context is \(longest); shorten it")
    }
    try model.checkVocabulary(request.promptIDs, source: "prompt \(index + 1)")
  }
}
