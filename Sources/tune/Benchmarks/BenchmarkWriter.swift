import Basics
import Evaluation
import Models
import Text

/// Writes the answers that benchmarks ask for, many at a time, each up to its own stop texts.
struct BenchmarkWriter {
  private let loaded: LoadedModel
  private let batchSize: Int

  init(_ loaded: LoadedModel, batchSize: Int) {
    self.loaded = loaded
    self.batchSize = batchSize
  }

  /// One text of a request.
  private struct Job {
    let place: Int
    let ids: [Int]
    let settings: TaskGeneration
  }

  /// The answers to each request, as many as it asks for.
  ///
  /// - Parameter onFinish: called with the number of requests that are answered.
  func texts(
    _ requests: [(request: TaskRequest, repeats: Int)], onFinish: (Int) -> Void
  ) throws -> [[String]] {
    let jobs = try requests.enumerated().flatMap { place, asked in
      let job = try job(asked.request, place)
      return [Job](repeating: job, count: max(1, asked.repeats))
    }
    var answers = requests.map { _ in [String]() }
    var done = 0
    // Sampling is the same for all that are written together.
    let kinds = Dictionary(grouping: jobs.indices) { sampling(jobs[$0].settings) }
    for (sampling, members) in kinds.sorted(by: { $0.value[0] < $1.value[0] }) {
      let written = try write(members.map { jobs[$0] }, sampling.options) { onFinish(done + $0) }
      for (index, text) in zip(members, written) { answers[jobs[index].place].append(text) }
      done += members.count
    }
    return answers
  }

  /// Sampling by its numbers.
  private struct Sampling: Hashable {
    let temperature: Double
    let topK: Int
    let topP: Double

    var options: SamplingOptions { SamplingOptions(temperature: temperature, topK: topK, topP: topP) }
  }

  private func sampling(_ settings: TaskGeneration) -> Sampling {
    Sampling(
      temperature: settings.doSample ? (settings.temperature > 0 ? settings.temperature : 1) : 0,
      topK: settings.topK ?? 0, topP: settings.topP ?? 1)
  }

  /// A prompt that is too long loses tokens from the left, so that the answer has room.
  private func job(_ request: TaskRequest, _ place: Int) throws -> Job {
    guard case .generate(let context, var settings) = request else {
      throw TuneError.runtime("a request of another kind")
    }
    let room = loaded.model.maxTokens
    settings.maxNewTokens = min(settings.maxNewTokens, room / 2)
    let ids = loaded.encoding.promptIDs(of: context)
    let kept = loaded.model.traits.decoderStartID == nil ? room - settings.maxNewTokens : room - 1
    return Job(place: place, ids: Array(ids.suffix(kept)), settings: settings)
  }

  private func write(
    _ jobs: [Job], _ sampling: SamplingOptions, onFinish: (Int) -> Void
  ) throws -> [String] {
    let generator = Generator(loaded.model, stopIDs: loaded.stopIDs, sampling: sampling, batchSize: batchSize)
    return try StoppingGenerator(loaded: loaded, generator: generator).texts(
      jobs.map { GenerationRequest(promptIDs: $0.ids, maxNewTokens: $0.settings.maxNewTokens) },
      stops: jobs.map { $0.settings.until.filter { !$0.isEmpty } }, onFinish: onFinish
    ).map { $0.text }
  }
}
