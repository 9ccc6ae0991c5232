import Basics
import Testing

@testable import Datasets

@Suite struct ContaminationTests {
  @Test func agreesWithTheJanitorsRule() throws {
    let golden = try CleaningFixture.golden("contamination.json")
    var contamination = try Contamination()
    for (line, text) in (golden["benchmarks"]?.arrayValue ?? []).enumerated() {
      try contamination.add(try #require(text.stringValue), from: .init(file: "b.jsonl", line: line + 1))
    }
    let rows = golden["texts"]?.arrayValue ?? []
    #expect(rows.count == 120)
    for row in rows {
      let text = try #require(row["text"]?.stringValue)
      #expect((contamination.find(in: text) != nil) == row["contaminated"]?.boolValue, "\(text)")
    }
  }

  @Test func tellsWhichAndWhere() throws {
    var contamination = try Contamination()
    try contamination.add("one two three four", from: .init(file: "a", line: 1))
    try contamination.add("What is the capital of France?", from: .init(file: "a", line: 2))
    let long = (1...20).map { "word\($0)" }.joined(separator: " ")
    try contamination.add(long, from: .init(file: "b", line: 7))
    try contamination.add("again \(long)", from: .init(file: "c", line: 9))

    #expect(contamination.find(in: "one two three four") == nil)
    let short = contamination.find(in: "Q: what is the CAPITAL of france, please")
    #expect(short == .init(words: "what is the capital of france", source: .init(file: "a", line: 2)))
    let middle = (5...17).map { "Word\($0)," }.joined(separator: "\n")
    let found = contamination.find(in: "so: \(middle) and more")
    #expect(found?.source == .init(file: "b", line: 7))
    #expect(found?.words == (5...17).map { "word\($0)" }.joined(separator: " "))
    #expect(contamination.find(in: (5...16).map { "word\($0)" }.joined(separator: " ")) == nil)
    #expect(contamination.find(in: "") == nil)
  }

  @Test func holdsManyTexts() throws {
    var random = SeededRandom(seed: 1)
    var contamination = try Contamination(ngram: 8)
    let texts = (0..<2000).map { _ in (0..<30).map { _ in "v\(random.integer(below: 300))" }.joined(separator: " ") }
    for (line, text) in texts.enumerated() { try contamination.add(text, from: .init(file: "x", line: line)) }
    for (line, text) in texts.enumerated() { #expect(contamination.find(in: "a \(text)")?.source.line == line) }
    #expect(throws: TuneError.self) { _ = try Contamination(ngram: 4) }
  }
}
