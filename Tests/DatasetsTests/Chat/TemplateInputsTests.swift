import Basics
import Foundation
import Testing
import Text

@testable import Datasets

/// What a record gives to its chat template besides messages.
@Suite struct TemplateInputsTests {
  private static let turns = #""messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]"#

  private func inputs(_ members: String) throws -> TemplateInputs {
    try TemplateInputs(try #require(try JSON(parsing: "{\(members)}").objectValue))
  }

  private func reason(_ members: String) -> String {
    do {
      _ = try inputs(members)
      return "(nothing was thrown)"
    } catch let error as FieldProblem {
      return "\(error.field ?? ""): \(error.reason)"
    } catch {
      return "\(error)"
    }
  }

  @Test func valuesMayBeTheirJSONInATextAndNullIsNone() throws {
    let tools: JSON = [["type": "function", "x": 1]]
    #expect(try inputs(#""tools": [{"type": "function", "x": 1}]"#).tools == tools)
    #expect(try inputs(##""tools": "[{\"type\": \"function\", \"x\": 1}]""##).tools == tools)
    #expect(try inputs(##""tools": ["{\"type\": \"function\", \"x\": 1}"]"##).tools == tools)
    #expect(try inputs(#""tools": []"#).tools == nil)
    #expect(try inputs(#""tools": "[]""#).tools == nil)
    #expect(try inputs(#""tools": null, "documents": null, "chat_template_kwargs": null"#) == TemplateInputs())
    let all = try inputs(#""documents": [{"text": "d"}], "chat_template_kwargs": {"enable_thinking": false}"#)
    #expect(all.documents == [["text": "d"]] && all.variables["enable_thinking"] == false)
    #expect(try inputs(##""chat_template_kwargs": "{\"a\": 1}""##).variables["a"] == 1)
  }

  @Test(arguments: [
    (#""tools": "none""#, "tools: a text that is not valid JSON; expected a list of objects"),
    (#""tools": {"a": 1}"#, "tools: an object; expected a list of objects, or its JSON in a text"),
    (#""tools": [{}, 3]"#, "tools[1]: an integer; expected an object"),
    (#""documents": ["d"]"#, "documents[0]: a string; expected an object"),
    (#""documents": 3"#, "documents: an integer; expected a list"),
    (#""chat_template_kwargs": [1]"#, "chat_template_kwargs: an array; expected an object of variables"),
    (#""chat_template_kwargs": {"messages": []}"#, "chat_template_kwargs.messages: is not for a record's variables"),
  ])
  func whatIsWrongIsSaid(members: String, expected: String) {
    #expect(reason(members).hasPrefix(expected), "\(reason(members))")
  }

  /// One path: prepared records, rows of training and prompts see the same.
  @Test func theTemplateSeesThemEverywhere() throws {
    let members = ##""tools": "[{\"n\": 1}]", "documents": [{"d": 2}], "chat_template_kwargs": {"mood": "calm"}"##
    let template = try ChatTemplate(
      "{{ tools[0].n }}{{ documents[0].d }}{{ mood }}:{% for m in messages %}{{ m.content }};{% endfor %}",
      name: "t", specialTokens: [:])
    let conversations = ChatTemplateRendering(template)
    try Fixture.preparing("{\(Self.turns), \(members)}\n", configure: { _ in }) { report, out in
      #expect(report.recordsAccepted == 1)
      let file = try #require(report.files.first { $0.examples > 0 }).path
      let line = try #require(try Fixture.jsonLines(file).first?.objectValue)
      #expect(line.with(["x": 1])["tools"] == .string("[{\"n\": 1}]") && line["documents"] == [["d": 2]])
      let rows = try ExampleReader(encoding: ByteEncoding(), conversations: conversations).read(file: file)
      let row = rows.examples[0]
      #expect(String(decoding: row.tokens.map { UInt8($0) }, as: UTF8.self) == "12calm:u;a;\0")
      let prompts = try PromptReader(encoding: ByteEncoding(), conversations: conversations).read(file: file)
      #expect(prompts[0].prompt == "12calm:u;" && row.tokens.starts(with: prompts[0].tokens))
    }
  }

  @Test func preparationAndTrainingNameTheLine() throws {
    let lines = "{\(Self.turns)}\n{\(Self.turns), \"tools\": [3]}\n{\(Self.turns), \"documents\": \"x\"}\n"
    try Fixture.preparing(lines, configure: { $0.shownRejections = 9 }) { report, _ in
      let places = report.rejections.map { $0.description.split(separator: "/").last.map { String($0) } ?? "" }
      #expect(report.recordsAccepted == 1 && places.count == 2)
      #expect(places.first == "in.jsonl:2: tools[0]: an integer; expected an object")
      #expect(places.last?.hasPrefix("in.jsonl:3: documents: a text that is not valid JSON") == true)
    }
    try Fixture.inFolder { folder in
      try Fixture.write(lines, to: "\(folder)/d.jsonl")
      let reader = ExampleReader(encoding: ByteEncoding(), conversations: PlainConversations())
      let message = Fixture.message(.data) { _ = try reader.read(file: "\(folder)/d.jsonl") }
      #expect(
        message.contains("2 of 3 records") && message.contains("d.jsonl:2: tools[0]: an integer; expected an obj"))
    }
  }

  /// Texts as prompt and completion need no template; what else the record has is not looked at.
  @Test func recordsWithoutAConversationAreLeftAlone() throws {
    try Fixture.preparing(#"{"prompt": "p", "completion": "c", "tools": ["saw"]}"# + "\n", configure: { _ in }) {
      report, _ in
      #expect(report.recordsAccepted == 1)
    }
  }

  @Test func anythingIsTakenOrRefused() throws {
    var random = SeededRandom(seed: 5)
    let values = [
      "null", "3", "\"x\"", "\"[]\"", "\"{\"", "[]", "[{}]", "[[]]", "{}", "true", "[null]", "\"[1]\"", "[\"{}\"]",
    ]
    for _ in 0..<500 {
      let members = ["tools", "documents", "chat_template_kwargs"].map { name in
        "\"\(name)\": \(values[random.integer(below: values.count)])"
      }
      guard let inputs = try? inputs(members.joined(separator: ",")) else { continue }
      let again = try TemplateInputs(inputs.record(messages: []))
      #expect(again == inputs)
    }
  }
}
