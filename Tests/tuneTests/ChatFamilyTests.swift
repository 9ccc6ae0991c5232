import Basics
import Datasets
import Foundation
import Models
import Testing
import Text

@testable import tune

/// Every family of chat models: one beginning, an end that is learnt, and a generator that stops there.
@Suite(.enabled(if: ChatFamily.templates != nil, "the chat templates of ../shared/data are absent"))
struct ChatFamilyTests {
  private static let record =
    #"{"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": "Ok"}]}"#

  private func conversations(_ tokenizer: Tokenizer) throws -> ChatTemplateRendering {
    ChatTemplateRendering(try #require(try LoadedModel.chatTemplate(of: tokenizer)))
  }

  private func rows(_ tokenizer: Tokenizer, _ text: String = record) throws -> (Example, PromptExample) {
    let workspace = try Workspace()
    try workspace.write(text + "\n", to: "d.jsonl")
    let encoding = TokenizerEncoding(tokenizer), conversations = try conversations(tokenizer)
    let set = try ExampleReader(encoding: encoding, conversations: conversations).read(file: workspace.file("d.jsonl"))
    let prompts = try PromptReader(encoding: encoding, conversations: conversations)
      .read(file: workspace.file("d.jsonl"))
    return (try #require(set.examples.first), try #require(prompts.first))
  }

  /// Whether the tokenizer puts it there, the template writes it, both, or neither.
  @Test(arguments: ChatFamily.all, [true, false])
  func thereIsOneBeginning(_ family: ChatFamily, addsBegin: Bool) throws {
    let tokenizer = try family.tokenizer(addsBegin: addsBegin)
    let (row, prompt) = try rows(tokenizer)
    let rendered = prompt.prompt
    guard let begin = family.begin, let id = tokenizer.id(of: begin) else {
      #expect(
        row.tokens == TokenizerEncoding(tokenizer).ids(of: rendered).map { Int32($0) }
          + row.tokens[prompt.tokens.count...])
      return
    }
    let expected = addsBegin || rendered.hasPrefix(begin) ? 1 : 0
    for tokens in [row.tokens, prompt.tokens] {
      #expect(tokens.prefix(3).filter { $0 == Int32(id) }.count == expected)
      #expect(expected == 0 || tokens.first == Int32(id))
    }
    // A template that writes it twice, and a prompt that is no conversation.
    let twice = try family.tokenizer(
      addsBegin: addsBegin, template: "{{ bos_token }}{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
    )
    #expect(try rows(twice).1.tokens.prefix(3).filter { $0 == Int32(id) }.count == 1)
    let plain = TokenizerEncoding(tokenizer).promptIDs(of: "Hi")
    #expect(plain.filter { $0 == id }.count == (addsBegin ? 1 : 0))
    #expect(TokenizerEncoding(tokenizer).promptIDs(of: begin + "Hi").filter { $0 == id }.count == 1)
  }

  @Test(arguments: ChatFamily.all)
  func theEndIsLearntAndStops(_ family: ChatFamily) throws {
    let tokenizer = try family.tokenizer(addsBegin: family.addsBegin)
    let end = try #require(tokenizer.id(of: family.end))
    let (row, _) = try rows(tokenizer)
    let learnt = row.tokens[try #require(row.trained.last)]
    #expect(learnt.contains(Int32(end)))
    #expect(row.trained.last?.upperBound == row.tokens.count)
    #expect(tokenizer.decode(learnt.map { Int($0) }, skipSpecialTokens: true).contains("Ok"))
    let conversations = try conversations(tokenizer)
    #expect(TurnEnd.id(conversations, TokenizerEncoding(tokenizer)) == end)
    #expect(
      LoadedTokenizer.stopIDs(tokenizer, try LoadedModel.chatTemplate(of: tokenizer)).contains(end))
  }

  /// A model that writes "Ok", the end of its turn and then "!" for ever.
  @Test(arguments: ChatFamily.all)
  func aModelThatEndsItsTurnStops(_ family: ChatFamily) throws {
    let workspace = try Workspace()
    let tokenizer = try family.tokenizer(addsBegin: family.addsBegin)
    let script = try ["O", "k", family.end, "!"].map { try #require(tokenizer.id(of: $0)) }
    try ScriptedModel.write(script, tokenizer, to: workspace.file("model"))
    let generated = try workspace.succeed(
      "generate", "Is it?", "--chat", "--model", "model", "--max-new-tokens", "9", "--json"
    ).json
    #expect(generated["text"] == "Ok" && generated["stopped"] == true, "\(generated)")
    let chat = try workspace.succeed(
      "chat", "--model", "model", "--max-new-tokens", "9", "--quiet", input: "Is it?\nReally?\n")
    #expect(chat.output == "Ok\nOk\n")
    // Without the template the same model goes on, so the stop is the family's.
    let plain = try workspace.succeed(
      "generate", "x", "--model", "model", "--max-new-tokens", "3", "--stop", "k", "--json"
    ).json
    #expect(plain["text"] == "O")
  }

  /// An end that generation_config.json alone knows.
  @Test func theEndsOfTheGenerationConfigurationStop() throws {
    let workspace = try Workspace()
    let family = ChatFamily(
      name: "other", template: "", endOfText: "<eos>", end: "<over>", marks: ["<more>"])
    let tokenizer = try family.tokenizer(
      addsBegin: false, template: "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}bot:")
    let script = try ["O", "k", "<over>", "!"].map { try #require(tokenizer.id(of: $0)) }
    try ScriptedModel.write(script, tokenizer, to: workspace.file("model"))
    let arguments = ["generate", "Is it?", "--chat", "--model", "model", "--max-new-tokens", "5", "--json"]
    let without = try workspace.succeed(arguments).json
    #expect(without["stopped"] == false && without["text"] == "Ok!!")
    try workspace.write(#"{"eos_token_id": [3, \#(script[2])]}"#, to: "model/generation_config.json")
    let with = try workspace.succeed(arguments).json
    #expect(with["stopped"] == true && with["text"] == "Ok")
  }

  /// Tokenizers without a chat template: GPT-2 begins and ends with nothing, OPT begins, T5 ends its source.
  @Test(
    arguments: [
      ("</s>", true, false, [true, false]), (nil, false, false, [false, false]), (nil, false, true, [false, true]),
      ("</s>", true, true, [true, true]),
    ] as [(String?, Bool, Bool, [Bool])])
  func promptsWithoutATemplate(begin: String?, addsBegin: Bool, readsSource: Bool, expected: [Bool]) throws {
    let family = ChatFamily(name: "plain", template: "", begin: begin, endOfText: "</s>", end: "</s>")
    var tokenizer = try family.tokenizer(addsBegin: addsBegin, template: "x")
    let end = try #require(tokenizer.id(of: "</s>"))
    if readsSource || begin == nil {
      let ends: JSON = [
        "type": "TemplateProcessing",
        "pair": [["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 0]]],
        "special_tokens": [
          "</s>": ["id": "</s>", "ids": [.integer(end)], "tokens": ["</s>"]]
        ],
        "single": .array(
          (addsBegin ? [["SpecialToken": ["id": "</s>", "type_id": 0]]] : [])
            + [["Sequence": ["id": "A", "type_id": 0]], ["SpecialToken": ["id": "</s>", "type_id": 0]]]),
      ]
      let workspace = try Workspace()
      try createFolder(workspace.file("t"))
      try tokenizer.write(toFolder: workspace.file("t"))
      var file = try #require(try JSON(contentsOf: workspace.file("t/tokenizer.json")).objectValue)
      file["post_processor"] = ends
      try workspace.write(JSON.object(file).text(), to: "t/tokenizer.json")
      tokenizer = try Tokenizer(folder: workspace.file("t"))
    }
    let ids = TokenizerEncoding(tokenizer, readsSource: readsSource).promptIDs(of: "ab")
    #expect([ids.first == end, ids.last == end] == expected)
    #expect(ids.count == 2 + expected.count { $0 })
  }
}
