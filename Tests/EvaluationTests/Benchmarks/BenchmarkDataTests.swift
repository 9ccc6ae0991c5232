import Basics
import Foundation
import Testing

@testable import Evaluation

/// Records of benchmarks as they are published, and damaged ones.
@Suite struct BenchmarkDataTests {
  private static let shared: String? = {
    let folder = ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? "\(TaskFixtures.root)/../shared"
    return FileManager.default.fileExists(atPath: "\(folder)/data/bbh") ? "\(folder)/data" : nil
  }()

  private func task(_ name: String) throws -> BenchmarkTask {
    try #require(try TaskFixtures.library().selection([name]).tasks.first)
  }

  /// Writes `files` and reads the records of a task from them.
  private func splits(_ name: String, _ files: [String: String]) throws -> [String: TaskDocuments] {
    let folder = FileManager.default.temporaryDirectory.path + "/benchmarks-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (path, text) in files {
      let url = URL(fileURLWithPath: "\(folder)/\(path)")
      try createFolder(url.deletingLastPathComponent().path)
      try Data(text.utf8).write(to: url)
    }
    return try TaskData(folder).splits(of: task(name))
  }

  private func failure(_ name: String, _ files: [String: String]) -> String {
    do {
      _ = try splits(name, files)
    } catch {
      return (error as? TuneError)?.message ?? "\(error)"
    }
    return ""
  }

  // MARK: Published forms

  /// Tests/Fixtures/benchmarks/make_bigbench_form.py
  @Test func bigBenchExamplesBecomeTheHubsRecords() throws {
    let cases = try JSON(contentsOf: "\(TaskFixtures.root)/Tests/Fixtures/benchmarks/bigbench_form.json")
    for test in try #require(cases.arrayValue) {
      let task = try #require(test["task"])
      let found = try BigBenchForm(makesPrompts: true).documents(of: task, path: "task.json")
      #expect(found.map { JSON.object($0.json) } == test["records"]?.arrayValue)
    }
  }

  @Test func bigBenchFilesAreFound() throws {
    let text = #"{"append_choices_to_input": false, "examples": [{"input": "a", "target_scores": {"x": 1, "y": 0}}]}"#
    for path in ["bigbench/snarks.json", "bigbench/snarks/task.json", "bigbench-json/snarks.json"] {
      let found = try splits("bigbench_snarks_multiple_choice", [path: text])
      #expect(found["default"]?.documents.first?.json["inputs"] == "Q: a\nA:", "\(path)")
    }
    let hard = try splits(
      "bbh_zeroshot_snarks", ["bbh/snarks.json": #"{"examples": [{"input": "a", "target": "(A)"}]}"#])
    #expect(hard["test"]?.documents.first?.json == ["input": "a", "target": "(A)"])
  }

  /// The authors' folders: MMLU's splits are folders, TruthfulQA has one file, GLUE's are named `glue-…`.
  @Test func authorsFoldersAreFound() throws {
    let row = "How many?,1,2,3,4,B\n"
    let found = try splits(
      "mmlu_anatomy",
      ["mmlu/test/anatomy_test.csv": row, "mmlu/test/astronomy_test.csv": "", "mmlu/dev/anatomy_dev.csv": row])
    #expect(found["test"]?.documents.count == 1 && found["dev"]?.documents.count == 1)
    let csv = "Question,Best Answer,Correct Answers,Incorrect Answers\nWhy?,So,So; Yes,No; Never\n"
    #expect(try splits("truthfulqa_mc1", ["truthfulqa/TruthfulQA.csv": csv])["validation"]?.documents.count == 1)
    let sentence = "{\"sentence\": \"Fine.\", \"label\": 1}\n"
    #expect(try splits("sst2", ["glue-sst2/dev.jsonl": sentence])["validation"]?.documents.count == 1)
  }

  @Test func pathsStayInTheFolder() throws {
    for path in ["../secret.jsonl", "/etc/passwd", "a/../../b"] {
      let yaml = """
        task: own
        dataset_path: json
        dataset_kwargs: {data_files: {test: "\(path)"}}
        output_type: multiple_choice
        test_split: test
        doc_to_text: "{{a}}"
        doc_to_target: 0
        doc_to_choice: ["x", "y"]
        """
      let task = try #require(TaskLibrary(texts: [("own.yaml", yaml)]).tasks.first)
      #expect(throws: TuneError.self) { try TaskData("/tmp").splits(of: task) }
    }
  }

  @Test func superGLUEsRecordsOfSeveralQuestionsAreTakenApart() throws {
    let multirc = #"""
      {"passage": {"text": "P", "questions": [{"question": "Q", "answers": [{"text": "a", "label": 1}, {"text": "b", "label": 0}]}]}}
      """#
    let found = try splits("multirc", ["multirc/val.jsonl": multirc])["validation"]?.documents.map { $0.json }
    #expect(
      found == [
        ["paragraph": "P", "question": "Q", "answer": "a", "label": 1],
        ["paragraph": "P", "question": "Q", "answer": "b", "label": 0],
      ])
    let record = #"""
      {"passage": {"text": "Éa in Rome", "entities": [{"start": 0, "end": 1}, {"start": 6, "end": 9}]}, "qas": [{"query": "@placeholder", "answers": [{"text": "Rome"}]}]}
      """#
    let document = try splits("record", ["record/val.jsonl": record])["validation"]?.documents.first?.json
    #expect(document?["entities"] == ["Éa", "Rome"] && document?["answers"] == ["Rome"])
    let wsc = #"""
      {"text": "The cat saw it.", "target": {"span1_text": "the Cat.", "span1_index": 0, "span2_text": "it", "span2_index": 3}, "label": false}
      """#
    let mended = try splits("wsc", ["wsc/val.jsonl": wsc])["validation"]?.documents.first?.json
    #expect(mended?["span1_text"] == "The Cat" && mended?["span2_text"] == "it" && mended?["label"] == 0)
  }

  @Test(.enabled(if: shared != nil, "the shared data are absent; set TUNE_SHARED to the folder that holds data/"))
  func sharedBenchmarksAreAsked() throws {
    let data = TaskData(try #require(Self.shared)), library = try TaskFixtures.library()
    let files = FileManager.default
    for (folder, prefix, suffix) in [("bbh", "bbh_zeroshot_", ""), ("bigbench-json", "bigbench_", "_multiple_choice")] {
      for file in try files.contentsOfDirectory(atPath: "\(data.folder)/\(folder)") where file.hasSuffix(".json.gz") {
        let name = prefix + file.dropLast(".json.gz".count).replacing("judgement", with: "judgment") + suffix
        guard let task = library.tasks.first(where: { $0.name.replacing("judgement", with: "judgment") == name }) else {
          continue  // of an older division into tasks
        }
        let run = try TaskRun(task, splits: try data.splits(of: task), limit: 20)
        #expect(run.samples.count == 20 && run.samples.allSatisfy { !$0.requests.isEmpty }, "\(name)")
      }
    }
  }

  // MARK: Damaged ones

  @Test func aBadRowIsNamed() {
    let good = #"{"sentence": "a", "label": 1}"#
    #expect(failure("sst2", ["sst2/validation.jsonl": "\(good)\n{\"sentence\": \n"]).contains("validation.jsonl:2"))
    #expect(failure("cola", ["cola/dev.tsv": "a\t1\t\tb\na\t1\tb\n"]).contains("dev.tsv:2: 3 columns; expected 4"))
    #expect(failure("mmlu_anatomy", ["anatomy/test.csv": "Q,a,b,c,d,E\n"]).contains("test.csv:1"))
    #expect(
      failure("bbh_zeroshot_snarks", ["bbh/snarks.json": "{\"examples\": [{\"target\": \"x\"}]}"]).contains("example 1")
    )
    #expect(failure("bbh_zeroshot_snarks", ["bbh/snarks.json": "[]"]).contains("snarks.json: expected a JSON object"))
    #expect(
      failure("bigbench_snarks_multiple_choice", ["bigbench/snarks.json": #"{"examples": [{"input": "a"}]}"#])
        .contains("neither a 'target' nor 'target_scores'"))
    #expect(
      failure(
        "record",
        [
          "record/val.jsonl": #"""
          {"passage": {"text": "ab", "entities": [{"start": 1, "end": 2}]}, "qas": []}
          """#
        ]
      ).contains("is no part of the text"))
  }

  @Test func emptyAndMissingFilesAreNamed() throws {
    #expect(failure("sst2", [:]).contains("found no records"))
    #expect(failure("sst2", ["sst2/validation.jsonl": ""]).contains("validation.jsonl: the file is empty"))
    let empty = TaskDocuments([]) { "test:\($0)" }
    let error = #expect(throws: TuneError.self) { try TaskRun(try task("wikitext"), splits: ["test": empty]) }
    #expect(error?.message.contains("the split 'test' is empty") == true)
    #expect(failure("bbh_zeroshot_snarks", ["bbh/snarks.json": ""]).contains("snarks.json"))
  }

  @Test func membersThatAreNoTextAreNamed() throws {
    let number = try splits(
      "truthfulqa_gen",
      [
        "truthfulqa_gen/validation.jsonl": #"{"question": "q", "correct_answers": [1], "incorrect_answers": ["b"]}"#
      ])
    let error = #expect(throws: TuneError.self) { try TaskRun(try task("truthfulqa_gen"), splits: number) }
    #expect(error?.message.contains("correct_answers: expected texts, found 1") == true)
    let missing = try splits("sst2", ["sst2/validation.jsonl": #"{"text": "a", "label": 1}"#])
    #expect(throws: TuneError.self) { try TaskRun(try task("sst2"), splits: missing) }
  }

  /// A model whose logits overflow gives NaN: scores are NaN or those of a wrong answer, and files stay readable.
  @Test func likelihoodsThatAreNoNumbersAreCounted() throws {
    let records = (0..<4).map { ["sentence": .string("s\($0)"), "label": 1] as JSONObject }
    let run = try TaskRun(
      try task("sst2"), splits: ["validation": TaskDocuments(records) { "validation:\($0)" }])
    let nothing = TaskResponse.logLikelihood(.nan, isGreedy: false)
    let result = try run.result(run.samples.map { $0.requests.map { _ in nothing } }, bootstrapIterations: 100)
    #expect(result.scores.first { $0.metric == "acc" }?.value == 0)
    for sample in result.samples { _ = try JSON(parsing: HarnessResults.sample(sample).text()) }
    _ = try JSON(parsing: HarnessResults.scores(result).text())
    let rolling = try #require(TaskFixtures.library().selection(["wikitext"]).tasks.first)
    let pages = try TaskRun(rolling, splits: ["test": TaskDocuments([["page": " = A = \n"]]) { "test:\($0)" }])
    let scores = try pages.result([[.rolling(.nan)]], bootstrapIterations: 0).scores
    #expect(!scores.isEmpty && scores.allSatisfy { $0.value.isNaN })
  }
}
