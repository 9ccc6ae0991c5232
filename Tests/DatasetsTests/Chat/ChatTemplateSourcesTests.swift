import Basics
import Foundation
import Testing
import Text

@testable import Datasets

/// Where chat templates are found, and which of several renders, against transformers: `Fixtures/chat/make_chat.py`.
@Suite struct ChatTemplateSourcesTests {
  private static let fixtures =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Fixtures"

  static func goldens(_ name: String) throws -> [JSON] {
    try Fixture.text("\(fixtures)/chat/\(name)").split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  private func tokenizer(_ files: JSONObject, in folder: String) throws -> Tokenizer {
    try FileManager.default.copyItem(
      atPath: "\(Self.fixtures)/tokenizers/small.json", toPath: "\(folder)/tokenizer.json")
    for entry in files {
      try createFolder(URL(fileURLWithPath: "\(folder)/\(entry.key)").deletingLastPathComponent().path)
      try Fixture.write(try #require(entry.value.stringValue), to: "\(folder)/\(entry.key)")
    }
    return try Tokenizer(folder: folder)
  }

  private func template(_ tokenizer: Tokenizer) throws -> ChatTemplate? {
    try tokenizer.chatTemplates.map { sources in
      try ChatTemplate(sources, name: "t", specialTokens: ["bos_token": "<|start|>", "eos_token": "<|end|>"])
    }
  }

  private let messages: [JSON] = [["role": "user", "content": "Hi", "name": .null]]
  private let tools: JSON = [
    ["type": "function", "function": ["name": "f", "description": "d", "parameters": ["type": "object"]]]
  ]

  private func rendered(_ template: ChatTemplate?, tools: JSON?) throws -> String {
    let text = try ConversationText(
      messages, inputs: TemplateInputs(tools: tools), conversations: template.map { ChatTemplateRendering($0) },
      field: "messages")
    return try text.text()
  }

  @Test func aTemplateIsFoundAsByTransformers() throws {
    let goldens = try Self.goldens("sources.jsonl")
    #expect(goldens.count > 15)
    for golden in goldens {
      let name = golden["case"]?.stringValue ?? ""
      try Fixture.inFolder { folder in
        let template = try template(try tokenizer(try #require(golden["files"]?.objectValue), in: folder))
        let plain = try? rendered(template, tools: nil), withTools = try? rendered(template, tools: tools)
        #expect(plain == golden["plain"]?.stringValue, "\(name)")
        #expect(withTools == golden["tools"]?.stringValue, "\(name), with tools")
      }
    }
  }

  /// What is written is found again, by transformers too: as files.
  @Test func templatesAreWrittenAsFiles() throws {
    for golden in try Self.goldens("sources.jsonl") {
      try Fixture.inFolder { folder in
        let read = try tokenizer(try #require(golden["files"]?.objectValue), in: folder)
        try createFolder("\(folder)/written")
        try read.write(toFolder: "\(folder)/written")
        let again = try Tokenizer(folder: "\(folder)/written")
        let names = read.chatTemplates.map { Set($0.names) }
        #expect(again.chatTemplates.map { Set($0.names) } == names)
        for name in names ?? [] { #expect(again.chatTemplates?[name] == read.chatTemplates?[name]) }
        let configuration = try JSON(contentsOf: "\(folder)/written/tokenizer_config.json")
        #expect(configuration["chat_template"] == nil)
      }
    }
  }

  /// A name that would lead out of the folder stays in the configuration.
  @Test func namesThatAreNoFilesAreKept() throws {
    try Fixture.inFolder { folder in
      let configuration =
        #"{"chat_template": [{"name": "default", "template": "D"}, {"name": "../x", "template": "X"}]}"#
      let read = try tokenizer(["tokenizer_config.json": .string(configuration)], in: folder)
      try createFolder("\(folder)/written")
      try read.write(toFolder: "\(folder)/written")
      let again = try Tokenizer(folder: "\(folder)/written")
      #expect(again.chatTemplates == read.chatTemplates)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/written/x.jinja"))
    }
  }

  @Test func aProcessorsTemplateServesWhereThereIsNoOther() throws {
    try Fixture.inFolder { folder in
      let read = try tokenizer(["chat_template.json": #"{"chat_template": "P"}"#], in: folder)
      #expect(read.chatTemplate == "P")
    }
    try Fixture.inFolder { folder in
      let files: JSONObject = [
        "chat_template.json": #"{"chat_template": "P"}"#, "tokenizer_config.json": #"{"chat_template": "C"}"#,
      ]
      let read = try tokenizer(files, in: folder)
      #expect(read.chatTemplate == "C")
    }
  }

  @Test(arguments: [
    (#"{"chat_template": 3}"#, "chat_template is an integer; expected a string"),
    (#"{"chat_template": [{"name": "default"}]}"#, "chat_template[0] has no \"template\""),
    (#"{"chat_template": ["x"]}"#, "chat_template[0]"),
  ])
  func damageIsNamed(configuration: String, part: String) throws {
    try Fixture.inFolder { folder in
      let message = Fixture.message(.data) {
        _ = try tokenizer(["tokenizer_config.json": .string(configuration)], in: folder)
      }
      #expect(message.contains(part), "\(message)")
    }
  }

  @Test func theNamesAreSaidWhereNoneIsTheDefault() throws {
    try Fixture.inFolder { folder in
      let configuration =
        #"{"chat_template": [{"name": "rag", "template": "R"}, {"name": "tool_use", "template": "T"}]}"#
      let read = try tokenizer(["tokenizer_config.json": .string(configuration)], in: folder)
      let message = Fixture.message(.data) { _ = try template(read)?.render(messages: [], addGenerationPrompt: true) }
      #expect(message.contains("the chat templates rag, tool_use but none called default; choose one with --chat-tem"))
      let chosen = read.with(chatTemplate: try #require(read.chatTemplates?["rag"]))
      let text = try template(chosen)?.render(messages: [], tools: tools, addGenerationPrompt: true)
      #expect(text == "R")
    }
  }
}
