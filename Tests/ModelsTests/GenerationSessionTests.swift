import Tensors
import Testing

@testable import Models

/// A conversation that keeps its cache against texts that are each read anew.
@Suite struct GenerationSessionTests {
  @Test(arguments: LlamaFixture.names) func everyTurnEqualsAFreshText(name: String) throws {
    let model = try LlamaFixture(name).model
    let session = GenerationSession(model, stopIDs: [])
    // Prompts that go on, that change an earlier place, that are shorter, that are the same again.
    let prompts = [[3, 1, 4], [3, 1, 4, 1, 5, 9, 2, 6], [3, 1, 7, 7, 7], [3, 1], [3, 1], [9]]
    for prompt in prompts {
      let request = GenerationRequest(promptIDs: prompt, maxNewTokens: 12)
      let fresh = try Generator(model, stopIDs: []).generate([request])[0]
      #expect(try session.generate(request) == fresh, "\(prompt)")
    }
  }

  @Test func aTextEndsAtItsStopsAndWhereTheReaderSaysSo() throws {
    let model = try LlamaFixture("tied").model
    let request = GenerationRequest(promptIDs: [3, 1, 4], maxNewTokens: 12)
    let whole = try GenerationSession(model, stopIDs: []).generate(request).ids
    let stop = try #require(whole.last)
    let place = try #require(whole.firstIndex(of: stop))
    let stopped = try GenerationSession(model, stopIDs: [stop]).generate(request)
    #expect(stopped == GenerationResult(ids: Array(whole[..<place]), stopped: true))
    let session = GenerationSession(model, stopIDs: [])
    let cut = try session.generate(request) { _ in false }
    #expect(cut == GenerationResult(ids: [whole[0]], stopped: true))
    // What was cut off does not linger.
    #expect(try session.generate(request).ids == whole)
  }

  @Test func promptsWithoutRoomAreRefused() throws {
    let model = try LlamaFixture("tied").model
    let longest = model.dimensions.maxPositions
    let session = GenerationSession(model, stopIDs: [])
    let nearlyFull = GenerationRequest(promptIDs: Array(repeating: 3, count: longest - 1), maxNewTokens: 12)
    #expect(try session.generate(nearlyFull).ids.count == 1)
    #expect(throws: (any Error).self) {
      try session.generate(GenerationRequest(promptIDs: Array(repeating: 3, count: longest), maxNewTokens: 1))
    }
  }
}
