import Basics
import Foundation
import Testing

@testable import Evaluation

@Suite struct BM25Tests {
  /// Scores of bm25s (Tests/Fixtures/retrieval/make_retrieval.py).
  @Test func scoresAreLucenes() throws {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let cases = try #require(
      JSON(contentsOf: fixtures.appendingPathComponent("Fixtures/retrieval/bm25.json").path).arrayValue)
    #expect(cases.count == 3)
    for entry in cases {
      let texts = (entry["texts"]?.arrayValue ?? []).compactMap { $0.stringValue }
      let index = BM25(
        texts, saturation: try #require(entry["saturation"]?.doubleValue),
        lengthWeight: try #require(entry["length_weight"]?.doubleValue))
      let queries = try #require(entry["queries"]?.arrayValue), expected = try #require(entry["scores"]?.arrayValue)
      for (query, row) in zip(queries, expected) {
        let scores = index.scores(of: query.stringValue ?? "")
        let wanted = (row.arrayValue ?? []).compactMap { $0.doubleValue }
        #expect(scores.count == wanted.count && zip(scores, wanted).allSatisfy { abs($0 - $1) < 1e-8 })
        let best = index.nearest(to: query.stringValue ?? "", count: 3)
        #expect(best.map { scores[$0] } == Array(scores.sorted(by: >).prefix(3)))
      }
    }
  }

  @Test func nothingIsFoundInNothing() {
    #expect(BM25([]).nearest(to: "a", count: 3).isEmpty)
    #expect(
      BM25(["", "tea"]).nearest(to: "tea", count: 1) == [1] && BM25(["a", "b"]).nearest(to: "c", count: 5) == [0, 1])
  }
}
