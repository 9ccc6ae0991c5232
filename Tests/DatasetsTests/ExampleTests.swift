import Basics
import Foundation
import Testing
import Text

@testable import Datasets

@Suite struct ExampleTests {
  private func read(
    _ text: String, options: ExampleOptions = .init(),
    conversations: (any ConversationRendering)? = PlainConversations()
  ) throws -> ExampleSet {
    try Fixture.inFolder { folder in
      try Fixture.write(text, to: "\(folder)/d.jsonl")
      let reader = ExampleReader(encoding: ByteEncoding(), conversations: conversations, options: options)
      return try reader.read(file: "\(folder)/d.jsonl")
    }
  }

  private func text(_ tokens: some Sequence<Int32>) -> String {
    String(decoding: tokens.map { UInt8($0) }, as: UTF8.self)
  }

  private func learnt(_ example: Example) -> [String] { example.trained.map { text(example.tokens[$0]) } }

  @Test func learnsTheCompletionAndTheEnd() throws {
    let set = try read(#"{"prompt": "ab", "completion": " c"}"# + "\n\n" + #"{"text": "xyz"}"#)
    #expect(set.examples[0] == Example(tokens: [97, 98, 32, 99, 0], trained: [2..<5], line: 1))
    #expect(set.examples[0].labels == [-100, -100, 32, 99, 0])
    #expect(set.examples[1] == Example(tokens: [120, 121, 122, 0], trained: [0..<4], line: 3))
    #expect(set.examples.map { $0.trainedTokenCount } == [3, 3])
    #expect(set.tokenCount == 9 && set.trainedTokenCount == 6 && set.recordsRead == 2)
  }

  @Test func learnsTheAssistantsTurns() throws {
    let turns =
      #"{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, "#
      + #"{"role": "assistant", "content": "one"}, "#
      + #"{"role": "user", "content": "v"}, {"role": "assistant", "content": [{"type": "text", "text": "two"}]}"#
    let set = try read("{\"messages\": [\(turns)], \"tools\": \"[{}]\"}")
    #expect(text(set.examples[0].tokens) == "[[{}]]<system>s.<user>u.<assistant>one.<user>v.<assistant>two.\0")
    #expect(learnt(set.examples[0]) == ["one.", "two.\0"])
    let weighted = try read("{\"messages\": [\(turns.replacing(bytesOf: "\"one\"", with: "\"one\", \"weight\": 0"))]}")
    #expect(learnt(weighted.examples[0]) == ["two.\0"])
    let split = try read(
      #"{"prompt": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}, "#
        + #"{"role": "user", "content": "v"}], "#
        + #""completion": [{"role": "assistant", "content": "b"}]}"#)
    #expect(learnt(split.examples[0]) == ["b.\0"])
  }

  /// A template that writes "(thought)" into the last turn only, as those of reasoning models do.
  @Test func turnsAreFoundByTheirContent() throws {
    struct Reasoning: ConversationRendering {
      func text(of messages: [JSON], inputs: TemplateInputs, addGenerationPrompt: Bool) throws -> String {
        let plain = try PlainConversations().text(
          of: messages, inputs: inputs, addGenerationPrompt: addGenerationPrompt)
        let isAnswer = messages.last?["role"]?.stringValue == "assistant" && !addGenerationPrompt
        return isAnswer ? plain + "(thought)" : plain
      }
    }
    let user = #"{"role": "user", "content": "u"}"#, assistant = #"{"role": "assistant", "content": "a"}"#
    let set = try read("{\"messages\": [\(user), \(assistant), \(user), \(assistant)]}", conversations: Reasoning())
    #expect(learnt(set.examples[0]) == ["a.", "a.(thought)\0"] && set.turnsLeftOut == 0)
  }

  /// A template that writes earlier answers twice.
  @Test func leavesOutTurnsWithoutACertainPlace() throws {
    let template = try ChatTemplate(
      "{% for m in messages %}{{ m.content }}{% if not loop.last %}{{ m.content }}{% endif %}.{% endfor %}",
      name: "twice", specialTokens: [:])
    let messages = ["user", "assistant", "user", "assistant"].map { "{\"role\": \"\($0)\", \"content\": \"x\"}" }
    let set = try read(
      "{\"messages\": [\(messages.joined(separator: ", "))]}", conversations: ChatTemplateRendering(template))
    #expect(learnt(set.examples[0]) == ["x.\0"] && set.turnsLeftOut == 1)
  }

  /// A template that renders earlier turns differently but marks what the assistant says.
  @Test func turnsAreFoundByTheTemplatesOwnMarks() throws {
    let template = try ChatTemplate(
      "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
        + "{% if loop.last %}(thought){% endif %}.{% endgeneration %}{% else %}{{ m.content }}:{% endif %}{% endfor %}",
      name: "marked", specialTokens: [:])
    let messages = [("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "b")].map {
      "{\"role\": \"\($0)\", \"content\": \"\($1)\"}"
    }
    let set = try read(
      "{\"messages\": [\(messages.joined(separator: ", "))]}", conversations: ChatTemplateRendering(template))
    #expect(learnt(set.examples[0]) == ["a.", "b(thought).\0"] && set.turnsLeftOut == 0)
  }

  /// An encoder reads what precedes the last turn, to its end, and a decoder writes the turn.
  @Test func anEncoderReadsTheConversation() throws {
    struct SourceEncoding: TextEncoding {
      let bytes = ByteEncoding()
      let readsSource = true
      var endOfTextID: Int? { 0 }
      func ids(of text: String) -> [Int] { bytes.ids(of: text) }
      func promptIDs(of text: String) -> [Int] { bytes.ids(of: text) + [0] }
      func text(of ids: [Int]) -> String { bytes.text(of: ids) }
    }
    let turns = [("user", "u"), ("assistant", "a"), ("user", "v"), ("assistant", "b")].map {
      #"{"role": "\#($0)", "content": "\#($1)"}"#
    }
    func example(_ turns: [String]) throws -> Example {
      try Fixture.inFolder { folder in
        try Fixture.write("{\"messages\": [\(turns.joined(separator: ","))]}", to: "\(folder)/d.jsonl")
        let reader = ExampleReader(encoding: SourceEncoding(), conversations: PlainConversations())
        return try reader.read(file: "\(folder)/d.jsonl").examples[0]
      }
    }
    let row = try example(turns)
    #expect(text(row.tokens) == "<user>u.<assistant>a.<user>v.<assistant>\0b.\0" && learnt(row) == ["b.\0"])
    let message = Fixture.message(.data) { _ = try example(Array(turns.dropLast())) }
    #expect(message.contains("the last message is not the assistant's, which the decoder would write"))
  }

  @Test func learnsThePromptWhenAsked() throws {
    let set = try read(#"{"prompt": "ab", "completion": "c"}"#, options: .init(trainOnPrompt: true))
    #expect(set.examples[0].trained == [0..<4] && set.trainedTokenCount == 3)
  }

  @Test func overlongExamples() throws {
    let lines = #"{"prompt": "abcdef", "completion": "gh"}"# + "\n" + #"{"prompt": "a", "completion": "b"}"#
    func set(_ policy: Overlong, _ maximum: Int) throws -> ExampleSet {
      try read(lines, options: .init(maxLength: maximum, overlong: policy))
    }
    let message = Fixture.message(.data) { _ = try set(.error, 5) }
    #expect(
      message.contains("1 of 2 examples have more than 5 tokens; the longest, on line 1, has 9")
        && message.contains("d.jsonl:1: 9 tokens"))
    let dropped = try set(.dropExample, 5)
    #expect(dropped.examples.map { $0.line } == [2] && dropped.overlongCount == 1)
    #expect(dropped.longest == [.init(line: 1, tokens: 9), .init(line: 2, tokens: 3)])
    let prompt = try set(.truncatePrompt, 5)
    #expect(text(prompt.examples[0].tokens) == "efgh\0" && learnt(prompt.examples[0]) == ["gh\0"])
    let both = try set(.truncatePrompt, 3)
    #expect(text(both.examples[0].tokens) == "fgh" && learnt(both.examples[0]) == ["gh"])
    let end = try set(.truncateEnd, 7)
    #expect(text(end.examples[0].tokens) == "abcdefg" && learnt(end.examples[0]) == ["g"])
    let cut = try set(.truncateEnd, 5)
    #expect(cut.emptyCount == 1 && cut.firstEmpty.first?.reason.contains("the limit cuts all of them off") == true)
    #expect(
      Fixture.message(.data) { _ = try read(#"{"text": "abc"}"#, options: .init(maxLength: 2, overlong: .dropExample)) }
        .contains("were dropped"))
  }

  @Test func nothingToLearn() throws {
    let one = try read(#"{"prompt": "a", "completion": ""}"# + "\n" + #"{"prompt": "a", "completion": "b"}"#)
    #expect(one.examples.count == 1 && one.emptyCount == 1 && one.firstEmpty[0].line == 1)
    let message = Fixture.message(.data) { _ = try read(#"{"prompt": "a", "completion": " "}"#) }
    #expect(message.contains("none of 1 examples has a token to learn"))
    #expect(Fixture.message(.data) { _ = try read("\n\n") }.contains("is empty"))
  }

  @Test func namesTheFirstProblems() throws {
    let lines = [
      #"{"prompt": "a"}"#, #"{"messages": [{"role": "asistant", "content": "x"}]}"#,
      #"{"promt": "a", "completion": "b"}"#,
      #"{"prompt": "a", "completion": 5}"#, "{", #"{"prompt": "a", "completion": "b"}"#,
    ]
    let message = Fixture.message(.data) { _ = try read(lines.joined(separator: "\n")) }
    #expect(message.contains("5 of 6 records cannot be used:\n"))
    #expect(message.contains("d.jsonl:1: completion: missing; expected a text\n"))
    #expect(message.contains("d.jsonl:2: messages[0].role: unknown 'asistant'; did you mean 'assistant'?\n"))
    #expect(message.contains("d.jsonl:3: prompt: missing") && message.hasSuffix("… and 2 more"))
    let other = Fixture.message(.data) { _ = try read(#"{"question": "a", "answer": "b"}"#) }
    #expect(other.contains("found question, answer; expected prompt and completion, messages, or text"))
    let bare = Fixture.message(.data) {
      _ = try read(#"{"messages": [{"role": "assistant", "content": "x"}]}"#, conversations: nil)
    }
    #expect(bare.contains("the model has no chat template"))
  }

  @Test func findsTheFilesOfAFolder() throws {
    try Fixture.inFolder { folder in
      try Fixture.write(#"{"text": "a"}"#, to: "\(folder)/train.jsonl")
      try Fixture.write(#"{"text": "b"}"#, to: "\(folder)/valid.jsonl")
      let location = try DataLocation(folder)
      #expect(
        location.isFolder && location.file(for: .validation) == "\(folder)/valid.jsonl"
          && location.file(for: .test) == nil)
      #expect(Fixture.message(.data) { _ = try location.requiredFile(for: .test) }.contains("has no test.jsonl"))
      #expect(try DataLocation("\(folder)/train.jsonl").file(for: .test) == "\(folder)/train.jsonl")
      #expect(Fixture.message(.data) { _ = try DataLocation("\(folder)/none") }.contains("no such file or folder"))
      let set = try ExampleReader(encoding: ByteEncoding()).read(location)
      #expect(set.examples.count == 1)
    }
  }

  @Test func readsPrompts() throws {
    let lines = [
      #"{"prompt": "ab", "completion": " c\n"}"#, #"{"prompt": "ab"}"#,
      #"{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": " a"}]}"#,
      #"{"prompt": [{"role": "user", "content": "u"}], "completion": [{"role": "assistant", "content": "a"}]}"#,
    ]
    try Fixture.inFolder { folder in
      try Fixture.write(lines.joined(separator: "\n"), to: "\(folder)/test.jsonl")
      let reader = PromptReader(encoding: ByteEncoding(), conversations: PlainConversations())
      let prompts = try reader.read(try DataLocation(folder))
      #expect(prompts.map { $0.prompt } == ["ab", "ab", "<user>u.<assistant>", "<user>u.<assistant>"])
      #expect(prompts.map { $0.reference } == ["c", nil, "a", "a"])
      #expect(prompts[0].tokens == [97, 98] && prompts.map { $0.line } == [1, 2, 3, 4])
      #expect(try reader.read(try DataLocation(folder), limit: 2).count == 2)
      try Fixture.write(#"{"text": "x"}"#, to: "\(folder)/test.jsonl")
      #expect(Fixture.message(.data) { _ = try reader.read(try DataLocation(folder)) }.contains("nothing to answer"))
    }
  }
}
