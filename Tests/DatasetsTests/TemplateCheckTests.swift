import Basics
import Testing

@testable import Datasets

@Suite struct TemplateCheckTests {
  private static func findings(_ templates: String, records: String? = nil) throws -> [String] {
    let yaml = """
      name: t
      task: T
      category: classification
      answer_choices: low ||| high
      fields: {text: A, level: B, other: C}
      templates:
      \(templates)
      """
    let library = try TemplateLibrary(texts: [("x.yaml", yaml)])
    let selection = try library.selection(named: "t")
    guard let records else { return TemplateCheck.findings(in: selection).map { $0.description } }
    return try Fixture.inFolder { folder in
      try Fixture.write(Array(records.utf8), to: "\(folder)/d.jsonl")
      let rows = try SampleRows("\(folder)/d.jsonl", limit: 100)
      return TemplateCheck.findings(in: selection, rows: rows).map {
        $0.description.replacing(bytesOf: "\(folder)/", with: "")
      }
    }
  }

  private static let records = """
    {"text": "sunny", "level": "high"}
    {"text": "rain", "level": "low"}
    {"text": "snow and low clouds", "level": "low"}
    """

  @Test func findsNothingInGoodTemplates() throws {
    let good = """
      - {name: plain, prompt_and_target: "Low or high? {{ text }} ||| {{ level }}"}
      - {name: listed, prompt_and_target: "{{ text }}: {{ answer_choices | join(' or ') }}? ||| {{ level }}"}
      - {name: named, prompt_and_target: "Is it low? {{ text }} ||| {{ level }}"}
      """
    #expect(try Self.findings(good).isEmpty)
    #expect(try Self.findings(good, records: Self.records).isEmpty)
  }

  @Test func findsWhatNeedsNoData() throws {
    let found = try Self.findings(
      """
      - {name: empty, prompt_and_target: "{{ text }} |||"}
      - {name: a, prompt_and_target: "{{ text }} ||| {{ level }}"}
      - {name: b, prompt_and_target: "{{ text }}  ||| {{ level }}"}
      """)
    #expect(
      found == [
        "x.yaml:7: empty: the target is empty; write the answer after '|||'",
        "x.yaml:9: b: says the same as 'a'; delete one of them or word it differently",
      ])
  }

  @Test(arguments: [
    ("{{ text }} is {{ level }}? ||| {{ level }}", "the prompt holds the answer 'high' for 3 of 3 records (d.jsonl:1)"),
    ("{{ other }} ||| {{ level }}", "renders for no record: no column of d.jsonl is named like other"),
    ("{{ text }} ||| {% if level == 'low' %}low{% endif %}", "the target is empty for 1 of 3 records (d.jsonl:1)"),
    ("{{ text }} ||| {% if level == 'low' %}low{% endif %}", "no target of 3 records is 'high'"),
    ("{{ text + 1 }} ||| {{ level }}", "renders for none of 3 records of d.jsonl (line 1: "),
  ])
  func findsWhatDataShow(template: String, expected: String) throws {
    let found = try Self.findings("- {name: w, prompt_and_target: \"\(template)\"}", records: Self.records)
    #expect(found.contains { $0.hasPrefix("x.yaml:7: w: \(expected)") }, "\(found)")
  }
}
