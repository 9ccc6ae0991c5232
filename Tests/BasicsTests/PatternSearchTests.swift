import Foundation
import Testing

@testable import Basics

@Suite struct PatternSearchTests {
  /// Tests/Fixtures/patterns/make_patterns.py
  @Test func matchesArePythons() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/patterns/matches.jsonl").path
    let reader = try LineReader(path)
    while let line = try reader.next() {
      let golden = try JSON(parsing: line)
      let pattern = try LinearPattern(try #require(golden["pattern"]?.stringValue))
      let text = try #require(golden["text"]?.stringValue)
      let expected = try #require(golden["matches"]?.arrayValue).map { match in
        try #require(match.arrayValue).map { span in
          span.arrayValue.flatMap { ends -> Range<Int>? in
            guard let start = ends[0].intValue, let end = ends[1].intValue else { return nil }
            return start..<end
          }
        }
      }
      #expect(pattern.matches(in: Array(text.unicodeScalars)).map { $0.groups } == expected, "\(golden.text())")
      #expect(pattern.occurs(in: text) == !expected.isEmpty, "\(golden.text())")
    }
  }

  @Test func matchesAreReplaced() throws {
    #expect(try LinearPattern(",").replacing(with: "", in: "1,234,5") == "12345")
    #expect(try LinearPattern("(?s).*#### ").replacing(with: "", in: "a\nb #### 7") == "7")
    #expect(try LinearPattern("x*").replacing(with: "-", in: "abc") == "-a-b-c-")
  }

  /// Where backtracking would take 2^n steps.
  @Test func timeIsLinear() throws {
    let text = [Unicode.Scalar](repeating: "a", count: 2000)
    #expect(try LinearPattern("(a*)*b").matches(in: text).isEmpty)
    #expect(try LinearPattern("(a|aa)+$").matches(in: text).count == 1)
  }
}
