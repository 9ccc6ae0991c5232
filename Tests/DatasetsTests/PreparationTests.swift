import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct PreparationTests {
  private func dialogueLines(_ range: Range<Int>) -> [String] {
    range.map { #"{"id": "\#($0)", "dialogue": "A: number \#($0)?\nB: yes", "summary": "They talk about \#($0)."}"# }
  }

  @Test func writesAFolder() throws {
    try Fixture.preparing(dialogueLines(0..<200).joined(separator: "\n")) { report, out in
      #expect(report.recordsAccepted == 200 && report.rejectedCount == 0 && report.warnings.isEmpty)
      #expect(
        report.templates.map { $0.name } == ["dialogue-summary"]
          && report.tasks[0].reason == "chosen by its columns")
      let all = try SplitName.allCases.flatMap { try Fixture.jsonLines("\(out)/\($0.fileName)") }
      #expect(all.count == 200)
      for example in all {
        #expect(example.objectValue?.keys == ["prompt", "completion"])
        #expect(example["prompt"]?.stringValue?.hasPrefix("A: number ") == true)
        #expect(example["completion"]?.stringValue?.hasPrefix(" They talk") == true)
      }
      for split in SplitName.allCases {
        #expect(report.examples(in: split) == (try Fixture.jsonLines("\(out)/\(split.fileName)").count))
        #expect(try fileSHA256("\(out)/\(split.fileName)") == report.files.first { $0.split == split }?.sha256)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(out)/rejected.jsonl"))
      #expect(report.promptLengths == LengthSummary(p50: 20, p95: 21, max: 21))
      let dataset = try JSON(contentsOf: "\(out)/dataset.json")
      #expect(dataset["version"]?.intValue == 1 && dataset["seed"]?.intValue == 42)
      #expect(dataset["templates"]?["dialogue-summary/short"]?.intValue == 200)
      #expect(dataset["columns"]?.text() == #"{"dialogue": "dialogue", "summary": "summary"}"#)
      #expect(dataset["sources"]?.arrayValue?.first?["sha256"]?.stringValue == report.sources[0].sha256)
    }
  }

  @Test func sameInputSameBytes() throws {
    try Fixture.inFolder { folder in
      let text = dialogueLines(0..<60).joined(separator: "\n") + "\nbroken\n"
      try Fixture.write(text, to: "\(folder)/in.jsonl")
      let names = ["train.jsonl", "validation.jsonl", "test.jsonl", "rejected.jsonl", "dataset.json"]
      var seen: [[String]] = []
      for _ in 0..<2 {
        let options = PreparationOptions(sources: [.init(inputs: ["\(folder)/in.jsonl"])], output: "\(folder)/out")
        _ = try prepare(options, library: TemplateTests.library())
        seen.append(try names.map { try Fixture.text("\(folder)/out/\($0)") })
      }
      #expect(seen[0] == seen[1])
      // A run without rejections removes the file of an earlier one.
      try Fixture.write(dialogueLines(0..<60).joined(separator: "\n"), to: "\(folder)/in.jsonl")
      _ = try prepare(
        PreparationOptions(sources: [.init(inputs: ["\(folder)/in.jsonl"])], output: "\(folder)/out"),
        library: TemplateTests.library())
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out/rejected.jsonl"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/out").count == 6)
    }
  }

  @Test func orderOfTheInputDoesNotMatter() throws {
    var sorted: [[String]] = []
    for lines in [dialogueLines(0..<80), dialogueLines(0..<80).reversed()] {
      try Fixture.preparing(lines.joined(separator: "\n")) { _, out in
        sorted.append(
          try SplitName.allCases.flatMap {
            try Fixture.text("\(out)/\($0.fileName)").split(separator: "\n").map { String($0) }.sorted()
          })
      }
    }
    #expect(sorted[0] == sorted[1])
  }

  @Test func dropsDuplicatesOfContent() throws {
    let text =
      (dialogueLines(0..<20)
      + dialogueLines(0..<5).map { $0.replacing(bytesOf: "\"id\": \"", with: "\"id\": \"other ") })
      .joined(separator: "\n")
    try Fixture.preparing(text) { report, _ in #expect(report.duplicatesDropped == 5 && report.recordsAccepted == 20) }
  }

  @Test func noSplitIsEmptyFromTenRecordsOn() throws {
    for seed in 0..<12 {
      try Fixture.preparing(
        dialogueLines(seed * 10..<seed * 10 + 10).joined(separator: "\n"), configure: { $0.seed = UInt64(seed) }
      ) { report, _ in
        #expect(report.files.map { $0.examples }.min() ?? 0 >= 1)
        #expect(report.files.reduce(0) { $0 + $1.examples } == 10)
      }
    }
    try Fixture.preparing(dialogueLines(0..<2).joined(separator: "\n")) { report, _ in #expect(!report.warnings.isEmpty)
    }
  }

  @Test func groupsStayTogether() throws {
    let text = (0..<60).map { #"{"prompt": "p\#($0)", "completion": "c\#($0)", "product": "\#($0 / 3)"}"# }.joined(
      separator: "\n")
    try Fixture.preparing(
      text,
      configure: {
        $0.groupColumn = "product"; $0.fractions = try SplitFractions(parsing: "0.4/0.3/0.3")
      }
    ) { _, out in
      for split in SplitName.allCases {
        let groups = try Fixture.jsonLines("\(out)/\(split.fileName)").map {
          (Int($0["prompt"]?.stringValue?.dropFirst() ?? "") ?? 0) / 3
        }
        #expect(groups.count == Set(groups).count * 3)
      }
    }
  }

  @Test func oneWordingARecordOrAll() throws {
    let text =
      "stars,title,headline,text\n" + (0..<100).map { "\($0 % 5 + 1),Lamp \($0),Nice,Good lamp \($0)\n" }.joined()
    try Fixture.preparing(text, name: "r.csv") { report, _ in
      #expect(report.exampleCounts.map { $0.template } == ["review-rating/named", "review-rating/both"])
      #expect(report.exampleCounts.reduce(0) { $0 + $1.count } == 100)
      #expect(report.exampleCounts.allSatisfy { $0.count > 25 })
    }
    try Fixture.preparing(text, name: "r.csv", configure: { $0.everyTemplate = true }) { report, _ in
      #expect(report.exampleCounts.map { $0.count } == [100, 100] && report.recordsAccepted == 100)
    }
    try Fixture.preparing(
      text, name: "r.csv",
      configure: {
        $0.sources[0].templates = ["review-rating/both"]; $0.sources[0].limit = 7
      }
    ) { report, _ in
      #expect(report.exampleCounts.map { $0.count } == [7] && report.recordsAccepted == 7)
      #expect(report.tasks[0].reason == "chosen with --template")
    }
  }

  @Test func numbersReadNaturally() throws {
    let text = #"{"overall": 5.0, "summary": "Good", "reviewText": "Works"}"#
    try Fixture.preparing(
      text,
      configure: {
        $0.sources[0].templates = ["review-rating"]; $0.fractions = try SplitFractions(parsing: "1/0/0")
      }
    ) { _, out in
      let example = try Fixture.jsonLines("\(out)/train.jsonl")[0]
      #expect(example["completion"]?.stringValue == " 5")
      #expect(!FileManager.default.fileExists(atPath: "\(out)/test.jsonl"))
    }
  }

  @Test func everyRejectionSaysWhereAndWhy() throws {
    let text = """
      {"dialogue": "A: hi", "summary": "ok"}
      {"dialogue": "A: hi"}
      {"dialogue": "", "summary": "ok"}
      {"dialogue": null, "summary": "ok"}
      {"dialogue": ["A: hi"], "summary": "ok"}
      ["A: hi", "ok"]
      {"dialogue": "A: hi", "summary": " \\n"}
      {"dialogue":
      """
    try Fixture.preparing(text, configure: { $0.shownRejections = 9 }) { report, out in
      let places = report.rejections.map { $0.description.split(separator: "/").last.map { String($0) } ?? "" }
      #expect(
        places.dropLast() == [
          "in.jsonl:2: summary: missing; expected a text or a number",
          "in.jsonl:3: dialogue: empty; expected a text or a number",
          "in.jsonl:4: dialogue: null; expected a text or a number",
          "in.jsonl:5: dialogue: an array; expected a text or a number",
          "in.jsonl:6: an array; expected an object with the record's fields",
          "in.jsonl:7: summary: empty; expected a text or a number",
        ])
      #expect(places.last?.hasPrefix("in.jsonl:8: not valid JSON") == true)
      #expect(report.recordsRead == 8 && report.recordsAccepted == 1 && report.rejectedCount == 7)
      let written = try Fixture.jsonLines("\(out)/rejected.jsonl")
      #expect(written.map { $0["line"]?.intValue } == [2, 3, 4, 5, 6, 7, 8])
      #expect(written[1]["field"]?.stringValue == "dialogue" && written[4]["field"]?.isNull == true)
    }
  }

  @Test(arguments: [
    (#"{"prompt": "2 + 2 =", "completion": "4"}"#, #"{"prompt": "2 + 2 =", "completion": " 4"}"#),
    (#"{"prompt": "Q: x\n", "completion": "4", "id": 3}"#, #"{"prompt": "Q: x\n", "completion": "4"}"#),
    (#"{"prompt": "Q", "completion": "\n4"}"#, #"{"prompt": "Q", "completion": "\n4"}"#),
    (
      #"{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}], "tools": null}"#,
      #"{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}"#
    ),
    (
      #"{"conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}], "system": "s"}"#,
      #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, "#
        + #"{"role": "assistant", "content": "a"}]}"#
    ),
    (
      #"{"prompt": [{"role": "user", "content": "u"}], "completion": [{"role": "assistant", "content": "a"}]}"#,
      #"{"prompt": [{"role": "user", "content": "u"}], "completion": [{"role": "assistant", "content": "a"}]}"#
    ),
    (#"{"text": "plain", "id": 1}"#, #"{"text": "plain"}"#),
    (
      #"{"instruction": "Add.", "input": "1 2", "output": "3"}"#,
      #"{"prompt": "Below is an instruction that describes a task, "#
        + #"paired with an input that provides further context. Write a response that appropriately completes "#
        + #"the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:", "completion": " 3"}"#
    ),
  ])
  func shapesPassThrough(_ input: String, _ expected: String) throws {
    try Fixture.preparing(input, configure: { $0.fractions = try SplitFractions(parsing: "1/0/0") }) { report, out in
      #expect(report.tasks[0].shape != nil && report.templates.isEmpty)
      let written = try Fixture.text("\(out)/train.jsonl")
      #expect(written == expected + "\n")
    }
  }

  @Test(arguments: [
    (#"{"messages": [{"role": "usr", "content": "u"}]}"#, "messages[0].role: unknown 'usr'; did you mean 'user'?"),
    (#"{"messages": [{"role": "user", "content": "u"}]}"#, "messages: no message of the assistant"),
    (#"{"messages": [{"role": "assistant"}]}"#, "messages[0].content: missing"),
    (#"{"messages": []}"#, "messages: empty"),
    (#"{"messages": ["u"]}"#, "messages[0]: a string"),
    (#"{"conversations": [{"from": "gtp", "value": "a"}]}"#, "did you mean 'gpt'?"),
    (#"{"prompt": "", "completion": "x"}"#, "prompt: empty"),
    (#"{"prompt": 5, "completion": "x"}"#, "prompt: an integer"),
    (#"{"prompt": "p", "completion": ""}"#, "every completion is empty"),
    (#"{"instruction": "i", "output": null}"#, "every completion is empty"),
    ("nonsense", "none of 1 records can be used"),
  ])
  func nothingUsableIsAnError(_ input: String, _ expected: String) throws {
    let message = Fixture.message(.data) { try Fixture.preparing(input) { _, _ in } }
    #expect(message.contains(expected), "\(message)")
  }

  @Test func noRecordsIsAnError() throws {
    #expect(
      Fixture.message(.data) { try Fixture.preparing("dialogue,summary\n", name: "x.csv") { _, _ in } }.contains(
        "no records"))
    #expect(Fixture.message(.data) { try Fixture.preparing("[]", name: "x.json") { _, _ in } }.contains("no records"))
  }

  @Test func mistakesOfUsage() throws {
    let line = dialogueLines(0..<1)[0]
    let unknown = Fixture.message(.usage) {
      try Fixture.preparing(line, configure: { $0.sources[0].templates = ["dialog-summary"] }) { _, _ in }
    }
    #expect(unknown.contains("did you mean 'dialogue-summary'?"))
    let unfit = Fixture.message(.usage) {
      try Fixture.preparing(line, configure: { $0.sources[0].templates = ["review-rating"] }) { _, _ in }
    }
    #expect(unfit.contains("'review-rating' needs star_rating") && unfit.contains("id, dialogue, summary"), "\(unfit)")
    let group = Fixture.message(.usage) {
      try Fixture.preparing(line, configure: { $0.groupColumn = "dialog" }) { _, _ in }
    }
    #expect(group.contains("did you mean 'dialogue'?"))
    let overwriting = Fixture.message(.usage) {
      try Fixture.preparing(
        line, name: "train.jsonl",
        configure: { $0.output = ($0.sources[0].inputs[0] as NSString).deletingLastPathComponent }
      ) { _, _ in }
    }
    #expect(overwriting.contains("would replace"))
  }

  @Test func checkWritesNothing() throws {
    try Fixture.preparing(dialogueLines(0..<30).joined(separator: "\n") + "\nx", configure: { $0.checkOnly = true }) {
      report, out in
      #expect(report.recordsAccepted == 30 && report.rejectedCount == 1)
      #expect(report.files.reduce(0) { $0 + $1.examples } == 30)
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test func aColumnCanBeChosen() throws {
    let text = #"{"talk": "A: hi", "short": "Hi."}"#
    try Fixture.preparing(text, configure: { $0.sources[0].columns = ["dialogue": "talk", "summary": "short"] }) {
      report, _ in
      #expect(report.templates[0].mapping.column(for: "dialogue") == "talk")
    }
  }

  @Test(.enabled(if: Fixture.shared != nil, "needs the shared reference data: set TUNE_SHARED"))
  func preparesPublicDataSets() throws {
    let data = try #require(Fixture.shared) + "/data"
    try Fixture.inFolder { folder in
      let library = try TemplateTests.library()
      let expected: [(file: String, template: String, limit: Int)] = [
        ("dialogsum/dialogsum.dev.jsonl.gz", "dialogue-summary", 200), ("samsum/val.json.gz", "dialogue-summary", 200),
        ("amazon-5core/All_Beauty_5.jsonl.gz", "review-rating", 200),
      ]
      for (file, template, limit) in expected {
        let report = try prepare(
          PreparationOptions(sources: [.init(inputs: ["\(data)/\(file)"], limit: limit)], output: "\(folder)/out"),
          library: library)
        #expect(report.templates.map { $0.name } == [template] && report.recordsAccepted == limit, "\(file)")
      }
    }
  }
}
