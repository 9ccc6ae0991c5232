import Basics
import Foundation
import Testing
import Text

@testable import Datasets

/// What is learnt of conversations in the 146 chat templates of real models.
@Suite(.enabled(if: RealChatTemplates.folder != nil, "the chat templates of ../shared/data are absent"))
struct ChatMaskTests {
  private static let turns = [
    ("user", "Qone?"), ("assistant", "First answer Aone."), ("user", "Qtwo?"), ("assistant", "Second answer Atwo."),
  ]

  private func record(_ turns: [(String, String)], tools: Bool = false) -> JSONObject {
    let messages = turns.map { turn -> JSON in ["role": .string(turn.0), "content": .string(turn.1)] }
    var record: JSONObject = ["messages": .array(messages)]
    if tools {
      record["tools"] = [
        ["type": "function", "function": ["name": "f", "description": "d", "parameters": ["type": "object"]]]
      ]
    }
    return record
  }

  private struct Learnt {
    let turns: [String]
    let encoding: MarkEncoding
    let encoded: ExampleEncoder.Encoded
  }

  /// What a record's training covers.
  private func learnt(_ name: String, _ record: JSONObject) throws(FieldProblem) -> Learnt {
    guard let source = try? RealChatTemplates.source(name), let template = try? RealChatTemplates.template(name) else {
      throw FieldProblem(field: nil, reason: "no template")
    }
    let encoding = MarkEncoding(marksOf: source + "<|bos|><|eos|>")
    let encoder = ExampleEncoder(encoding: encoding, conversations: ChatTemplateRendering(template))
    let encoded = try encoder.encode(record)
    let turns = encoded.trained.map { encoding.text(of: encoded.tokens[$0].map { Int($0) }) }
    return Learnt(turns: turns, encoding: encoding, encoded: encoded)
  }

  /// Templates that cannot render a text as content, or need variables of their own.
  private static let refusing: Set<String> = [
    "llama.cpp/fireworks-ai-llama-3-firefunction-v2.jinja", "trl/idefics3.jinja", "trl/idefics3_training.jinja",
    "trl/llava_next.jinja", "trl/llava_next_training.jinja",
  ]
  private static let refusingSystem: Set<String> = [
    "axolotl/gemma.jinja", "llama.cpp/google-gemma-2-2b-it.jinja",
    "onnxruntime-extensions/gemma/tokenizer_config.json#chat_template", "trl/gemma.jinja", "trl/gemma_training.jinja",
  ]

  @Test(arguments: [false, true])
  func theAssistantsTextsAreLearntAndNoOthers(withSystem: Bool) throws {
    var refused: Set<String> = []
    let turns = (withSystem ? [("system", "Sone!")] : []) + Self.turns
    let names = try RealChatTemplates.names()
    #expect(names.count == 146)
    for name in names {
      do throws(FieldProblem) {
        let learnt = try learnt(name, record(turns, tools: name.hasSuffix("-tool_use.jinja")))
        #expect(learnt.turns.count == 2 && learnt.encoded.turnsLeftOut == 0, "\(name)")
        for (turn, answer) in zip(learnt.turns, ["First answer Aone.", "Second answer Atwo."]) {
          #expect(turn.contains(answer), "\(name): \(turn.debugDescription)")
        }
        // GLM ends a turn with the mark that begins the user's.
        let text = learnt.turns.joined().replacingOccurrences(of: "<|user|>", with: "")
        for part in ["Q", "Sone", "user"] { #expect(!text.contains(part), "\(name): \(learnt.turns)") }
      } catch {
        refused.insert(name)
        #expect(
          error.reason.contains("the chat template refuses") || error.reason.contains("no certain place"),
          "\(name): \(error.reason)")
      }
    }
    #expect(refused == (withSystem ? Self.refusing.union(Self.refusingSystem) : Self.refusing))
  }

  /// A model tuned on an answer without an end would never stop.
  @Test func everyAnswerEndsWithAMark() throws {
    for name in try RealChatTemplates.names() where !Self.refusing.contains(name) {
      let learnt = try learnt(name, record(Self.turns, tools: name.hasSuffix("-tool_use.jinja")))
      let last = try #require(learnt.turns.last)
      let end = String(last[try #require(last.range(of: "Atwo.")).upperBound...])
      let ids = learnt.encoding.ids(of: end)
      let isEnded = ids.contains { learnt.encoding.markIDs.contains($0) } || end.hasSuffix("<end of text>")
      #expect(isEnded, "\(name): \(last.debugDescription)")
    }
  }

  /// An odd number of turns, which some templates refuse, and turns that are not learnt.
  @Test func conversationsThatBeginWithTheAssistant() throws {
    let turns = [("assistant", "Aone."), ("user", "Qtwo?"), ("assistant", "Atwo.")]
    var met = 0
    for name in try RealChatTemplates.names() {
      guard let learnt = try? learnt(name, record(turns)) else { continue }
      met += 1
      #expect(learnt.turns.count + learnt.encoded.turnsLeftOut == 2, "\(name)")
      #expect(learnt.turns.last?.contains("Atwo.") == true && !learnt.turns.joined().contains("Q"), "\(name)")
    }
    #expect(met > 90)
  }

  // MARK: Marks

  /// `{% generation %}` marks what it marks in transformers.
  @Test func marksAreThoseOfTransformers() throws {
    let goldens = try ChatTemplateSourcesTests.goldens("marks.jsonl")
    #expect(goldens.count > 25)
    for golden in goldens {
      let name = try #require(golden["template"]?.stringValue)
      let messages = [("user", "Qone?"), ("assistant", "Aone."), ("user", "Qtwo?"), ("assistant", "Atwo.")].map {
        turn -> JSON in ["role": .string(turn.0), "content": .string(turn.1)]
      }
      let marked = try? RealChatTemplates.template(name).renderWithSpans(messages: messages, addGenerationPrompt: false)
      let bytes = marked.map { Array($0.text.utf8) } ?? []
      let texts = marked?.spans.map { String(decoding: bytes[$0], as: UTF8.self) }
      #expect(texts == golden["marked"]?.arrayValue?.compactMap { $0.stringValue }, "\(name)")
    }
  }

  /// Where prefixes and marks both tell a turn, they end alike and differ at most in the scaffold before the answer,
  /// which some templates mark and some write into the generation prompt.
  @Test func prefixesAndMarksAgree() throws {
    let messages = Self.turns.map { turn -> JSON in ["role": .string(turn.0), "content": .string(turn.1)] }
    var equal = 0, compared = 0
    for name in try RealChatTemplates.names() where try RealChatTemplates.source(name).contains("endgeneration") {
      let text = try ConversationText(
        messages, inputs: TemplateInputs(),
        conversations: ChatTemplateRendering(try RealChatTemplates.template(name)), field: "messages")
      guard let whole = try? text.text(), let marked = text.markedTurns(of: whole) else { continue }
      let bytes = Array(whole.utf8)
      for (index, mark) in zip([1, 3], marked) {
        guard let place = text.placeByPrefixes(of: index, in: whole), text.holds(index, bytes[place]) else { continue }
        compared += 1
        if place == mark { equal += 1 }
        #expect(place.upperBound == mark.upperBound, "\(name)")
        let between = min(place.lowerBound, mark.lowerBound)..<max(place.lowerBound, mark.lowerBound)
        let scaffold = String(decoding: bytes[between], as: UTF8.self)
        #expect(!scaffold.contains("answer") && !scaffold.contains("Q"), "\(name): \(scaffold.debugDescription)")
      }
    }
    #expect(compared > 35 && equal > 25, "\(equal) of \(compared) are equal")
  }

  // MARK: Reasoning

  /// Templates that drop the thoughts of earlier turns: what is left of them is learnt where it stands.
  @Test(arguments: [
    "trl/qwen3.jinja", "onnxruntime-extensions/qwen3/tokenizer_config.json#chat_template",
    "llama.cpp/deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja",
  ])
  func thoughtsThatAreDroppedAreNotLearnt(name: String) throws {
    let turns = [
      ("user", "Qone?"), ("assistant", "<think>\nThoughtone\n</think>\n\nAone."), ("user", "Qtwo?"),
      ("assistant", "<think>\nThoughttwo\n</think>\n\nAtwo."),
    ]
    let learnt = try learnt(name, record(turns))
    #expect(learnt.turns.count == 2 && learnt.encoded.turnsLeftOut == 0)
    let first = try #require(learnt.turns.first), last = try #require(learnt.turns.last)
    #expect(first.contains("Aone.") && !first.contains("Thought"), "\(first)")
    #expect(last.contains("Atwo.") && last.contains("Thoughttwo") == name.lowercased().contains("qwen3"), "\(last)")
    #expect(first.utf8.last != UInt8(ascii: ".") && !learnt.turns.joined().contains("Q"))
  }
}
