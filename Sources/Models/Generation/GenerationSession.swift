import Tensors

/// One sequence that is continued again and again, such as a conversation: what a prompt shares with what was read
/// before is not read again.
public final class GenerationSession {
  private let model: any LanguageModel
  private let generator: Generator
  private let stopIDs: Set<Int>
  private var sampler: Sampler
  private var cache: SequenceCache
  /// The tokens that the cache holds.
  private var held: [Int32] = []

  private static let promptBlock = 512

  /// - Parameter stopIDs: tokens that end a text.
  public init(_ model: any LanguageModel, stopIDs: Set<Int>, sampling: SamplingOptions = .greedy) {
    self.model = model
    self.stopIDs = stopIDs
    generator = Generator(model, stopIDs: stopIDs)
    sampler = Sampler(sampling, sequence: 0)
    cache = model.makeCache(capacity: 0)
  }

  /// Continues a prompt.
  ///
  /// - Parameter onToken: called with each new token; returning false ends the text.
  /// - Throws: `TuneError.data` for a prompt that is empty, holds unknown ids or leaves no room in the context.
  public func generate(
    _ request: GenerationRequest, onToken: (Int) throws -> Bool = { _ in true }
  ) throws -> GenerationResult {
    try generator.check(request, 0)
    return try Recording.off {
      let prompt = request.promptIDs.map { Int32($0) }
      var (pending, limit) = prepare(prompt, maxNewTokens: request.maxNewTokens)
      var result = GenerationResult()
      while result.ids.count < limit {
        let token = next(feeding: pending)
        if stopIDs.contains(token) {
          result.stopped = true
          break
        }
        result.ids.append(token)
        pending = [Int32(token)]
        guard try onToken(token) else {
          result.stopped = true
          break
        }
      }
      return result
    }
  }

  /// Keeps what the cache shares with a prompt; what is left is to be fed.
  private func prepare(_ prompt: [Int32], maxNewTokens: Int) -> (pending: ArraySlice<Int32>, limit: Int) {
    if let start = model.traits.decoderStartID {
      // An encoder reads a source as a whole.
      cache = model.makeCache(capacity: 1 + maxNewTokens)
      model.read(source: prompt, into: cache)
      held = []
      return ([start], min(maxNewTokens, model.maxTokens - 1))
    }
    let limit = min(maxNewTokens, model.maxTokens - prompt.count)
    // At least one token is fed: the first new one is drawn from it.
    let shared = min(zip(held, prompt).prefix { $0 == $1 }.count, prompt.count - 1)
    if cache.tokenCapacity >= prompt.count + limit {
      cache.truncate(to: shared)
    } else {
      cache.truncate(to: shared)
      cache = model.makeCache(
        capacity: min(model.maxTokens, max(2 * cache.tokenCapacity, prompt.count + limit)), beginning: cache)
    }
    held = Array(prompt[..<shared])
    return (prompt[shared...], limit)
  }

  private func next(feeding tokens: ArraySlice<Int32>) -> Int {
    var rest = tokens
    while rest.count > Self.promptBlock {
      _ = feed(Array(rest.prefix(Self.promptBlock)), wantsLast: false)
      rest = rest.dropFirst(Self.promptBlock)
    }
    let scores = model.headLogits(of: feed(Array(rest), wantsLast: true))
    return sampler.next(scores.pointer, count: scores.width)
  }

  private func feed(_ tokens: [Int32], wantsLast: Bool) -> Tensor {
    let batch = TokenBatch([tokens], starts: [cache.count])
    held += tokens
    return model.hiddenStates(batch, caches: [cache], rows: wantsLast ? [Int32(tokens.count - 1)] : [])
  }
}
