import Basics
import Foundation
import Testing

@testable import Text

/// Renders compared with those of Python's jinja2; `make_jinja.py` and `make_language.py` in `Fixtures/jinja` made them.
struct JinjaCaseTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fixtures/jinja").standardizedFileURL.path

  static func cases(_ file: String = "cases.jsonl") throws -> [JSON] {
    let reader = try LineReader(folder + "/" + file)
    var cases: [JSON] = []
    while let line = try reader.next() { cases.append(try JSON(parsing: line)) }
    return cases
  }

  static func variables() throws -> JSONObject {
    try #require(try JSON(contentsOf: folder + "/variables.json").objectValue)
  }

  @Test func rendersEqualTheReference() throws {
    let cases = try Self.cases()
    #expect(cases.count >= 250)
    try Self.compare(cases) { $0["options"] == "chat" ? .chat : .plain }
  }

  /// Every filter, test, method, operator, statement and use of white space with its corner cases.
  @Test func languageEqualsTheReference() throws {
    let cases = try Self.cases("language.jsonl")
    #expect(cases.count >= 2000)
    try Self.compare(cases) { _ in .chat }
  }

  /// What the reference renders must render equally, and what it refuses must be refused with the place.
  private static func compare(_ cases: [JSON], options: (JSON) -> JinjaTemplate.Options) throws {
    let variables = try Self.variables()
    for row in cases {
      let source = try #require(row["template"]?.stringValue)
      let result = Result { try JinjaTemplate(source, name: "case", options: options(row)).render(variables) }
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

  /// Every filter and test of jinja2 3.1.6 is known, by the lists in the goldens.
  @Test func knowsAllBuiltIns() throws {
    let names = try JSON(contentsOf: Self.folder + "/builtins.json")
    for filter in try #require(names["filters"]?.arrayValue).compactMap({ $0.stringValue }) {
      #expect(Jinja.Filters.all[filter] != nil, "\(filter)")
    }
    for test in try #require(names["tests"]?.arrayValue).compactMap({ $0.stringValue }) {
      #expect(Jinja.Tests.all[test] != nil, "\(test)")
    }
    for name in try #require(names["globals"]?.arrayValue).compactMap({ $0.stringValue }) where name != "lipsum" {
      #expect(Jinja.Globals.standard[name] != nil, "\(name)")
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
