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

  // MARK: Templates by name, tools

  private static let tools = #"[{"type": "function", "function": {"name": "look_up", "parameters": {}}}]"#

  /// The tiny model with three templates of its own, which write their names into the prompt.
  private func modelWithTemplates(_ workspace: Workspace) throws {
    try FileManager.default.copyItem(atPath: Workspace.model, toPath: workspace.file("model"))
    try workspace.write("plain " + Self.template, to: "model/chat_template.jinja")
    try createFolder(workspace.file("model/additional_chat_templates"))
    for name in ["tool_use", "rag"] {
      let source = "\(name) {{ tools | tojson }}{{ documents | tojson }}" + Self.template
      try workspace.write(source, to: "model/additional_chat_templates/\(name).jinja")
    }
  }

  private func shown(_ workspace: Workspace, _ arguments: String...) throws -> String {
    let outcome = try workspace.succeed(
      [
        "prepare", "chats.jsonl", "--output", "out\(UUID().uuidString)", "--split", "1/0/0", "--show", "1",
        "--tokenizer",
      ]
        + ["model"] + arguments)
    return outcome.output + outcome.errors
  }

  @Test func theTemplateFollowsTheRecordOrTheFlag() throws {
    let workspace = try Workspace()
    try modelWithTemplates(workspace)
    let turns = #"[{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]"#
    try workspace.write("{\"messages\": \(turns)}\n", to: "chats.jsonl")
    #expect(try shown(workspace).contains("plain user: u"))
    #expect(try shown(workspace, "--chat-template", "rag").contains("rag nullnulluser: u"))
    try workspace.write("file " + Self.template, to: "own.jinja")
    #expect(try shown(workspace, "--chat-template", "own.jinja").contains("file user: u"))
    let documents = #"[{"title": "t", "text": "d"}]"#
    let text = try JSON.string(Self.tools).text()
    try workspace.write(
      "{\"messages\": \(turns), \"tools\": \(text), \"documents\": \(documents)}\n", to: "chats.jsonl")
    let shown = try shown(workspace)
    #expect(
      shown.contains("tool_use [{\"type\": \"function\"") && shown.contains(#"[{"title": "t", "text": "d"}]user: u"#))
    try workspace.fail(
      ["chat", "--model", "model", "--chat-template", "tool"], code: 2,
      saying: ["--chat-template: tool is neither", "the model has default, rag, tool_use", ".jinja file"], input: "Hi")
    let inspected = try workspace.succeed("inspect", "model", "--json").json
    #expect(inspected["tokenizer"]?["chat_templates"] == ["default", "rag", "tool_use"])
  }

  @Test func toolsGoIntoTheChatAndItsRecord() throws {
    let workspace = try Workspace()
    try modelWithTemplates(workspace)
    try workspace.write(Self.tools, to: "tools.json")
    let plain = try workspace.succeed(
      "chat", "--model", "model", "--max-new-tokens", "4", "--json", "--quiet", input: "Hello"
    ).json
    let outcome = try workspace.succeed(
      "chat", "--model", "model", "--max-new-tokens", "4", "--json", "--quiet", "--tools", "tools.json",
      input: "/tool early\nHello\n/tool it is 7\n/save chat.jsonl\n")
    let answers = try outcome.jsonLines
    #expect(answers.count == 2)
    #expect((answers[0]["prompt_tokens"]?.intValue ?? 0) > (plain["prompt_tokens"]?.intValue ?? 0) + 40)
    let saved = try #require(try workspace.lines("chat.jsonl").first)
    #expect(saved["messages"]?.arrayValue?.map { $0["role"] } == ["user", "assistant", "tool", "assistant"])
    #expect(saved["tools"]?.arrayValue?.first?["function"]?["name"] == "look_up")
    try workspace.write(#"{"tools": [3]}"#, to: "bad.json")
    try workspace.fail(
      ["chat", "--model", "model", "--tools", "bad.json"], code: 3,
      saying: ["bad.json: tools[0]: an integer; expected an object"], input: "Hi")
  }

  /// What was tuned with a template of its own is used with it.
  @Test func aTemplateStaysWithTheAdapter() throws {
    let workspace = try Workspace()
    try modelWithTemplates(workspace)
    try workspace.write(
      (0..<8).map { number in
        #"{"messages": [{"role": "user", "content": "u\#(number)"}, {"role": "assistant", "content": "a"}]}"# + "\n"
      }.joined(), to: "chats.jsonl")
    try workspace.write("mine " + Self.template, to: "own.jinja")
    try workspace.succeed(
      "train", "--lora", "--model", "model", "--data", "chats.jsonl", "--output", "run", "--max-steps", "1",
      "--chat-template", "own.jinja", "--quiet")
    #expect(try workspace.text("run/adapter/chat_template.jinja").hasPrefix("mine "))
    let generate = ["generate", "Hi", "--chat", "--max-new-tokens", "1", "--json"]
    func ids(_ more: String...) throws -> JSON? { try workspace.succeed(generate + more).json["prompt_ids"] }
    let tuned = try ids("--run", "run"), named = try ids("--model", "model", "--chat-template", "own.jinja")
    #expect(tuned == named)
    #expect(try ids("--model", "model") != tuned)
  }

  /// As llama.cpp's converter writes them, and back.
  @Test func namedTemplatesGoThroughGGUF() throws {
    let workspace = try Workspace()
    try modelWithTemplates(workspace)
    try workspace.succeed("export", "--model", "model", "--gguf", "m.gguf", "--outtype", "F32", "--quiet")
    let names = try workspace.succeed("inspect", "m.gguf", "--json").json["tokenizer"]?["chat_templates"]
    #expect(names == ["default", "rag", "tool_use"])
    func prompt(_ arguments: String...) throws -> JSON? {
      try workspace.succeed(
        ["generate", "Hi", "--chat", "--max-new-tokens", "1", "--json", "--model"] + arguments
      ).json["prompt_ids"]
    }
    let rag = try prompt("m.gguf", "--chat-template", "rag")
    #expect(try prompt("model", "--chat-template", "rag") == rag)
    #expect(try prompt("m.gguf") == prompt("model"))
    try workspace.succeed(
      "export", "--model", "m.gguf", "--gguf", "n.gguf", "--outtype", "F32", "--chat-template", "rag", "--quiet")
    #expect(try prompt("n.gguf") == rag)
  }
}
