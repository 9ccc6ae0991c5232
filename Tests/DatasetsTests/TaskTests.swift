import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct TaskTests {
  private func read(
    _ files: [(task: String, text: String)], _ options: ExampleOptions = .init()
  ) throws -> (sets: [ExampleSet], names: [String]) {
    try Fixture.inFolder { folder in
      var tasks = TaskNames()
      let reader = ExampleReader(encoding: ByteEncoding(), options: options)
      let sets = try files.map { task, text in
        try Fixture.write(text, to: "\(folder)/d.jsonl")
        return try reader.read(file: "\(folder)/d.jsonl", task: task, tasks: &tasks)
      }
      return (sets, tasks.names)
    }
  }

  private func record(_ text: String, task: String? = nil) -> String {
    let task = task.map { "\"task\": \($0), " } ?? ""
    return "{\(task)\"prompt\": \"\(text)\", \"completion\": \" \(text)\"}\n"
  }

  @Test func aRecordsTaskWinsOverItsDatas() throws {
    let (sets, names) = try read([
      ("first", record("a", task: "\"x\"") + record("b") + record("c", task: "null") + record("d", task: "\" \"")),
      ("second", record("e") + record("f", task: "\"x\"") + record("g", task: "7")),
    ])
    #expect(names == ["x", "first", "second", "7"])
    #expect(sets[0].examples.map { $0.task } == [0, 1, 1, 1])
    #expect(sets[1].examples.map { $0.task } == [2, 0, 3])
  }

  @Test func namesAreComparedByBytes() throws {
    let (_, names) = try read([("d", record("a", task: "\"e\u{301}\"") + record("b", task: "\"\u{E9}\""))])
    #expect(names.count == 2)
  }

  @Test func theLimitIsThatOfEachTask() throws {
    let lines = (0..<12).map { record("\($0)", task: $0 % 3 == 0 ? "\"a\"" : "\"b\"") }.joined()
    let (sets, _) = try read([("d", lines)], ExampleOptions(limitPerTask: 3))
    #expect(sets[0].examples.map { $0.line } == [1, 2, 3, 4, 5, 7])
    #expect(sets[0].recordsRead == 12)
  }

  @Test func manyNamesAreNoTasks() {
    let lines = (0...TaskNames.most).map { record("\($0)", task: "\"task \($0)\"") }.joined()
    let message = Fixture.message(.data) { _ = try read([("d", lines)]) }
    #expect(message.contains("d.jsonl:1001: task: more than 1000 different tasks"), "\(message)")
  }

  @Test func dataAreNamedByTheirFileOrFolder() throws {
    try Fixture.inFolder { folder in
      try createFolder("\(folder)/prepared.v2")
      try Fixture.write("{}", to: "\(folder)/sums.jsonl.gz")
      #expect(try DataLocation("\(folder)/sums.jsonl.gz").name == "sums")
      #expect(try DataLocation("\(folder)/prepared.v2/").name == "prepared")
    }
  }
}
