import Basics
import Foundation
import Testing

/// `tune chat` on a model whose template puts roles into words.
@Suite struct ChatTests {
  private static let template =
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    + "{% if add_generation_prompt %}assistant:{% endif %}"

  /// The tiny model with a chat template.
  private func model(_ workspace: Workspace) throws -> String {
    try FileManager.default.copyItem(atPath: Workspace.model, toPath: workspace.file("model"))
    try workspace.write(Self.template, to: "model/chat_template.jinja")
    return "model"
  }

  @Test func aConversationGoesOn() throws {
    let workspace = try Workspace()
    let model = try model(workspace)
    let outcome = try workspace.succeed(
      "chat", "--model", model, "--max-new-tokens", "6", "--json", "--quiet", "--system", "Be kind.",
      input: "Hello\nTwo \\\nlines\n\n/reset\nHello\n/save chat.jsonl\n/exit\nnever read\n")
    let answers = try outcome.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(answers.count == 3)
    // After a reset the first message is answered as at first.
    #expect(answers[2]["content"] == answers[0]["content"])
    #expect((answers[1]["prompt_tokens"]?.intValue ?? 0) > (answers[0]["prompt_tokens"]?.intValue ?? 0))
    let saved = try #require(try workspace.lines("chat.jsonl").first?["messages"]?.arrayValue)
    #expect(saved.map { $0["role"] } == ["system", "user", "assistant"])
    #expect(saved[0]["content"] == "Be kind." && saved[1]["content"] == "Hello")
  }

  /// The answer to one message is what `generate --chat` writes.
  @Test func anAnswerIsThatOfGenerate() throws {
    let workspace = try Workspace()
    let model = try model(workspace)
    let chat = try workspace.succeed(
      "chat", "--model", model, "--max-new-tokens", "8", "--json", "--quiet", input: "Hello")
    let generated = try workspace.succeed(
      "generate", "Hello", "--chat", "--model", model, "--max-new-tokens", "8", "--json")
    let text = try #require(try generated.json["text"]?.stringValue)
    let answer = try JSON(parsing: String(chat.output.split(separator: "\n").first ?? ""))["content"]?.stringValue
    #expect(answer == text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  @Test func modelsThatCannotTalkAreNamed() throws {
    let workspace = try Workspace()
    try workspace.fail(
      ["chat", "--model", Workspace.model], code: 2, saying: ["has no chat template", "tune generate"], input: "Hi")
  }
}
