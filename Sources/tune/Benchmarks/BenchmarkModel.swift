import Basics
import Datasets
import Evaluation
import Models
import Text

/// Answers the requests of benchmarks with a model, as lm-evaluation-harness's `HFLM` does.
struct BenchmarkModel {
  private let loaded: LoadedModel
  private let batchSize: Int
  private let console: Console
  private let label: String

  init(_ loaded: LoadedModel, batchSize: Int, console: Console, label: String) {
    self.loaded = loaded
    self.batchSize = batchSize
    self.console = console
    self.label = label
  }

  /// The answers to all requests of several tasks, by task and sample.
  func answers(_ runs: [TaskRun]) throws -> [[[TaskResponse]]] {
    var all: [(task: Int, sample: Int, place: Int, request: TaskRequest)] = []
    for (task, run) in runs.enumerated() {
      for (sample, asked) in run.samples.enumerated() {
        all += asked.requests.enumerated().map { (task, sample, $0.offset, $0.element) }
      }
    }
    var responses = runs.map { run in
      run.samples.map { [TaskResponse](repeating: .rolling(.nan), count: $0.requests.count) }
    }
    func put(_ answers: [TaskResponse], _ kept: [Int]) {
      for (answer, index) in zip(answers, kept) {
        responses[all[index].task][all[index].sample][all[index].place] = answer
      }
    }
    let likelihoods = all.indices.filter { if case .logLikelihood = all[$0].request { true } else { false } }
    put(try logLikelihoods(likelihoods.map { all[$0].request }), likelihoods)
    let rolling = all.indices.filter { if case .rolling = all[$0].request { true } else { false } }
    put(try rollingLogLikelihoods(rolling.map { all[$0].request }), rolling)
    let written = all.indices.filter { if case .generate = all[$0].request { true } else { false } }
    put(try texts(written.map { (all[$0].request, runs[all[$0].task].task.repeats) }), written)
    return responses
  }

  // MARK: Likelihoods

  private func logLikelihoods(_ requests: [TaskRequest]) throws -> [TaskResponse] {
    guard !requests.isEmpty else { return [] }
    let encoded = try requests.map { request in
      guard case .logLikelihood(let context, let continuation) = request else {
        throw TuneError.runtime("a request of another kind")
      }
      return try encode(context, continuation)
    }
    let progress = Progress(total: requests.count, console: console)
    defer { progress.finish() }
    let scorer = ContinuationScorer(loaded.model)
    return scorer.scores(encoded) { progress.update($0, label: label, details: "answers weighed") }
      .map { .logLikelihood($0.logLikelihood, isGreedy: $0.isGreedy) }
  }

  /// Context and continuation are cut into tokens together, and the continuation is what is behind the context's own
  /// number of tokens. White space at the context's end goes to the continuation.
  private func encode(_ context: String, _ continuation: String) throws -> ContinuationRequest {
    if context.isEmpty {
      let first = try firstID()
      var ids = loaded.tokenizer.encode(continuation, addSpecialTokens: false)
      if ids.first == first { ids.removeFirst() }
      return try request([first], ids, continuation)
    }
    let scalars = Array(context.unicodeScalars)
    let end = scalars.lastIndex { !PythonSpace.contains($0) }.map { $0 + 1 } ?? 0
    let start = String(String.UnicodeScalarView(scalars[..<end]))
    let rest = String(String.UnicodeScalarView(scalars[end...])) + continuation
    if loaded.model.traits.decoderStartID != nil {
      return try request(ids(of: start), loaded.tokenizer.encode(rest, addSpecialTokens: false), continuation)
    }
    let whole = ids(of: start + rest), before = ids(of: start)
    return try request(before, Array(whole.dropFirst(before.count)), continuation)
  }

  private func request(_ context: [Int], _ continuation: [Int], _ text: String) throws -> ContinuationRequest {
    guard !continuation.isEmpty else {
      throw TuneError.data("the answer \"\(text.prefix(40))\" has no token of its own behind its question")
    }
    let context = context.isEmpty ? [try firstID()] : context
    try loaded.model.checkVocabulary(context + continuation, source: "a question")
    return ContinuationRequest(
      context: context.map { Int32($0) }, continuation: continuation.map { Int32($0) })
  }

  /// The tokens of a text with those that the tokenizer puts around it, but no second beginning.
  private func ids(of text: String) -> [Int] {
    let bos = loaded.tokenizer.bosID.flatMap { loaded.tokenizer.token($0) }
    let beginsAlready = bos.map { text.hasPrefix($0) } ?? false
    return loaded.tokenizer.encode(text, addSpecialTokens: !beginsAlready)
  }

  private func firstID() throws -> Int {
    guard let first = loaded.tokenizer.bosID ?? loaded.tokenizer.eosID else {
      throw TuneError.data(
        "\(loaded.name): the tokenizer has neither a beginning- nor an end-of-text token for texts to begin with")
    }
    return first
  }

  private func rollingLogLikelihoods(_ requests: [TaskRequest]) throws -> [TaskResponse] {
    guard !requests.isEmpty else { return [] }
    try loaded.requireDecoder(for: "a task of rolling log-likelihoods")
    let rolling = RollingLikelihood(
      loaded.model, first: Int32(try firstID()), windowLength: loaded.model.maxTokens)
    let progress = Progress(total: requests.count, console: console)
    defer { progress.finish() }
    return try requests.enumerated().map { index, request in
      guard case .rolling(let text) = request else { throw TuneError.runtime("a request of another kind") }
      let ids = loaded.tokenizer.encode(text, addSpecialTokens: false).map { Int32($0) }
      let sum = rolling.windows(of: ids).reduce(0) { $0 + rolling.logLikelihood(of: [$1]) }
      progress.update(index + 1, label: label, details: "texts read")
      return .rolling(sum)
    }
  }

  // MARK: Writing

  private func texts(_ requests: [(request: TaskRequest, repeats: Int)]) throws -> [TaskResponse] {
    guard !requests.isEmpty else { return [] }
    let writer = BenchmarkWriter(loaded, batchSize: batchSize)
    let progress = Progress(total: requests.count, console: console)
    defer { progress.finish() }
    return try writer.texts(requests) { progress.update($0, label: label, details: "answers written") }
      .map { .generated($0) }
  }
}

/// White space as Python's `str.rstrip` sees it.
enum PythonSpace {
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }
}
