import Basics
import Foundation
import Testing

/// `tune templates` and its subcommands.
@Suite struct TemplatesCommandTests {
  private static let template = """
    name: mood
    task: Tell the mood of a text.
    category: classification
    kind: extraction
    datasets: [moods]
    fields:
      text: {about: "What was said.", columns: [utterance, {name: body, beside: [speaker]}]}
      mood: "How it was meant."
    metrics: [accuracy]
    answer_choices: glad ||| sad
    templates:
      - {name: first, prompt_and_target: "{{ text }} Mood? ||| {{ mood }}"}
      - {name: second, prompt_and_target: "Glad or sad: {{ text }} ||| {{ mood }}"}
    """

  private static func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(template, to: "mood.yaml")
    try workspace.write("utterance,mood\nWell\u{1B}[31m done.,glad\nOh no.,sad\n", to: "moods.csv")
    return workspace
  }

  @Test func listsAndShows() throws {
    let workspace = try Self.workspace()
    let listed = try workspace.run(["templates", "list", "mood.yaml"])
    #expect(listed.code == 0 && listed.output.hasPrefix("classification\n  mood · extraction · 2 wordings · accuracy"))
    let json = try workspace.run(["templates", "list", "mood.yaml", "--dataset", "moods", "--json"]).json
    #expect(json["wordings"] == ["first", "second"] && json["fields"] == ["text", "mood"])
    #expect(try workspace.run(["templates", "list", "mood.yaml", "--dataset", "x", "--json"]).output.isEmpty)
    #expect(try workspace.run(["templates", "list", "--json"]).jsonLines.count >= 4)
    let shown = try workspace.run(["templates", "show", "mood.yaml/second"]).output
    #expect(shown.contains("text: What was said.\n    also called: utterance, body"))
    #expect(
      shown.contains("--- second\nanswers: glad ||| sad\nGlad or sad: {{ text }}") && !shown.contains("--- first"))
    let wrong = try workspace.run(["templates", "list", "--category", "sumarization"])
    #expect(wrong.code == 2 && wrong.failure.contains("did you mean 'summarization'?"))
  }

  @Test func previewsRecords() throws {
    let workspace = try Self.workspace()
    let text = try workspace.run(["templates", "preview", "mood.yaml", "moods.csv", "--wording", "first"]).output
    #expect(
      text.contains("=== moods.csv:3 · first\n--- record\nutterance: Oh no.\nmood: sad\n--- prompt\nOh no. Mood?"))
    #expect(!text.contains("\u{1B}"))
    let rows = try workspace.run(["templates", "preview", "mood.yaml", "moods.csv", "--json"]).jsonLines
    #expect(rows.map { $0["wording"] } == ["first", "second"] && rows[1]["completion"] == "sad")
  }

  @Test func checksAndFindsMistakes() throws {
    let workspace = try Self.workspace()
    #expect(try workspace.run(["templates", "check"]).code == 0)
    #expect(try workspace.run(["templates", "check", "mood.yaml", "--data", "moods.csv"]).code == 0)
    let leaking = Self.template.replacingOccurrences(of: "}} Mood?", with: "}} {{ mood }}")
    try workspace.write(leaking, to: "leaking.yaml")
    let found = try workspace.run(["templates", "check", "leaking.yaml", "--data", "moods.csv"])
    #expect(found.code == 3 && found.output.hasPrefix("leaking.yaml:12: first: the prompt holds the answer 'glad'"))
    try workspace.write(Self.template.replacingOccurrences(of: "{{ text }}", with: "{{ txt }}"), to: "wrong.yaml")
    let wrong = try workspace.run(["templates", "check", "wrong.yaml", "leaking.yaml"])
    #expect(wrong.code == 3 && wrong.output.contains("wrong.yaml:12: first: the template uses 'txt'"))
  }

  @Test func rendersByTheKindOfFile() throws {
    let workspace = try Self.workspace()
    func render(_ arguments: String...) throws -> Outcome { try workspace.run(["templates", "render"] + arguments) }
    try workspace.write(
      "{\"utterance\": \"Hm.\", \"mood\": \"sad\", \"messages\": [{\"role\": \"user\"}]}", to: "c.json")
    #expect(try render("mood.yaml/first", "--context", "c.json").output == "Hm. Mood?\n|||\nsad\n")
    #expect(try render("mood.yaml", "--context", "c.json").failure.contains("known: first, second"))
    let source = "{% for m in messages %}\n{{ m.role }}{{ bos_token }}\n{% endfor %}"
    try workspace.write(source, to: "t.jinja")
    try workspace.write(source, to: "t.txt")
    try workspace.write(
      "{\"bos_token\": {\"content\": \"<s>\"}, \"chat_template\": \"{{ bos_token }}{{ messages | length }}\"}",
      to: "tokenizer_config.json")
    #expect(try render("t.jinja", "--context", "c.json").output == "user\n\n")
    #expect(try render("t.txt", "--context", "c.json").output == "\nuser\n\n")
    #expect(try render("t.txt", "--chat", "--context", "c.json").output == "user\n\n")
    #expect(try render("t.jinja", "--plain", "--context", "c.json").output == "\nuser\n\n")
    #expect(try render("tokenizer_config.json", "--context", "c.json").output == "<s>1\n")
    #expect(try render(".", "--context", "c.json", "--json").json["text"] == "<s>1")
  }

  @Test func convertsThereAndBack() throws {
    let workspace = try Self.workspace()
    try workspace.succeed("templates", "convert", "mood.yaml", "--to", "promptsource", "--output", "theirs.yaml")
    try workspace.succeed("templates", "convert", "theirs.yaml", "--to", "tune", "--output", "ours.yaml")
    let rows = try workspace.run(["templates", "preview", "ours.yaml", "moods.csv", "--json"])
    #expect(rows.failure.contains("needs text") && rows.code == 2)
    try workspace.succeed("prepare", "moods.csv", "--template", "theirs.yaml/second", "--map", "text=utterance")
    #expect(try workspace.run(["templates", "convert", "mood.yaml", "--to", "x"]).code == 2)
  }
}
