import Basics
import Foundation
import Testing

@testable import Evaluation

@Suite struct ReportTests {
  /// A tag with its attributes as HTML's tokenizer finds them outside of style sheets.
  private struct Tag: Hashable {
    let name: String
    let attributes: [String]
    /// Whether it ends itself: `/>`.
    let isEmpty: Bool
  }

  /// The tags of a page; nil where a "<" begins none or a tag does not end.
  private func tags(_ html: String) -> [Tag]? {
    var tags: [Tag] = [], rest = html[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...].dropFirst()
      let match = try? /(\/?[a-zA-Z!][a-zA-Z0-9]*)((?:\s+[a-zA-Z0-9:-]+(?:="[^"]*")?)*)\s*(\/?)>/.prefixMatch(in: rest)
      guard let match else { return nil }
      let attributes = match.2.matches(of: /([a-zA-Z0-9:-]+)(="[^"]*")?/).map { String($0.1).lowercased() }
      tags.append(Tag(name: match.1.lowercased(), attributes: attributes, isEmpty: !match.3.isEmpty))
      rest = rest[match.range.upperBound...]
      if match.1 == "style" { rest = rest.ranges(of: "</style>").first.map { rest[$0.lowerBound...] } ?? rest }
    }
    return tags
  }

  private func page(_ text: () -> String, name: String = "run") throws -> String {
    let fixture = try ReportFixture(text)
    defer { fixture.remove() }
    let run = try ReportRun(fixture.path, name: name)
    let sweep = ReportSweep(
      name: text(), comparison: text(), chart: nil, header: ["", text()], rows: [["★", text()]],
      numericColumns: [false, true], notes: [text()], bestCommand: text())
    return ReportPage([run], sweeps: [sweep]).html
  }

  /// Controls and noncharacters, which pages may not have.
  private static let forbidden = String(
    String.UnicodeScalarView([0xFFFE, 0xFDD0, 0x85, 0x7F, 0x1FFFF].compactMap { Unicode.Scalar($0 as UInt32) }))

  private static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</style><b>", "]]>",
    "</title></svg></pre></table><iframe src=//x>", "<!--", "-->", "&lt;script&gt;", "&#60;b&#62;",
    "\u{0}\u{1}\u{B}\u{1F}",
    "\u{202E}\u{2066}", forbidden, "{{x}}", "javascript:alert(1)", "a\rb\r\nc\td", "日本語 é e\u{301} 🧪",
    "--shade:1;background:url(x)", "", " ",
  ]

  /// No text of a run opens or ends an element or adds an attribute: the page has the tags that plain words give.
  @Test func textsStayTexts() throws {
    // All texts are one word, so that the differences of answers are marked alike.
    // Wider names leave room for fewer ticks.
    func isKept(_ tag: Tag) -> Bool { !["line", "text", "/text"].contains(tag.name) }
    let plain = try #require(tags(try page { "word" })).filter(isKept)
    #expect(plain.count > 300)
    for text in Self.hostile.filter({ $0.split(whereSeparator: \.isWhitespace).count == 1 }) {
      let found = try #require(tags(try page({ text }, name: text)), "\(text)")
      #expect(found.filter(isKept) == plain, "\(text)")
    }
  }

  @Test func randomTextsStayTexts() throws {
    let known: Set = Set(try #require(tags(try page { "two words" })) + (try #require(tags(try page { "" }))))
    var random = SeededRandom(seed: 7, stream: "report")
    for _ in 0..<8 {
      func text() -> String {
        (0..<random.integer(below: 5)).map { _ in Self.hostile[random.integer(below: Self.hostile.count)] }
          .joined(separator: random.integer(below: 2) == 0 ? "" : " ")
      }
      let html = try page(text, name: text()), found = try #require(tags(html))
      for tag in Set(found).subtracting(known) { Issue.record("\(tag)") }
      #expect(!html.unicodeScalars.contains { Markup.isForbidden($0) })
    }
  }

  @Test func elementsAreBalancedAndReferencesAreTexts() throws {
    let html = try page { Self.hostile.joined(separator: " ") }
    var open: [String] = []
    for tag in try #require(tags(html))
    where !tag.isEmpty && !["!doctype", "meta"].contains(tag.name) {
      if tag.name.hasPrefix("/") {
        #expect(open.popLast() == String(tag.name.dropFirst()))
      } else {
        open.append(tag.name)
      }
    }
    #expect(open.isEmpty)
    // Nothing is fetched and nothing runs.
    let names = Set((tags(html) ?? []).map { $0.name })
    #expect(names.isDisjoint(with: ["script", "img", "iframe", "link", "object", "embed", "form", "base"]))
    #expect(!(tags(html) ?? []).contains { $0.attributes.contains { $0.hasPrefix("on") || $0 == "src" } })
    #expect(html.contains("default-src 'none'"))
  }

  @Test func showsWhatIsThere() throws {
    let html = try page { "word" }
    for title in [
      "Sweep", "Result", "Runs", "Curves", "What was forgotten", "Benchmarks", "Views", "What goes wrong",
      "Parts of the data", "Labels", "Lengths", "Changed answers", "Examples", "Configuration",
    ] {
      #expect(html.contains("<h2>\(title)</h2>"), "\(title)")
    }
    #expect(html.contains("better than its base on 4 examples: rougeL 0.1000 → 0.3000"))
    #expect(html.contains("10 of 1,000 (1.00 %)") && html.contains("2.0000 → 0.4000"))
    #expect(html == (try page { "word" }))
  }

  /// Of a run that has `run.json` alone there is no more than its configuration.
  @Test func runsWithoutResults() throws {
    let fixture = try ReportFixture { "word" }
    defer { fixture.remove() }
    for name in ["metrics.jsonl", "eval"] { try FileManager.default.removeItem(atPath: "\(fixture.path)/\(name)") }
    let html = ReportPage([try ReportRun(fixture.path)]).html
    #expect(html.contains("<h2>Configuration</h2>") && !html.contains("<h2>Result</h2>") && !html.contains("<svg"))
  }

  @Test func damagedFilesAreTold() throws {
    let fixture = try ReportFixture { "word" }
    defer { fixture.remove() }
    try AtomicFile.write("{\"step\":1}\n{", to: "\(fixture.path)/metrics.jsonl")
    #expect(throws: TuneError.self) { try ReportRun(fixture.path) }
    #expect(throws: TuneError.self) { try ReportRun("/nowhere") }
  }

  /// Files of another form are shown as far as they are understood, and never crash.
  @Test func filesOfAnotherForm() throws {
    let values: [JSON] = [
      .null, 1, "text", [], [:], [1, [2]], ["scores": 1], ["labels": ["a"], "base": [[1, 2, 3]]],
    ]
    let names = [
      "run.json", "eval/scores.json", "eval/errors.json", "eval/views.json", "eval/forgetting.json",
      "eval/benchmarks/base/results.json",
    ]
    for name in names {
      for value in values {
        let fixture = try ReportFixture { "word" }
        defer { fixture.remove() }
        try fixture.write(name, value)
        #expect(ReportPage([try ReportRun(fixture.path)]).html.hasSuffix("</html>\n"))
      }
    }
    for value in values {
      let fixture = try ReportFixture { "word" }
      defer { fixture.remove() }
      for name in ["metrics.jsonl", "eval/predictions.jsonl", "eval/flips.jsonl"] {
        try fixture.lines(name, [value, ["classification": value]])
      }
      #expect(ReportPage([try ReportRun(fixture.path)]).html.hasSuffix("</html>\n"))
    }
  }

  @Test func histogramsAreOutlined() {
    let outline = Histogram([1, 1, 3], bins: 4).outline.map { [$0.x, $0.y] }
    #expect(outline.first == [0, 0] && outline.last?[1] == 0)
    #expect(Histogram([1, 1, 3], bins: 4).counts.reduce(0, +) == 3)
  }
}
