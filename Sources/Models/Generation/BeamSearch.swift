import CKernels
import Foundation
import Tensors

/// How many ways to go on are followed, and which of the finished ones is taken.
public struct BeamSearchOptions: Sendable, Equatable {
  /// When the search ends, as `early_stopping` of transformers.
  public enum EarlyStopping: Sendable, Equatable {
    /// As soon as there are as many finished texts as beams.
    case always
    /// When no open beam of the present length is better than the worst finished text.
    case byHeuristic
    /// When no open beam can become better, were it as long as allowed.
    case never
  }

  public var numBeams: Int
  /// A finished text's score is its log-probability over its length to this power; more favours long texts.
  public var lengthPenalty: Double
  public var earlyStopping: EarlyStopping

  public init(numBeams: Int, lengthPenalty: Double = 1, earlyStopping: EarlyStopping = .byHeuristic) {
    self.numBeams = max(1, numBeams)
    self.lengthPenalty = lengthPenalty
    self.earlyStopping = earlyStopping
  }
}

/// Continues prompts by beam search, several at a time.
///
/// Source: `GenerationMixin._beam_search` of transformers 5, whose texts it writes.
public struct BeamSearch {
  private let model: any LanguageModel
  private let stopIDs: Set<Int>
  private let options: BeamSearchOptions
  private let rules: LogitRules
  /// Prompts that are continued together.
  private let batchSize: Int

  /// - Parameter stopIDs: tokens that end a text.
  public init(
    _ model: any LanguageModel, stopIDs: Set<Int>, options: BeamSearchOptions, rules: LogitRules = .none,
    batchSize: Int = 4
  ) {
    self.model = model
    self.stopIDs = stopIDs
    self.options = options
    self.rules = rules
    self.batchSize = max(1, batchSize)
  }

  /// The best text of each request, in the order of the requests.
  ///
  /// - Parameter onFinish: called with the count of finished requests.
  /// - Throws: `TuneError.data` for a prompt that is empty, holds unknown ids or leaves no room in the context.
  public func generate(
    _ requests: [GenerationRequest], onFinish: (Int) -> Void = { _ in }
  ) throws -> [GenerationResult] {
    let checker = Generator(model, stopIDs: stopIDs)
    for (index, request) in requests.enumerated() { try checker.check(request, index) }
    var results = [GenerationResult](repeating: GenerationResult(), count: requests.count)
    var active: [Search] = [], next = 0, done = 0
    Recording.off {
      while next < requests.count || !active.isEmpty {
        while next < requests.count, active.count < batchSize {
          if requests[next].maxNewTokens > 0 { active.append(start(requests[next], next)) } else { done += 1 }
          next += 1
        }
        guard !active.isEmpty else { break }
        step(&active)
        for search in active where search.isDone { results[search.index] = search.result }
        done += active.count { $0.isDone }
        active.removeAll { $0.isDone }
        onFinish(done)
      }
    }
    return results
  }

  // MARK: One prompt

  /// A way to go on.
  private struct Beam {
    var tokens: [Int32] = []
    var score: Float
    var cache: SequenceCache
    /// Tokens to feed: the prompt, then the last token.
    var pending: [Int32]
  }

  private struct Finished {
    var tokens: [Int32]
    var score: Float
    var isFinished: Bool
  }

  private struct Search {
    let index: Int
    let prompt: [Int32]
    let limit: Int
    var beams: [Beam]
    var finished: [Finished]
    var mayImprove = true
    var isDone = false
    var result = GenerationResult()
  }

  private static let lost: Float = -1e9

  private func start(_ request: GenerationRequest, _ index: Int) -> Search {
    let prompt = request.promptIDs.map { Int32($0) }
    let pending = model.traits.decoderStartID.map { [$0] } ?? prompt
    let limit = min(request.maxNewTokens, model.maxTokens - pending.count)
    let cache = model.makeCache(capacity: pending.count + limit)
    if model.traits.decoderStartID != nil { model.read(source: prompt, into: cache) }
    return Search(
      index: index, prompt: pending, limit: limit,
      // At first all beams are the same, so that one alone counts.
      beams: [Beam(score: 0, cache: cache, pending: pending)],
      finished: (0..<options.numBeams).map { _ in Finished(tokens: [], score: Self.lost, isFinished: false) })
  }

  /// Feeds each beam of each prompt, and goes on with the best.
  private func step(_ active: inout [Search]) {
    let beams = active.flatMap { $0.beams }
    let batch = TokenBatch(beams.map { $0.pending }, starts: beams.map { $0.cache.count })
    let last = batch.offsets.dropFirst().map { Int32($0) - 1 }
    let logits = model.headLogits(of: model.hiddenStates(batch, caches: beams.map { $0.cache }, rows: last))
    var row = 0
    for index in active.indices {
      let rows = (0..<active[index].beams.count).map { logits.pointer + (row + $0) * logits.width }
      row += rows.count
      advance(&active[index], rows, count: logits.width)
    }
  }

  /// A beam with one more token.
  private struct Candidate {
    let beam: Int
    let token: Int32
    let score: Float
    var ends = false
  }

  private func advance(_ search: inout Search, _ rows: [UnsafeMutablePointer<Float>], count: Int) {
    var candidates = best(search, rows, count: count)
    let newCount = search.beams[0].tokens.count + 1
    for index in candidates.indices {
      candidates[index].ends = stopIDs.contains(Int(candidates[index].token)) || newCount == search.limit
    }
    let open = candidates.enumerated().sorted { first, second in
      let own = first.element.score + (first.element.ends ? Self.lost : 0)
      let other = second.element.score + (second.element.ends ? Self.lost : 0)
      return (own, second.offset) > (other, first.offset)
    }.prefix(options.numBeams).map { $0.element }
    finish(&search, candidates, newCount: newCount)
    let bestOpen = open.first.map { $0.score + ($0.ends ? Self.lost : 0) } ?? Self.lost
    updateHope(&search, bestOpen: bestOpen, newCount: newCount)
    let areFull = search.finished.allSatisfy { $0.isFinished } && options.earlyStopping == .always
    guard search.mayImprove, !areFull, !candidates.allSatisfy({ $0.ends }) else { return end(&search) }
    search.beams = followed(open, search.beams, capacity: search.prompt.count + search.limit)
  }

  /// The likeliest continuations of all beams, enough of them that some go on.
  private func best(_ search: Search, _ rows: [UnsafeMutablePointer<Float>], count: Int) -> [Candidate] {
    let wanted = max(2, 1 + stopIDs.count) * options.numBeams
    var best: [Candidate] = []
    for (place, (beam, row)) in zip(search.beams, rows).enumerated() {
      tune_log_softmax(row, count)
      if !rules.changesNothing {
        rules.apply(
          to: row, count: count, sequence: search.prompt + beam.tokens, newCount: beam.tokens.count, stopIDs: stopIDs)
      }
      var least = best.count == wanted ? best[wanted - 1].score : -.infinity
      for token in 0..<count {
        let score = row[token] + beam.score
        guard score > least || best.count < wanted else { continue }
        let candidate = Candidate(beam: place, token: Int32(token), score: score)
        best.insert(candidate, at: best.firstIndex { $0.score < score } ?? best.count)
        if best.count > wanted { best.removeLast() }
        if best.count == wanted { least = best[wanted - 1].score }
      }
    }
    return best
  }

  /// Keeps the best of the texts that were finished before and those that end now; only the first candidates may end.
  private func finish(_ search: inout Search, _ candidates: [Candidate], newCount: Int) {
    let areFull = search.finished.allSatisfy { $0.isFinished } && options.earlyStopping == .always
    var merged = search.finished
    for (rank, candidate) in candidates.enumerated() {
      let ends = candidate.ends && rank < options.numBeams
      var score = candidate.score / Float(pow(Double(newCount), options.lengthPenalty))
      if areFull { score += Self.lost }
      if !search.mayImprove { score += Self.lost }
      if !ends { score += Self.lost }
      merged.append(
        Finished(tokens: search.beams[candidate.beam].tokens + [candidate.token], score: score, isFinished: ends))
    }
    search.finished = Array(
      merged.enumerated().sorted { ($0.element.score, $1.offset) > ($1.element.score, $0.offset) }
        .prefix(options.numBeams).map { $0.element })
  }

  private func updateHope(_ search: inout Search, bestOpen: Float, newCount: Int) {
    let isOptimistic = options.earlyStopping == .never && options.lengthPenalty > 0
    let length = Double(isOptimistic ? search.limit : newCount)
    let possible = bestOpen / Float(pow(length, options.lengthPenalty))
    let worst = search.finished.map { $0.score }.min() ?? Self.lost
    search.mayImprove =
      search.mayImprove && search.finished.contains { possible > ($0.isFinished ? worst : Self.lost) }
  }

  private func end(_ search: inout Search) {
    search.isDone = true
    var tokens = search.finished[0].tokens.map { Int($0) }
    if let last = tokens.last, stopIDs.contains(last) {
      tokens.removeLast()
      search.result.stopped = true
    }
    search.result.ids = tokens
  }

  /// The beams of the next step; where several go on from one, each has a copy of its keys and values.
  private func followed(_ open: [Candidate], _ beams: [Beam], capacity: Int) -> [Beam] {
    var isTaken = [Bool](repeating: false, count: beams.count)
    return open.map { candidate in
      let parent = beams[candidate.beam]
      var cache = parent.cache
      if isTaken[candidate.beam] { cache = copy(of: parent.cache, capacity: capacity) }
      isTaken[candidate.beam] = true
      return Beam(
        tokens: parent.tokens + [candidate.token], score: candidate.score, cache: cache, pending: [candidate.token])
    }
  }

  private func copy(of cache: SequenceCache, capacity: Int) -> SequenceCache {
    let copy = model.makeCache(capacity: capacity, beginning: cache)
    copy.source = cache.source
    return copy
  }
}
