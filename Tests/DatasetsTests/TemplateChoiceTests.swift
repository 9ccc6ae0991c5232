import Basics
import Foundation
import Testing

@testable import Datasets

/// Which template is chosen for data whose user names none, and what is said about it.
@Suite struct TemplateChoiceTests {
  private static let folder: String = {
    let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return root.path + "/Templates"
  }()

  struct Case: CustomTestStringConvertible, Sendable {
    var columns: [String]
    /// The values of the last column.
    var values: [JSON]
    var path = "data/train.jsonl"
    var chosen: String
    var alternatives: [String] = []
    var reason = "chosen by its columns"

    var testDescription: String { "\(columns.joined(separator: ",")) \(values.first?.text() ?? "") \(path)" }

    var records: [JSONObject] {
      values.map { value in
        var record = JSONObject()
        for name in columns.dropLast() { record[name] = .string("some words") }
        if let last = columns.last { record[last] = value }
        return record
      }
    }
  }

  private static let pair = ["sentence1", "sentence2", "label"], numbers: [JSON] = [0, 1, 1, 0]
  private static let inference = ["premise", "hypothesis", "label"]

  static let cases = [
    // Numbers from 0 are the labels of any task: the general template, unless the name of the data tells.
    Case(
      columns: ["sentence", "label"], values: numbers, chosen: "text-classification",
      alternatives: ["grammar-acceptability", "sentiment"]),
    Case(
      columns: ["text", "label"], values: ["0", "1"], chosen: "text-classification",
      alternatives: ["grammar-acceptability", "sentiment", "topic"]),
    Case(
      columns: ["text", "label"], values: [3, 2, 1, 0], chosen: "text-classification", alternatives: ["topic"]),
    Case(columns: ["text", "label"], values: [0, 5, 3], chosen: "text-classification"),
    Case(
      columns: ["sentence", "label"], values: numbers, path: "glue/SST-2/dev.tsv", chosen: "sentiment",
      alternatives: ["text-classification", "grammar-acceptability"],
      reason: "chosen by its columns and the name of the data, sst2"),
    Case(
      columns: ["sentence", "label"], values: numbers, path: "cola_train.tsv", chosen: "grammar-acceptability",
      alternatives: ["text-classification", "sentiment"],
      reason: "chosen by its columns and the name of the data, cola"),
    Case(
      columns: ["text", "label"], values: [3, 2, 1, 0], path: "ag_news.csv", chosen: "topic",
      alternatives: ["text-classification"], reason: "chosen by its columns and the name of the data, ag_news"),
    // Words for labels tell.
    Case(
      columns: ["text", "label"], values: ["positive", "Negative"], chosen: "sentiment",
      alternatives: ["text-classification"], reason: "chosen by its columns and the values of label"),
    Case(columns: ["text", "label"], values: ["ham", "spam"], chosen: "text-classification"),
    // Three classes are not two, and what no record shows is not wanted.
    Case(columns: inference, values: [0, 2, 1], chosen: "natural-language-inference"),
    Case(
      columns: inference, values: numbers, chosen: "textual-entailment", alternatives: ["natural-language-inference"]),
    Case(
      columns: inference, values: [0, 0], chosen: "natural-language-inference", alternatives: ["textual-entailment"]),
    Case(
      columns: inference, values: ["entailment", "not_entailment"], chosen: "textual-entailment",
      reason: "chosen by its columns and the values of label"),
    Case(
      columns: ["sentence1", "sentence2", "gold_label"], values: ["neutral", "entailment", "contradiction"],
      chosen: "natural-language-inference", alternatives: ["paraphrase"],
      reason: "chosen by its columns and the values of gold_label"),
    Case(
      columns: pair, values: numbers, path: "glue/rte/train.jsonl", chosen: "textual-entailment",
      alternatives: ["paraphrase-detection", "paraphrase", "natural-language-inference"],
      reason: "chosen by its columns and the name of the data, rte"),
    Case(
      columns: pair, values: numbers, chosen: "paraphrase-detection",
      alternatives: ["paraphrase", "textual-entailment", "natural-language-inference"]),
    Case(
      columns: ["#1 String", "#2 String", "Quality"], values: ["0", "1"], chosen: "paraphrase-detection",
      alternatives: ["paraphrase"]),
    // The result after #### tells.
    Case(
      columns: ["question", "answer"], values: ["2 + 2 = 4\n#### 4", "#### 1"], chosen: "math-word-problem",
      alternatives: ["closed-book-question-answering", "chat"],
      reason: "chosen by its columns and the values of answer"),
    Case(
      columns: ["question", "answer"], values: ["Paris"], chosen: "closed-book-question-answering",
      alternatives: ["chat"]),
    Case(
      columns: ["passage", "question", "answer"], values: [true, false], chosen: "yes-no-question",
      alternatives: [
        "question-generation", "question-answering", "extractive-question-answering", "closed-book-question-answering",
        "chat",
      ], reason: "chosen by its columns and the values of answer"),
    Case(
      columns: ["input", "output"], values: ["x"], chosen: "chat",
      alternatives: ["closed-book-question-answering", "data-to-text", "grammar-correction"]),
    // Values single a task out only where no other uses more of the columns.
    Case(
      columns: ["title", "context", "question", "answer"], values: ["yes", "no"],
      chosen: "extractive-question-answering",
      alternatives: [
        "yes-no-question", "question-generation", "question-answering", "closed-book-question-answering", "chat",
      ]),
  ]

  @Test(arguments: cases) func theRightTemplateIsChosen(_ test: Case) throws {
    let library = try TemplateLibrary(folders: [Self.folder])
    let match = try library.bestMatch(columns: test.columns, records: test.records, paths: [test.path])
    #expect(match.selection.task.name == test.chosen)
    #expect(match.reason == test.reason)
    #expect(Set(match.alternatives) == Set(test.alternatives), "\(match.alternatives)")
  }

  @Test func aFewDamagedLabelsChangeNothing() throws {
    let library = try TemplateLibrary(folders: [Self.folder])
    func chosen(_ damaged: Int) throws -> String {
      let values = (0..<100).map { index in index < damaged ? JSON.integer(-1) : .integer(index % 3) }
      let test = Case(columns: Self.inference, values: values, chosen: "")
      return try library.bestMatch(columns: test.columns, records: test.records).selection.task.name
    }
    #expect(try chosen(10) == "natural-language-inference")
    let message = Fixture.message(.usage) { _ = try chosen(11) }
    #expect(
      message.hasPrefix(
        "no template fits: natural-language-inference has the columns but 'label' holds '-1'; "
          + "expected 0, entailment, 1, neutral, 2, contradiction; choose a template with --template"), "\(message)")
  }

  @Test func theUsersColumnsAreNotDoubted() throws {
    let library = try TemplateLibrary(folders: [Self.folder])
    let test = Case(columns: Self.inference, values: ["E", "N"], chosen: "")
    let match = try library.bestMatch(columns: test.columns, chosen: ["label": "label"], records: test.records)
    #expect(match.selection.task.name == "natural-language-inference")
  }

  @Test func namesOfDataSetsAreWholeWords() throws {
    let library = try TemplateLibrary(folders: [Self.folder])
    let test = Case(columns: ["sentence", "label"], values: Self.numbers, chosen: "")
    for (paths, expected) in [
      (["chocolate.tsv"], "text-classification"), (["cola/deep/down/train.tsv"], "text-classification"),
      (["-"], "text-classification"), ([], "text-classification"), (["cola/a.tsv", "b.tsv"], "text-classification"),
      (["sst2.tsv", "cola.tsv"], "text-classification"), (["sst2.tsv", "imdb/x.csv"], "sentiment"),
      (["CoLA.tsv.gz"], "grammar-acceptability"), (["my sst 2 copy.tsv"], "sentiment"),
    ] {
      let match = try library.bestMatch(columns: test.columns, records: test.records, paths: paths)
      #expect(match.selection.task.name == expected, "\(paths)")
    }
  }

  @Test func fieldsSayWhatValuesTheyWant() throws {
    let yaml = """
      name: t
      task: T
      fields:
        text: {about: "T", contains: "####"}
        label: {about: "L", columns: [class], values: [0, "NO", 1, "yes"]}
      templates: [{name: w, prompt_and_target: "{{ text }} ||| {{ label }}"}]
      """
    let task = try TaskTemplate(yaml: yaml, origin: "t.yaml")
    #expect(task.fields[0].contains == "####" && task.fields[1].values == ["0", "no", "1", "yes"])
    #expect(try TaskTemplate(yaml: task.text(in: .tune), origin: "t.yaml").fields == task.fields)
    let wrong = yaml.replacing(bytesOf: "values: [0", with: "values: [[]")
    #expect(Fixture.message(.usage) { _ = try TaskTemplate(yaml: wrong, origin: "t.yaml") }.contains("values"))
  }

  /// Every template that says which values it takes renders each of them, so that none is an answer by its number.
  @Test func declaredValuesAreUnderstood() throws {
    let library = try TemplateLibrary(folders: [Self.folder])
    var checked = 0
    for task in library.tasks {
      for field in task.fields where !field.values.isEmpty {
        for wording in task.wordings where wording.targetFields.containsSame(as: field.name) {
          var targets: [String] = []
          for value in field.values {
            var record = JSONObject()
            for name in wording.fields { record[name] = "some words" }
            record[field.name] = Int(value).map { .integer($0) } ?? .string(value)
            targets.append(try wording.render(record, draw: 0).target)
          }
          #expect(!targets.contains(""), "\(task.name)/\(wording.name)")
          #expect(
            Set(targets).count == field.values.count { Int($0) != nil }, "\(task.name)/\(wording.name): \(targets)")
          checked += 1
        }
      }
    }
    #expect(checked > 50)
  }

  @Test func bareNumbersAreRemarkedOn() throws {
    try Fixture.inFolder { folder in
      let rows = (0..<40).map { "Sentence number \($0).\t\($0 % 2)" }
      try Fixture.write((["sentence\tlabel"] + rows).joined(separator: "\n"), to: "\(folder)/in.tsv")
      let options = PreparationOptions(sources: [.init(inputs: ["\(folder)/in.tsv"])], output: "\(folder)/out")
      let report = try prepare(options, library: TemplateLibrary(folders: [Self.folder]))
      #expect(
        report.warnings == [
          "the answers are the numbers 0, 1, for which text-classification has no words; choose a template that has, "
            + "or map a column of names with --map label=COLUMN"
        ])
      let task = try JSON(contentsOf: "\(folder)/out/dataset.json")["tasks"]?.arrayValue?.first
      #expect(task?["reason"] == "chosen by its columns")
      #expect(task?["also_fits"] == ["grammar-acceptability", "sentiment"])
    }
  }
}
