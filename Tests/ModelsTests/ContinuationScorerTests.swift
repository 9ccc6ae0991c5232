import Basics
import CKernels
import Foundation
import Tensors
import Testing

@testable import Models

/// Likelihoods that share what they have in common against those of one text at a time.
@Suite struct ContinuationScorerTests {
  private func model(_ name: String) throws -> any LanguageModel {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try loadModel(ModelFiles.open(tests.appendingPathComponent("Fixtures/families/\(name)").path))
  }

  /// The log-probabilities of a continuation's tokens from the logits of the whole text.
  private func plain(_ request: ContinuationRequest, _ model: any LanguageModel) -> [Double] {
    Recording.off {
      let start = model.traits.decoderStartID
      let read = (start.map { [$0] } ?? request.context) + request.continuation.dropLast()
      let source = start.map { _ in TokenBatch([request.context]) }
      let logits = model.headLogits(of: model.hiddenStates(TokenBatch([read]), source: source, caches: nil, rows: nil))
      let first = logits.rows - request.continuation.count
      return request.continuation.enumerated().map { place, token in
        let row = logits.pointer + (first + place) * logits.width
        tune_log_softmax(row, logits.width)
        return Double(row[Int(token)])
      }
    }
  }

  /// Contexts that begin alike or not, with continuations of one and of more tokens, some of them twice.
  private func requests(_ vocabulary: Int) -> [ContinuationRequest] {
    var random = SeededRandom(seed: 5, stream: "continuations")
    func tokens(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(random.integer(below: vocabulary)) } }
    let shared = tokens(36)
    var requests: [ContinuationRequest] = []
    for question in 0..<7 {
      let context = (question % 3 == 2 ? [] : shared) + tokens(1 + question)
      for length in question % 2 == 0 ? [1, 1, 1] : [3, 1, 5] {
        requests.append(ContinuationRequest(context: context, continuation: tokens(length)))
      }
      let ending = tokens(3)
      requests.append(ContinuationRequest(context: context, continuation: ending + tokens(1)))
      requests.append(ContinuationRequest(context: context, continuation: ending + tokens(1)))
    }
    return requests + requests.prefix(3)
  }

  @Test(arguments: ["llama-llama3", "gpt2", "flan-t5", "gemma3"], [1, 64, 1024])
  func sharingChangesNothing(name: String, batchTokens: Int) throws {
    let model = try model(name), requests = requests(60)
    var done: [Int] = []
    let scores = ContinuationScorer(model, batchTokens: batchTokens).scores(requests) { done.append($0) }
    #expect(scores.count == requests.count && done.last == requests.count && done == done.sorted())
    for (request, score) in zip(requests, scores) {
      let expected = plain(request, model)
      #expect(zip(score.tokenLogLikelihoods, expected).allSatisfy { abs($0 - $1) < 1e-4 })
      #expect(score.tokenLogLikelihoods.count == request.continuation.count)
      #expect(abs(score.logLikelihood - expected.reduce(0, +)) < 1e-4)
    }
  }
}
