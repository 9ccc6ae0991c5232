import Basics

/// Reads a file chunk by chunk, processes the chunks on all threads and collects the results in their order.
///
/// While the chunks of one round are processed, the same threads collect the round before and read the next one, so
/// that reading and writing cost no time of their own. Memory holds three rounds.
struct ChunkPipeline<Output: Sendable> {
  let process: @Sendable (RecordChunk) -> Output
  /// Takes one chunk's results, in order; false stops the reading.
  let collect: (Output) throws -> Bool

  /// Chunks that are read together, and the error that the file ended with.
  private struct Round {
    var chunks: [RecordChunk] = []
    var failure: (any Error)?
    var isLast: Bool { chunks.isEmpty }

    init(_ source: any ChunkSource, count: Int) {
      do {
        while chunks.count < count, let chunk = try source.next() { chunks.append(chunk) }
      } catch {
        failure = error
      }
    }
  }

  /// - Returns: whether `collect` wanted all of the file.
  /// - Throws: what reading or collecting throws; what was read before is collected first.
  func run(_ source: any ChunkSource) throws -> Bool {
    var finished: [Output] = []
    // The first rounds are small, so that a few records are not waited for long.
    var count = Threads.count
    var round = Round(source, count: count)
    while !round.isLast {
      count = min(2 * count, 4 * Threads.count)
      let (results, collected, next) = overlapped(round, collecting: finished, reading: count, source)
      guard try collected.get() else { return false }
      finished = results
      if let failure = round.failure {
        _ = try take(finished)
        throw failure
      }
      round = next
    }
    guard try take(finished) else { return false }
    if let failure = round.failure { throw failure }
    return true
  }

  /// Processes a round on all threads while one of them collects the round before and reads the next.
  private func overlapped(
    _ round: Round, collecting finished: [Output], reading count: Int, _ source: any ChunkSource
  ) -> (results: [Output], collected: Result<Bool, any Error>, next: Round) {
    var results = [Output?](repeating: nil, count: round.chunks.count)
    var collected: Result<Bool, any Error> = .success(true)
    var next = Round(source, count: 0)
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let results = results
      parallelFor(round.chunks.count + 1) { index in
        if index > 0 {
          results[index - 1] = process(round.chunks[index - 1])
          return
        }
        collected = Result { try take(finished) }
        if round.failure == nil, case .success(true) = collected { next = Round(source, count: count) }
      }
    }
    return (results.compactMap { $0 }, collected, next)
  }

  private func take(_ chunks: [Output]) throws -> Bool {
    for chunk in chunks where try !collect(chunk) { return false }
    return true
  }
}
