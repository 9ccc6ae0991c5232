import Basics
import Tensors
import Testing

@testable import Models

@Suite struct GeneratorTests {
  @Test(arguments: LlamaFixture.names) func greedyEqualsTransformers(name: String) throws {
    let fixture = try LlamaFixture(name)
    let results = try Generator(fixture.model, stopIDs: []).generate([
      GenerationRequest(promptIDs: fixture.greedy("prompt"), maxNewTokens: 8)
    ])
    #expect(results == [GenerationResult(ids: try fixture.greedy("new_tokens"), stopped: false)])
  }

  /// Feeding one token at a time to the cache gives the hidden rows of the whole sequence.
  @Test(arguments: LlamaFixture.names) func cachedRowsEqualRecomputation(name: String) throws {
    let model = try LlamaFixture(name).model
    let ids: [Int32] = (0..<40).map { Int32($0 * 7 % 61) }
    try Recording.off {
      let whole = model.hiddenStates(TokenBatch([ids]), caches: nil)
      let cache = model.makeCache(capacity: ids.count)
      var rows: [Float] = []
      var start = 0
      for count in [1, 5, 1, 1, 20, 12] {
        let batch = TokenBatch([Array(ids[start..<start + count])], starts: [start])
        rows += model.hiddenStates(batch, caches: [cache]).values
        start += count
        try #require(cache.count == start)
      }
      #expect(relativeDifference(rows, whole.values) <= 2e-6)
    }
  }

  /// Each token is the most likely one of the sequence so far, computed anew.
  @Test(arguments: LlamaFixture.names) func greedyEqualsRecomputation(name: String) throws {
    let model = try LlamaFixture(name).model
    let prompt = [3, 1, 4, 1, 5]
    let request = GenerationRequest(promptIDs: prompt, maxNewTokens: 20)
    let ids = try Generator(model, stopIDs: []).generate([request])[0].ids
    #expect(ids.count == 20)
    var sequence = prompt
    for id in ids {
      let best = try Generator(model, stopIDs: []).topLogProbabilities(promptIDs: sequence, count: 1)[0]
      #expect(best.id == id)
      sequence.append(id)
    }
  }

  @Test(arguments: [1, 2, 3, 16]) func batchesEqualEachAlone(batchSize: Int) throws {
    let model = try LlamaFixture("untied").model
    let requests = (1..<8).map { length in
      GenerationRequest(promptIDs: (0..<length * 3 % 11 + 1).map { ($0 * 17 + length) % 61 }, maxNewTokens: length)
    }
    for sampling in [SamplingOptions.greedy, SamplingOptions(temperature: 0.8, topK: 20, topP: 0.9, seed: 5)] {
      var generator = Generator(model, stopIDs: [], sampling: sampling, batchSize: batchSize)
      let together = try generator.generate(requests)
      #expect(together.map { $0.ids.count } == requests.map { $0.maxNewTokens })
      generator.batchSize = 16
      #expect(try generator.generate(requests) == together)
      guard sampling == .greedy else { continue }
      for (request, result) in zip(requests, together) { #expect(try generator.generate([request]) == [result]) }
    }
  }

  /// Prompts with a common beginning, read whole, in blocks, and each alone, where nothing is shared.
  @Test(arguments: [1, 7, 16, 512]) func sharedPrefixesAndBlocksChangeNothing(block: Int) throws {
    let model = try LlamaFixture("tied").model
    let shared = (0..<30).map { $0 * 5 % 61 }
    let requests = [[7], [9, 9, 3], [], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]].map {
      GenerationRequest(promptIDs: shared + $0, maxNewTokens: 6)
    }
    let alone = try requests.map { try Generator(model, stopIDs: []).generate([$0])[0] }
    for batchSize in [1, 2, 8] {
      var generator = Generator(model, stopIDs: [], batchSize: batchSize)
      generator.promptBlock = block
      #expect(try generator.generate(requests) == alone)
      #expect(try generator.generate(Array(requests.prefix(2))) == Array(alone.prefix(2)))
    }
  }

  @Test func stopTokensEndAText() throws {
    let fixture = try LlamaFixture("tied")
    let tokens = try fixture.greedy("new_tokens")
    let request = GenerationRequest(promptIDs: try fixture.greedy("prompt"), maxNewTokens: 8)
    let stopped = try Generator(fixture.model, stopIDs: [tokens[3]]).generate([request])
    #expect(stopped == [GenerationResult(ids: Array(tokens[..<3]), stopped: true)])
  }

  @Test func theCallerSeesAndEndsEachText() throws {
    let fixture = try LlamaFixture("tied")
    let tokens = try fixture.greedy("new_tokens")
    let request = GenerationRequest(promptIDs: try fixture.greedy("prompt"), maxNewTokens: 8)
    var seen: [[Int]] = [[], []]
    let results = try Generator(fixture.model, stopIDs: []).generate([request, request]) { index, token in
      seen[index].append(token)
      return index == 0 || seen[1].count < 4
    }
    #expect(seen == [tokens, Array(tokens[..<4])])
    #expect(results.map { $0.ids } == seen)
    #expect(results.map { $0.stopped } == [false, true])
  }

  /// The context has 64 positions; a text ends where they do.
  @Test func theContextLimitsAText() throws {
    let model = try LlamaFixture("tied").model
    let prompt = [Int](repeating: 5, count: 60)
    let results = try Generator(model, stopIDs: []).generate([GenerationRequest(promptIDs: prompt, maxNewTokens: 100)])
    #expect(results[0].ids.count == 4 && !results[0].stopped)
  }

  @Test(arguments: [0, -5]) func noNewTokensAreNone(count: Int) throws {
    let model = try LlamaFixture("tied").model
    let requests = [
      GenerationRequest(promptIDs: [1, 2], maxNewTokens: count), GenerationRequest(promptIDs: [1, 2], maxNewTokens: 2),
    ]
    #expect(try Generator(model, stopIDs: []).generate(requests).map { $0.ids.count } == [0, 2])
    #expect(try Generator(model, stopIDs: []).generate([]).isEmpty)
  }

  @Test(
    arguments: [
      ([], "prompt 2 is empty"), ([1, 61], "token id 61"), ([-1], "token id -1"),
      ([Int](repeating: 1, count: 64), "64 tokens, but the model's context is 64"),
      ([Int](repeating: 1, count: 1000), "1000 tokens"),
    ] as [([Int], String)]) func badPromptsAreNamed(ids: [Int], part: String) throws
  {
    let generator = Generator(try LlamaFixture("tied").model, stopIDs: [])
    let requests = [[1], ids].map { GenerationRequest(promptIDs: $0, maxNewTokens: 1) }
    let error = try #require(throws: TuneError.self) { try generator.generate(requests) }
    #expect(error.kind == .data)
    #expect(error.message.contains("prompt 2") && error.message.contains(part), "\(error.message)")
    #expect(throws: TuneError.self) { try generator.topLogProbabilities(promptIDs: ids, count: 1) }
  }

  @Test func topLogProbabilitiesAreSortedAndSumToOne() throws {
    let fixture = try LlamaFixture("untied")
    let generator = Generator(fixture.model, stopIDs: [])
    let all = try generator.topLogProbabilities(promptIDs: fixture.greedy("prompt"), count: 61)
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability })
    #expect(Set(all.map { $0.id }).count == 61)
    let exponentials = all.map { Double($0.logProbability) }.reduce(0) { $0 + exponential($1) }
    #expect(abs(exponentials - 1) < 1e-6)
    #expect(try generator.topLogProbabilities(promptIDs: [1], count: 3).count == 3)
    #expect(try generator.topLogProbabilities(promptIDs: [1], count: 1000).count == 61)
  }
}
