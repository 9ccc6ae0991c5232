import Basics
import Testing

@testable import Datasets

@Suite struct SetFindingTests {
  @Test func lengthBoundsAreNumpys() throws {
    for row in try CleaningFixture.golden("lengths.json").arrayValue ?? [] {
      let lengths = (row["lengths"]?.arrayValue ?? []).compactMap { $0.intValue }
      let scores = (row["scores"]?.arrayValue ?? []).compactMap { $0.doubleValue }
      #expect(lengths.count == scores.count && lengths.count == 502)
      var histogram = LengthHistogram()
      for length in lengths.dropFirst(100) { histogram.add(length) }
      var other = LengthHistogram()
      for length in lengths.prefix(100) { other.add(length) }
      histogram.merge(other)
      let bounds = try #require(histogram.bounds())
      for (length, score) in zip(lengths, scores) {
        // Bins of 1/32 octave may move a score by their width over the spread.
        let isOutlier = bounds.check(length, of: "text", field: "f") != nil
        if abs(score) > 4.2 { #expect(isOutlier, "\(length) \(score)") }
        if abs(score) < 2.9 { #expect(!isOutlier, "\(length) \(score)") }
      }
    }
  }

  @Test func fewOrEqualLengthsHaveNoOutliers() {
    var histogram = LengthHistogram()
    for _ in 0..<19 { histogram.add(5) }
    #expect(histogram.bounds() == nil)
    for _ in 0..<30 { histogram.add(5) }
    histogram.add(1_000_000)
    histogram.add(Int.max)
    histogram.add(-1)
    #expect(histogram.bounds() == nil)
  }

  private func counts(_ targets: [(String, Int)]) -> LabelCounts {
    var counts = LabelCounts()
    for (target, count) in targets { for _ in 0..<count { counts.add(target) } }
    return counts
  }

  @Test func lopsidedLabels() {
    let lopsided = counts([("positive", 950), ("negative", 45), ("mixed", 5)]).findings(field: "label")
    #expect(lopsided.map { $0.excerpt } == ["positive", "mixed"])
    #expect(lopsided.allSatisfy { $0.kind == .labelImbalance && $0.field == "label" })
    #expect(counts([("a", 500), ("b", 500)]).findings(field: "f").isEmpty)
    #expect(counts([("a", 99)]).findings(field: "f").isEmpty)
    let free = (0..<3000).map { ("answer \($0)", 1) }
    #expect(counts(free + [("yes", 500)]).findings(field: "f").isEmpty)
    var merged = counts([("a", 600)])
    merged.merge(counts([("b", 3), ("c", 397)]))
    #expect(merged.findings(field: "f").map { $0.excerpt } == ["b"])
  }
}
