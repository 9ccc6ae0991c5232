import Basics
import Foundation
import Testing

@testable import Text

/// Templates of real models against renders of jinja2 3.1.6; skipped where the data are absent.
struct ChatTemplateTests {
  private static let data: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
    let shared = ProcessInfo.processInfo.environment["TUNE_SHARED"].map { URL(fileURLWithPath: $0) }
    let folder = (shared ?? root.appendingPathComponent("../shared")).appendingPathComponent("data/chat-templates")
    return FileManager.default.fileExists(atPath: folder.path) ? folder.standardizedFileURL.path : nil
  }()

  /// The template that a row of the goldens names: a `.jinja` file, or `file#key` of a (packed) JSON file.
  private static func source(_ name: String, _ folder: String) throws -> String? {
    let parts = name.split(separator: "#", maxSplits: 1)
    let reader = try LineReader(folder + "/" + parts[0])
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    let file = try MappedFile(folder + "/" + parts[0])
    let endsWithLineFeed = withExtendedLifetime(file) { file.bytes.last == UInt8(ascii: "\n") }
    let text = lines.joined(separator: "\n") + (endsWithLineFeed ? "\n" : "")
    guard parts.count > 1 else { return text }
    return try JSON(parsing: text)["chat_template"]?.stringValue
  }

  /// The place where two texts part, with what stands around it.
  private static func difference(_ text: String, _ expected: String) -> String {
    let a = Array(text.utf8), b = Array(expected.utf8)
    let place = zip(a, b).prefix { $0 == $1 }.count
    let from = max(0, place - 30)
    func around(_ bytes: [UInt8]) -> String {
      String(decoding: bytes[min(from, bytes.count)..<min(place + 60, bytes.count)], as: UTF8.self).debugDescription
    }
    return "byte \(place): got \(around(a)), expected \(around(b))"
  }

  private static let july26 = JinjaEnvironment(now: { Date(timeIntervalSince1970: 1_721_995_200) })

  /// As the goldens were made: by transformers' call, without the context's `tools_in_user_message`.
  private static func render(_ template: ChatTemplate, _ context: JSONObject) throws -> String {
    var variables = context
    for known in ["messages", "tools", "add_generation_prompt", "tools_in_user_message"] { variables[known] = nil }
    return try template.render(
      messages: context["messages"]?.arrayValue ?? [], tools: context["tools"],
      addGenerationPrompt: context["add_generation_prompt"]?.boolValue ?? false, variables: variables,
      environment: july26)
  }

  @Test(.enabled(if: data != nil, "the chat templates of ../shared/data are absent"))
  func goldensOfRealTemplates() throws {
    let folder = try #require(Self.data)
    let contexts = try JSON(contentsOf: folder + "/goldens.contexts.json")
    let reader = try LineReader(folder + "/goldens.jsonl.gz")
    var total = 0, differing: [String] = []
    var templates: [String: ChatTemplate] = [:]
    while let line = try reader.next() {
      let row = try JSON(parsing: line)
      let name = try #require(row["template"]?.stringValue), context = try #require(row["context"]?.stringValue)
      let variables = try #require(contexts[context]?.objectValue)
      total += 1
      let result = Result {
        let known =
          try templates[name]
          ?? ChatTemplate(
            #require(try Self.source(name, folder)), name: name, specialTokens: [:])
        templates[name] = known
        return try Self.render(known, variables)
      }
      switch (row["output"]?.stringValue, result) {
      case (let expected?, .success(let text)) where text.utf8.elementsEqual(expected.utf8): break
      case (nil, .failure): break
      case (let expected, .success(let text)):
        let reason = row["error"]?.stringValue ?? ""
        differing.append("\(name) \(context): \(expected.map { Self.difference(text, $0) } ?? reason)")
      case (_, .failure(let error)): differing.append("\(name) \(context): \(error)")
      }
    }
    #expect(total >= 500)
    #expect(differing.isEmpty, "\(differing.count) of \(total) differ\n\(differing.joined(separator: "\n"))")
  }

  private static let chatML = """
    {% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
    Be kind.<|im_end|>
    ' }}{% endif %}{{'<|im_start|>' + message['role'] + '
    '}}{% if message.role == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}\
    {% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '
    '}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
    ' }}{% endif %}
    """

  @Test func marksWhatTheAssistantWrote() throws {
    let template = try ChatTemplate(Self.chatML, name: "chatml", specialTokens: ["eos_token": "</s>"])
    let messages: [JSON] = [
      ["role": "user", "content": "Grüße"], ["role": "assistant", "content": "Ça va"],
      ["role": "user", "content": "Bye"], ["role": "assistant", "content": "Ciao"],
    ]
    let (text, spans) = try template.renderWithSpans(messages: messages, addGenerationPrompt: false)
    let bytes = Array(text.utf8)
    #expect(spans.map { String(decoding: bytes[$0], as: UTF8.self) } == ["Ça va<|im_end|>", "Ciao<|im_end|>"])
    let prompt = try template.render(messages: [messages[0]], addGenerationPrompt: true)
    #expect(
      prompt == "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nGrüße<|im_end|>\n<|im_start|>assistant\n")
  }

  @Test func showsToolsTokensAndVariables() throws {
    let source = "{{ bos_token }}{{ tools is none }}{{ documents }}{{ enable_thinking }}{{ strftime_now('%Y-%m-%d') }}"
    let template = try ChatTemplate(source, name: "t", specialTokens: ["bos_token": "<s>"])
    let text = try template.render(
      messages: [], addGenerationPrompt: false, variables: ["enable_thinking": false], environment: Self.july26)
    #expect(text == "<s>TrueNoneFalse2024-07-26")
    let tools = try template.render(
      messages: [], tools: [["a": 1]], addGenerationPrompt: true, environment: Self.july26)
    #expect(tools == "<s>FalseNone2024-07-26")
  }

  @Test func marksThroughMacros() throws {
    let source = "{% macro turn(m) %}[{% generation %}{{ m }}{% endgeneration %}]{% endmacro %}ab{{ turn('xyz') }}c"
    let template = try ChatTemplate(source, name: "t", specialTokens: [:])
    let (text, spans) = try template.renderWithSpans(messages: [], addGenerationPrompt: false)
    #expect(text == "ab[xyz]c")
    #expect(spans == [3..<6])
  }
}
