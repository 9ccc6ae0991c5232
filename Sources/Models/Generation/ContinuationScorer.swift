import CKernels
import Tensors

/// A text whose probability behind another is asked for, as token ids.
public struct ContinuationRequest: Sendable, Hashable {
  /// What is given; at least one token, unless an encoder reads it.
  public var context: [Int32]
  /// What may follow; at least one token.
  public var continuation: [Int32]

  public init(context: [Int32], continuation: [Int32]) {
    self.context = context
    self.continuation = continuation
  }
}

/// How likely a continuation is.
public struct ContinuationScore: Sendable, Equatable {
  /// The natural logarithm of its probability.
  public var logLikelihood: Double
  /// The same of each of its tokens; fewer than there were where a continuation was too long for the model.
  public var tokenLogLikelihoods: [Double] = []
  /// Whether each of its tokens is the likeliest one at its place.
  public var isGreedy: Bool
}

/// The probabilities of continuations of contexts, many at a time.
///
/// A context with several continuations is read once, as is what contexts of a batch begin with; a request that comes
/// twice is answered once. None of this changes a value but by rounding.
public final class ContinuationScorer {
  private let model: any LanguageModel
  /// The tokens of the contexts that are read together.
  private let batchTokens: Int
  /// Fewer tokens in common are not worth a cache of their own.
  private static let smallestPrefix = 32
  /// Tokens whose keys and values a batch holds at most: each continuation has a copy of its context's.
  private static let mostKeptTokens = 8192
  /// Rows whose logits are made at a time.
  private static let logitRows = 128

  public init(_ model: any LanguageModel, batchTokens: Int = 1024) {
    self.model = model
    self.batchTokens = max(1, batchTokens)
  }

  /// A context with all its continuations.
  private struct Group {
    let context: [Int32]
    /// The places of the requests.
    var places: [Int]
  }

  /// The score of each request, in their order.
  ///
  /// What is too long for the model loses tokens from the left, as in lm-evaluation-harness.
  /// - Parameter onFinish: called with the number of requests that are answered.
  /// - Precondition: no context and no continuation is empty.
  public func scores(_ requests: [ContinuationRequest], onFinish: (Int) -> Void = { _ in }) -> [ContinuationScore] {
    let requests = requests.map { fitted($0) }
    var scores = [ContinuationScore?](repeating: nil, count: requests.count)
    var first: [ContinuationRequest: Int] = [:], groups: [[Int32]: Group] = [:]
    for (place, request) in requests.enumerated() where first[request] == nil {
      first[request] = place
      groups[request.context, default: Group(context: request.context, places: [])].places.append(place)
    }
    // Contexts that begin alike are read together.
    let sorted = groups.values.sorted { $0.context.lexicographicallyPrecedes($1.context) }
    var done = 0
    Recording.off {
      for batch in batches(sorted, requests) {
        let found = score(batch, requests)
        for (place, score) in found { scores[place] = score }
        done += found.count
        onFinish(done)
      }
    }
    onFinish(requests.count)
    return requests.map { request in
      first[request].flatMap { scores[$0] } ?? ContinuationScore(logLikelihood: .nan, isGreedy: false)
    }
  }

  private func fitted(_ request: ContinuationRequest) -> ContinuationRequest {
    precondition(!request.context.isEmpty && !request.continuation.isEmpty, "an empty context or continuation")
    var request = request
    let room = model.maxTokens
    if model.traits.decoderStartID != nil {
      request.context = Array(request.context.suffix(room))
      request.continuation = Array(request.continuation.suffix(room))
      return request
    }
    let excess = request.context.count + request.continuation.count - 1 - room
    guard excess > 0 else { return request }
    // At least one token stays before what is scored.
    let kept = max(1, request.context.count - excess)
    request.continuation.removeFirst(max(0, excess - (request.context.count - kept)))
    request.context = Array(request.context.suffix(kept))
    return request
  }

  /// Groups that together have about `batchTokens` tokens to read, those counted once that all contexts begin with.
  private func batches(_ groups: [Group], _ requests: [ContinuationRequest]) -> [[Group]] {
    var batches: [[Group]] = [], load = Load()
    for group in groups {
      let next = load.adding(group, requests, first: batches.last?.first?.context)
      if !batches.isEmpty, next.read <= batchTokens, next.kept <= Self.mostKeptTokens {
        batches[batches.count - 1].append(group)
        load = next
      } else {
        batches.append([group])
        load = Load().adding(group, requests, first: nil)
      }
    }
    return batches
  }

  /// What a batch costs.
  private struct Load {
    private var groups = 0
    /// Tokens that all contexts begin with.
    private var shared = 0
    private var contexts = 0
    private var continuations = 0
    /// Tokens whose keys and values are held.
    private(set) var kept = 0

    /// Tokens that are read.
    var read: Int { contexts - max(0, groups - 1) * shared + continuations }

    func adding(_ group: Group, _ requests: [ContinuationRequest], first: [Int32]?) -> Load {
      var load = self
      load.groups += 1
      let common = first.map { first in min(shared, zip(first, group.context).prefix { $0 == $1 }.count) }
      load.shared =
        (common ?? group.context.count) >= ContinuationScorer.smallestPrefix ? common ?? group.context.count : 0
      load.contexts += group.context.count
      let fed = Set(group.places.map { requests[$0].continuation.dropLast() })
      let own = fed.reduce(0) { $0 + $1.count + 1 }
      load.continuations += own
      load.kept += fed.count * group.context.count + own
      return load
    }
  }

  private func score(_ groups: [Group], _ requests: [ContinuationRequest]) -> [(Int, ContinuationScore)] {
    let places = groups.flatMap { $0.places }
    if model.traits.decoderStartID != nil { return zip(places, encoded(places.map { requests[$0] })).map { ($0, $1) } }
    let hasSharedContexts = groups.contains { $0.places.count > 1 }
    let prefix = commonPrefix(groups)
    guard hasSharedContexts || prefix > 0 else {
      return zip(places, whole(places.map { requests[$0] })).map { ($0, $1) }
    }
    let caches = contextCaches(groups, requests, prefix: prefix)
    // Each continuation is read behind a copy of its context; the context's last token predicts its first. What
    // continuations of a context have in common but for their last tokens is read once.
    var sequences: [[Int32]] = [], own: [SequenceCache] = [], sequenceOf: [Int] = []
    for (group, cache) in zip(groups, caches) {
      var known: [[Int32]: Int] = [:]
      for place in group.places {
        let tokens = [group.context[group.context.count - 1]] + requests[place].continuation.dropLast()
        if known[tokens] == nil {
          known[tokens] = sequences.count
          sequences.append(tokens)
        }
        sequenceOf.append(known[tokens] ?? 0)
      }
      for tokens in sequences[own.count...] {
        // The last one needs no copy.
        let isLast = own.count == sequences.count - 1
        own.append(
          isLast && cache.tokenCapacity >= cache.count + tokens.count
            ? cache : model.makeCache(capacity: cache.count + tokens.count, beginning: cache))
      }
    }
    let batch = TokenBatch(sequences, starts: own.map { $0.count })
    let hidden = model.hiddenStates(batch, caches: own)
    let rows = sequenceOf.flatMap { batch.offsets[$0]..<batch.offsets[$0 + 1] }.map { Int32($0) }
    return zip(places, read(hidden, rows: rows, continuations: places.map { requests[$0].continuation })).map {
      ($0, $1)
    }
  }

  // MARK: Reading

  /// The tokens that all contexts begin with and that are worth reading once; each keeps its last token.
  private func commonPrefix(_ groups: [Group]) -> Int {
    guard groups.count > 1, let first = groups.first?.context else { return 0 }
    let common = groups.reduce(first.count - 1) { common, group in
      min(common, group.context.count - 1, zip(first, group.context).prefix { $0 == $1 }.count)
    }
    return common >= Self.smallestPrefix ? common : 0
  }

  /// A cache for each group with its context but for the last token.
  private func contextCaches(
    _ groups: [Group], _ requests: [ContinuationRequest], prefix: Int
  ) -> [SequenceCache] {
    let start = model.makeCache(capacity: prefix)
    if prefix > 0 {
      _ = model.hiddenStates(TokenBatch([Array(groups[0].context[..<prefix])]), caches: [start], rows: [])
    }
    let caches = groups.map { group in
      let longest = group.places.reduce(0) { max($0, requests[$1].continuation.count) }
      return model.makeCache(capacity: group.context.count + longest, beginning: start)
    }
    let open = groups.indices.filter { groups[$0].context.count - 1 > prefix }
    if !open.isEmpty {
      let rest = open.map { Array(groups[$0].context[prefix..<(groups[$0].context.count - 1)]) }
      let batch = TokenBatch(rest, starts: open.map { _ in prefix })
      _ = model.hiddenStates(batch, caches: open.map { caches[$0] }, rows: [])
    }
    return caches
  }

  /// Contexts with one continuation each, read in one go.
  private func whole(_ requests: [ContinuationRequest]) -> [ContinuationScore] {
    let batch = TokenBatch(requests.map { $0.context + $0.continuation.dropLast() })
    let rows = zip(requests, batch.offsets.dropFirst()).flatMap { request, end in
      (Int32(end) - Int32(request.continuation.count))..<Int32(end)
    }
    let hidden = model.hiddenStates(batch, source: nil, caches: nil, rows: rows)
    return read(hidden, continuations: requests.map { $0.continuation })
  }

  /// The encoder reads contexts, the decoder continuations behind its own first token.
  private func encoded(_ requests: [ContinuationRequest]) -> [ContinuationScore] {
    let start = model.traits.decoderStartID ?? 0
    let batch = TokenBatch(requests.map { [start] + $0.continuation.dropLast() })
    let hidden = model.hiddenStates(
      batch, source: TokenBatch(requests.map { $0.context }), caches: nil, rows: nil)
    return read(hidden, continuations: requests.map { $0.continuation })
  }

  /// - Parameters:
  ///   - hidden: [rows, hiddenSize]
  ///   - rows: the one before each token of the continuations; nil for all in their order.
  private func read(_ hidden: Tensor, rows: [Int32]? = nil, continuations: [[Int32]]) -> [ContinuationScore] {
    let targets = continuations.flatMap { $0 }, rows = rows ?? (0..<Int32(hidden.rows)).map { $0 }
    precondition(rows.count == targets.count, "\(rows.count) rows for \(targets.count) tokens")
    var logarithms: [Double] = [], areLargest: [Bool] = []
    for start in stride(from: 0, to: targets.count, by: Self.logitRows) {
      let end = min(targets.count, start + Self.logitRows)
      let logits = model.headLogits(of: gatherRows(hidden, Array(rows[start..<end])))
      for row in start..<end {
        let values = logits.pointer + (row - start) * logits.width, target = Int(targets[row])
        areLargest.append(
          !(0..<logits.width).contains { values[$0] > values[target] || ($0 < target && values[$0] == values[target]) })
        tune_log_softmax(values, logits.width)
        logarithms.append(Double(values[target]))
      }
    }
    var place = 0
    return continuations.map { continuation in
      let range = place..<(place + continuation.count)
      place = range.upperBound
      return ContinuationScore(
        logLikelihood: logarithms[range].reduce(0, +), tokenLogLikelihoods: Array(logarithms[range]),
        isGreedy: areLargest[range].allSatisfy { $0 })
    }
  }
}
