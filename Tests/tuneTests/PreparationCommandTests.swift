import Basics
import Foundation
import Testing

/// `tune prepare` as a user runs it: word lists, languages, the choice of templates, augmentation there and back.
@Suite struct PreparationCommandTests {
  private static let sentences = [
    ("en", "What did they say about the weather in the mountains yesterday?", "They said that it would rain all day."),
    ("de", "Was haben sie gestern über das Wetter in den Bergen gesagt?", "Sie sagten, dass es im Tal regnen würde."),
    ("fr", "Qu'ont-ils dit hier à propos du temps dans les montagnes ?", "Ils ont dit qu'il pleuvrait dans la vallée."),
    (
      "es", "¿Qué dijeron ayer sobre el tiempo en las montañas del norte?",
      "Dijeron que llovería todo el día en el valle."
    ),
  ]

  private static func rows(_ pairs: [(prompt: String, completion: String)]) -> String {
    pairs.map { pair in
      JSON.object(["prompt": .string(pair.prompt), "completion": .string(pair.completion)]).text(.compact) + "\n"
    }.joined()
  }

  private static func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(rows(sentences.map { ($0.1, $0.2) }), to: "four.jsonl")
    return workspace
  }

  /// Shared reference data, nil where they are absent.
  private static let shared: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = (ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? root.path + "/../shared") + "/data"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  // MARK: Languages

  /// Rows in a language that is not expected are found by their lines, and the others are not.
  @Test(arguments: [
    ("en", [2, 3, 4]), ("de", [1, 3, 4]), ("fr", [1, 2, 4]), ("es", [1, 2, 3]), ("en,de", [3, 4]), ("en, fr, es", [2]),
    ("en,de,fr,es", []),
  ])
  func otherLanguagesAreFound(expected: String, lines: [Int]) throws {
    let workspace = try Self.workspace()
    let outcome = try workspace.succeed("prepare", "four.jsonl", "--languages", expected)
    let findings = workspace.exists("prepared/findings.jsonl") ? try workspace.lines("prepared/findings.jsonl") : []
    #expect(findings.allSatisfy { $0["kind"] == "language" })
    #expect(Set(findings.compactMap { $0["line"]?.intValue }) == Set(lines))
    for (index, sentence) in Self.sentences.enumerated() where lines.contains(index + 1) {
      #expect(outcome.output.contains("reads as '\(sentence.0)'") || lines.count > 1)
    }
    // Findings drop nothing, unless --strict refuses them.
    #expect(try workspace.lines("prepared/train.jsonl").count + workspace.lines("prepared/validation.jsonl").count == 4)
    let strict = try workspace.run("prepare", "four.jsonl", "--languages", expected, "--strict", "--output", "strict")
    #expect(workspace.exists("strict") == lines.isEmpty)
    #expect(strict.code == (lines.isEmpty ? 0 : 3) && workspace.exists("strict/train.jsonl") == lines.isEmpty)
  }

  @Test(.enabled(if: shared != nil, "the data sets of ../shared/data are absent"), arguments: ["en", "de", "fr"])
  func captionsAreInTheirLanguage(code: String) throws {
    let path = try #require(Self.shared) + "/multi30k/val.\(code).gz", workspace = try Workspace()
    func found(_ languages: String) throws -> Int {
      let arguments = ["prepare", path, "--format", "text", "--languages", languages, "--check", "--json"]
      let json = try workspace.succeed(arguments).json
      #expect(json["records_read"] == 1014)
      return json["findings"]?["language"]?.intValue ?? 0
    }
    #expect(try found(code) <= 5)
    // Captions too short to tell are not found.
    #expect(try found(code == "es" ? "en" : "es") >= 850)
  }

  // MARK: Word lists

  @Test func misspelledTextsAreFound() throws {
    let workspace = try Workspace()
    let right = "the old man took his small dog for a long walk along the quiet river"
    let wrong = "teh old man tok his smal dog fro a lnog wlak along the quiet river"
    try workspace.write(Set(right.split(separator: " ")).sorted().joined(separator: "\r\n") + "\r\n", to: "words.txt")
    try workspace.write(Self.rows([(right, "ok"), (wrong, "ok"), ("Teh Old", "ok")]), to: "rows.jsonl")
    let arguments = ["prepare", "rows.jsonl", "--word-list", "words.txt", "--json"]
    #expect(try workspace.succeed(arguments).json["findings"] == ["misspelling": 1])
    let finding = try #require(try workspace.lines("prepared/findings.jsonl").first)
    #expect(finding["line"] == 2 && finding["field"] == "prompt" && finding["excerpt"] == "teh tok smal fro lnog wlak")
    #expect(finding["suggestion"]?.stringValue?.contains("6 of 14 words are not in the word list") == true)
    #expect(try workspace.text("prepared/dataset.md").contains("| misspelling | 1 |"))
  }

  @Test func mistakesOfListsAndLanguagesAreNamed() throws {
    let workspace = try Self.workspace()
    try workspace.write("\n \n", to: "blank.txt")
    try workspace.write([0x61, 0x0A, 0xFF, 0xFE], to: "latin.txt")
    func fails(_ arguments: [String], code: Int32, _ parts: [String]) throws {
      try workspace.fail(["prepare", "four.jsonl"] + arguments, code: code, saying: parts)
      #expect(!workspace.exists("prepared"))
    }
    try fails(["--word-list", "none.txt"], code: 3, ["none.txt: no such file; check the name and the folder"])
    try fails(["--word-list", "blank.txt"], code: 3, ["blank.txt: holds no word; expected one word a line"])
    try fails(["--word-list", "latin.txt"], code: 3, ["latin.txt:2: not valid UTF-8"])
    try fails(["--word-list", "."], code: 3, [".: is a folder, not a file"])
    try fails(["--languages", "en,xx"], code: 2, ["--languages: 'xx' is not known; expected some of en, de, fr"])
    try fails(["--languages", "EN"], code: 2, ["--languages: 'EN' is not known"])
    try fails(["--languages", ","], code: 2, ["--languages: no language is named"])
    try fails(["--findings", "language"], code: 2, ["--findings language: needs the languages that are expected"])
    try fails(["--findings", "url,misspelling"], code: 2, ["--findings misspelling: needs correct words"])
  }

  // MARK: The choice of templates

  @Test func whatDecidedAndWhatElseFitsIsSaid() throws {
    let workspace = try Workspace()
    let rows = (0..<30).map { "It is number \($0).\t\($0 % 2)\n" }.joined()
    try workspace.write("sentence\tlabel\n" + rows, to: "rows.tsv")
    try workspace.write("sentence\tlabel\n" + rows, to: "sst2.tsv")
    let general = try workspace.succeed("prepare", "rows.tsv").output
    #expect(general.contains("template  text-classification (8 wordings) — fields: sentence→text, label\n"))
    #expect(general.contains("chosen by its columns\n"))
    #expect(general.contains("also fits: grammar-acceptability, sentiment; choose with --template NAME\n"))
    #expect(general.contains("note      the answers are the numbers 0, 1, for which text-classification has no words;"))
    let page = try workspace.text("prepared/dataset.md")
    #expect(
      page.contains(
        "`text-classification`: chosen by its columns; also fits: `grammar-acceptability`, `sentiment`.\n"))
    let named = try workspace.succeed("prepare", "sst2.tsv").output
    #expect(named.contains("template  sentiment (8 wordings)") && !named.contains("note "))
    #expect(named.contains("chosen by its columns and the name of the data, sst2\n"))
    let json = try workspace.succeed("prepare", "sst2.tsv", "--json").json
    #expect(
      json["templates"] == ["sentiment"] && json["also_fits"] == ["text-classification", "grammar-acceptability"])
    #expect(try workspace.lines("prepared/train.jsonl").allSatisfy { Int($0["completion"]?.stringValue ?? "0") == nil })
    let chosen = try workspace.succeed("prepare", "rows.tsv", "--template", "grammar-acceptability").output
    #expect(chosen.contains("chosen with --template\n") && !chosen.contains("also fits"))
  }

  // MARK: There and back

  /// The run of Documentation/preparation.md: a rating from its review and a review from its rating.
  @Test func reviewsAreLearntThereAndBack() throws {
    let workspace = try Workspace()
    let reviews = (0..<40).map { index in
      "{\"star_rating\": \(index % 5 + 1), \"review_headline\": \"Headline \(index)\", "
        + "\"review_body\": \"This lamp is number \(index).\", \"product_title\": \"Lamp\", "
        + "\"product_category\": \"Home\"}\n"
    }
    try workspace.write(reviews.joined(), to: "reviews.jsonl")
    try workspace.succeed(
      "prepare", "reviews.jsonl", "--template", "review-rating", "--template", "review-generation", "--each-template",
      "--provenance")
    var tasks: [Int: Set<String>] = [:], splits: [Int: Set<String>] = [:], examples = 0
    for split in ["train", "validation", "test"] {
      for line in try workspace.lines("prepared/\(split).jsonl") {
        let record = try #require(line["line"]?.intValue), template = try #require(line["template"]?.stringValue)
        let completion = try #require(line["completion"]?.stringValue)
        tasks[record, default: []].insert(String(template.split(separator: "/")[0]))
        splits[record, default: []].insert(split)
        examples += 1
        let isBack = template.hasPrefix("review-generation/")
        #expect(completion.contains("number \(record - 1).") == isBack, "\(template): \(completion)")
      }
    }
    #expect(examples == 80 && tasks.count == 40)
    #expect(tasks.values.allSatisfy { $0 == ["review-rating", "review-generation"] })
    // Both directions of a review are in one split: the test asks for nothing that training has shown.
    #expect(splits.values.allSatisfy { $0.count == 1 })
  }
}
