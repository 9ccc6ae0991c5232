import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct TemplateTests {
  static let reviews = """
    name: review-rating
    task: Predict the stars.
    fields:
      product_title: {about: "The product.", columns: [product_name, {name: title, unless: [asin, parent_asin]}]}
      star_rating: {about: "1 to 5.", columns: [stars, rating, overall]}
      review_headline:
        about: "The title."
        columns: [headline, review_title, summary, {name: title, beside: [asin, parent_asin]}]
      review_body: {about: "The text.", columns: [reviewText, body, text]}
    metrics: [accuracy]
    templates:
      - name: named
        prompt_and_target: |-
          {% if product_title %}About {{ product_title }}.{% else %}About it.{% endif %}
          {{ review_body }} ||| {{ star_rating }}
      - name: both
        answer_choices: 1 ||| 2 ||| 3 ||| 4 ||| 5
        prompt_and_target: "{{ review_headline }}: {{ review_body }} ||| {{ star_rating }}"
    """
  static let dialogues = """
    name: dialogue-summary
    task: Summarise.
    fields: {dialogue: {about: "Turns.", columns: [conversation]}, summary: "What was said."}
    metrics: rouge
    templates:
      - {name: short, prompt_and_target: "{{ dialogue }} ||| {{ summary }}"}
    """

  static func library() throws -> TemplateLibrary {
    try TemplateLibrary(texts: [("dialogues", dialogues), ("reviews", reviews)])
  }

  @Test func rendersAsPromptsource() throws {
    for golden in try Fixture.golden("rendering.json") {
      let name = try #require(golden["name"]?.stringValue)
      let fields = try #require(golden["fields"]?.objectValue)
      let expected = golden["parts"]?.arrayValue?.compactMap { $0.stringValue } ?? []
      let wording = try Wording(
        name: name, promptAndTarget: golden["template"]?.stringValue ?? "",
        answerChoices: golden["answer_choices"]?.stringValue, known: fields.keys + ["title", "stars"], place: name)
      do {
        let rendered = try wording.render(fields, draw: 1)
        #expect([rendered.prompt, rendered.target] == expected, "\(name)")
      } catch let failure as RenderingFailure {
        #expect(expected.count != 2, "\(name): \(failure.reason)")
      }
    }
  }

  @Test func choiceIsFixedByTheSeed() throws {
    let wording = try Wording(
      name: "w", promptAndTarget: "{{ ['a', 'b', 'c', 'd'] | choice }} ||| {{ x }}", answerChoices: nil, known: ["x"],
      place: "w")
    let drawn = try (0..<20).map { try wording.render(["x": "1"], draw: UInt64($0)).prompt }
    #expect(Set(drawn).count > 1)
    #expect(try (0..<20).map { try wording.render(["x": "1"], draw: UInt64($0)).prompt } == drawn)
  }

  @Test func placeholderNeverMeetsTheData() throws {
    let wording = try Wording(
      name: "w", promptAndTarget: "{{ x }} ||| {{ y }}", answerChoices: nil, known: ["x", "y"], place: "w")
    let fields: JSONObject = ["x": "a\u{F8FF}\u{F8FE}\u{F8FF}b|||c", "y": "\u{E000}\u{E000}\u{E000}"]
    let rendered = try wording.render(fields, draw: 0)
    #expect(rendered.prompt == "a\u{F8FF}\u{F8FE}\u{F8FF}b|||c" && rendered.target == "\u{E000}\u{E000}\u{E000}")
  }

  @Test func readsTheFile() throws {
    let task = try TaskTemplate(yaml: Self.reviews, origin: "reviews.yaml")
    #expect(task.fieldNames == ["product_title", "star_rating", "review_headline", "review_body"])
    #expect(task.metrics == ["accuracy"])
    #expect(task.wordings.map { $0.name } == ["named", "both"])
    #expect(task.wordings[0].optionalFields == ["product_title"])
    #expect(task.wordings[0].targetFields == ["star_rating"])
    #expect(task.wordings[1].fields == ["star_rating", "review_headline", "review_body"])
    #expect(task.sha256.count == 64)
  }

  @Test(arguments: [
    ("task: T", "tsk: T", "x.yaml:2: unknown key 'tsk'; did you mean 'task'?"),
    (
      "prompt_and_target: \"", "prompt_and_taget: \"",
      "unknown key 'prompt_and_taget'; did you mean 'prompt_and_target'?"
    ),
    ("||| {{ b }}", "{{ b }}", "has no '|||'"), ("{{ b }}", "{{ bb }}", "uses 'bb', which is none of its fields"),
    ("{{ b }}", "{{ b", "x.yaml:6: w: prompt_and_target"), ("name: w", "name: []", "expected a text"),
    ("fields: {a: A, b: B}", "fields: {}", "no field is declared"),
    ("fields: {a: A, b: B}", "fields: [a]", "is no mapping"),
    ("task: T", "task: ''", "task: missing or empty"),
    ("metrics: [rouge]", "metrics: {a: b}", "expected a list of texts"),
    ("task: T", "task: [", "not valid YAML"), ("task: T", "name: again", "appears twice"),
    ("a: A", "answer_choices: A", "choose another name"),
  ])
  func refusesAMistake(_ right: String, _ wrong: String, _ expected: String) throws {
    let text = """
      name: t
      task: T
      fields: {a: A, b: B}
      metrics: [rouge]
      templates:
        - name: w
          prompt_and_target: "{{ a }} ||| {{ b }}"
      """
    _ = try TaskTemplate(yaml: text, origin: "x.yaml")
    let broken = text.replacing(bytesOf: right, with: wrong)
    let message = Fixture.message(.usage) { _ = try TaskTemplate(yaml: broken, origin: "x.yaml") }
    #expect(message.contains(expected) && message.hasPrefix("x.yaml"), "\(message)")
  }

  @Test func matchesColumnsByNameAndSynonym() throws {
    let library = try Self.library()
    let dialogue = try library.bestMatch(columns: ["id", "conversation", "summary"])
    #expect(dialogue.selection.task.name == "dialogue-summary" && dialogue.alternatives.isEmpty)
    #expect(dialogue.selection.mapping.column(for: "dialogue") == "conversation")
    let amazon2018 = try library.bestMatch(columns: ["overall", "reviewText", "summary", "asin"]).selection
    #expect(
      amazon2018.mapping.pairs.map { "\($0.field)=\($0.column)" } == [
        "star_rating=overall", "review_headline=summary", "review_body=reviewText",
      ])
    let amazon2023 = try library.bestMatch(columns: ["rating", "title", "text", "parent_asin"]).selection
    #expect(amazon2023.mapping.column(for: "review_headline") == "title")
    let shop = try library.bestMatch(columns: ["stars", "title", "body"]).selection
    #expect(shop.mapping.column(for: "product_title") == "title")
    #expect(shop.wordings.map { $0.name } == ["named"] && shop.unusable.first?.missing == ["review_headline"])
  }

  @Test func saysWhatFitsNothing() throws {
    let message = Fixture.message(.usage) { _ = try Self.library().bestMatch(columns: ["x", "y"]) }
    #expect(
      message.contains("no template fits the columns x, y") && message.contains("dialogue-summary (dialogue, summary)"))
  }

  @Test func findsTemplatesByNameWordingAndPath() throws {
    let library = try Self.library()
    #expect(try library.selection(named: "review-rating/both").wordings.map { $0.name } == ["both"])
    #expect(
      Fixture.message(.usage) { _ = try library.selection(named: "review-ratng") }.contains(
        "did you mean 'review-rating'?"))
    #expect(
      Fixture.message(.usage) { _ = try library.selection(named: "review-rating/bth") }.contains("did you mean 'both'?")
    )
    try Fixture.inFolder { folder in
      try Fixture.write(Self.dialogues, to: "\(folder)/mine.yaml")
      #expect(try library.selection(named: "\(folder)/mine.yaml").task.name == "dialogue-summary")
      #expect(try library.selection(named: "\(folder)/mine.yaml/short").wordings.count == 1)
      #expect(try TemplateLibrary(folders: [folder]).names == ["dialogue-summary"])
    }
  }

  /// The templates that the repository ships.
  @Test func shippedTemplatesAreValid() throws {
    let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.path + "/Templates"
    guard FileManager.default.fileExists(atPath: folder) else { return }
    let library = try TemplateLibrary(folders: [folder])
    #expect(!library.tasks.isEmpty)
    for task in library.tasks {
      for wording in task.wordings { #expect(!wording.targetFields.isEmpty, "\(wording.name)") }
      #expect(TemplateCheck.findings(in: TemplateSelection(task: task, wordings: task.wordings)).isEmpty)
      let again = try TaskTemplate(yaml: task.text(in: .tune), origin: task.origin)
      #expect(again.fields == task.fields && again.metrics == task.metrics && again.category == task.category)
      #expect(again.wordings.map { $0.promptAndTarget } == task.wordings.map { $0.promptAndTarget })
      #expect(again.wordings.map { $0.answerChoices } == task.wordings.map { $0.answerChoices })
    }
  }

  @Test func fieldsHaveOtherNamesBesideOtherColumns() throws {
    let yaml = """
      name: t
      task: T
      category: rewriting
      kind: transformation
      datasets: [a, b]
      fields:
        headline: {about: "H", columns: [{name: Title, beside: [asin, parent_asin]}, short text]}
        product: {about: "P", columns: [{name: title, unless: [asin]}]}
        body: "B"
      templates:
        - name: w
          id: x-1
          reference: "someone: else"
          languages: [en, de]
          original_task: true
          choices_in_prompt: false
          metrics: bleu
          prompt_and_target: "{{ headline }} {{ product }} ||| {{ body }}"
      """
    let task = try TaskTemplate(yaml: yaml, origin: "t.yaml")
    func mapped(_ columns: [String]) -> [String] {
      ColumnMapping(fields: task.fields, columns: DataColumns(columns)).pairs.map { "\($0.field)=\($0.column)" }
    }
    #expect(mapped(["title", "Parent ASIN", "body"]) == ["headline=title", "body=body"])
    #expect(mapped(["title", "asin", "Short_Text"]) == ["headline=title"])
    #expect(mapped(["title", "Short-Text", "Body"]) == ["headline=Short-Text", "product=title", "body=Body"])
    #expect(task.category == .rewriting && task.kind == .transformation && task.datasets == ["a", "b"])
    let metadata = try #require(task.wordings.first).metadata
    #expect(metadata.id == "x-1" && metadata.reference == "someone: else" && metadata.languages == ["en", "de"])
    #expect(metadata.isOriginalTask == true && metadata.hasChoicesInPrompt == false && metadata.line == 11)
    let again = try TaskTemplate(yaml: task.text(in: .tune), origin: "t.yaml")
    #expect(again.fields == task.fields && again.datasets == task.datasets && again.kind == task.kind)
    #expect(try TemplateLibrary(tasks: [task]).selection(named: "t/x-1").wordings.count == 1)
  }

  @Test(arguments: [
    ("category: nonsense", "category: 'nonsense' is unknown; expected reviews"), ("kind: [a]", "kind: expected a text"),
    ("answer_choices: {a: b}", "answer_choices: expected a text"), ("subset: []", "subset: expected a text"),
  ])
  func refusesWrongFacts(_ line: String, _ expected: String) {
    let yaml = """
      name: t
      task: T
      \(line)
      fields: {a: A}
      templates: [{name: w, prompt_and_target: "{{ a }} ||| {{ a }}"}]
      """
    let message = Fixture.message(.usage) { _ = try TaskTemplate(yaml: yaml, origin: "x.yaml") }
    #expect(message.hasPrefix("x.yaml:3: \(expected)"), "\(message)")
  }

  @Test func awkwardTextsAreWrittenSoThatTheyReadBack() throws {
    let texts = [
      " x", "x ", "a: b", "# no", "null", "~", "1.0", "yes", "'q'", "- a", "\n\n lead", "tail\n\n", "a\r\nb", "tab\tb",
      "\u{85}next", "e\u{301}", "😀", "{a}", "%d", "@x", "a\n  b\n c", "\u{2028}", "\\", "\"",
    ]
    for text in texts {
      let source = "\(text){{ dialogue }} ||| {{ summary }}\(text)"
      var yaml = "name: t\ntask: T\nfields: {dialogue: D, summary: S}\ntemplates:\n  - name: w\n    prompt_and_target: "
      yaml += JSON.string(source).text(.compact) + "\n    answer_choices: " + JSON.string(text + "|||x").text(.compact)
      let task = try TaskTemplate(yaml: yaml, origin: "t.yaml")
      for format in TaskTemplate.Format.allCases {
        let again = try TaskTemplate(yaml: task.text(in: format), origin: "t.yaml")
        #expect(
          again.wordings[0].promptAndTarget.isSame(as: task.wordings[0].promptAndTarget), "\(text.debugDescription)")
        #expect(
          (again.wordings[0].answerChoices ?? "").isSame(as: task.wordings[0].answerChoices ?? "-"),
          "\(text.debugDescription)")
      }
    }
  }
}
