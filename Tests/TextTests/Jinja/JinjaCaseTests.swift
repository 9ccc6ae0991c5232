import Basics
import Foundation
import Testing

@testable import Text

/// Renders compared with those of Python's jinja2; `Fixtures/jinja/make_jinja.py` made them.
struct JinjaCaseTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fixtures/jinja").standardizedFileURL.path

  static func cases() throws -> [JSON] {
    let reader = try LineReader(folder + "/cases.jsonl")
    var cases: [JSON] = []
    while let line = try reader.next() { cases.append(try JSON(parsing: line)) }
    return cases
  }

  static func variables() throws -> JSONObject {
    try #require(try JSON(contentsOf: folder + "/variables.json").objectValue)
  }

  @Test func rendersEqualTheReference() throws {
    let variables = try Self.variables()
    let cases = try Self.cases()
    #expect(cases.count >= 250)
    for row in cases {
      let source = try #require(row["template"]?.stringValue)
      let options: JinjaTemplate.Options = row["options"] == "chat" ? .chat : .plain
      let result = Result { try JinjaTemplate(source, name: "case", options: options).render(variables) }
      switch (row["expected"]?.stringValue, result) {
      case (let expected?, .success(let text)):
        #expect(Array(text.utf8) == Array(expected.utf8), "\(source)\n got \(text)\nwant \(expected)")
      case (nil, .failure(let error)):
        let message = (error as? TuneError)?.message ?? ""
        #expect(message.hasPrefix("case:"), "\(source): \(error)")
      case (_, .success(let text)):
        Issue.record("\(source) gave \(text); the reference fails: \(row["error"]?.stringValue ?? "")")
      case (_, .failure(let error)):
        Issue.record("\(source): \(error)")
      }
    }
  }

  @Test func undeclaredNamesEqualTheReference() throws {
    for row in try Self.cases() {
      guard let expected = row["undeclared"]?.arrayValue?.compactMap({ $0.stringValue }) else { continue }
      let source = try #require(row["template"]?.stringValue)
      let options: JinjaTemplate.Options = row["options"] == "chat" ? .chat : .plain
      guard let template = try? JinjaTemplate(source, name: "case", options: options) else { continue }
      #expect(template.referencedNames.sorted() == expected.filter { $0 != "lipsum" }, "\(source)")
    }
  }
}
