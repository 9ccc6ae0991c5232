import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct RecordShapeTests {
  private func record(_ text: String) throws -> JSONObject { try #require(try JSON(parsing: text).objectValue) }

  private func text(_ records: [JSONObject]) -> String {
    records.map { JSON.object($0).text() }.joined(separator: "\n")
  }

  /// Implicit prompts and unpaired answers as TRL makes them.
  @Test func pairsAreSplitAsTRLSplitsThem() throws {
    let cases = try Fixture.golden("pairs.json")
    #expect(cases.count == 9)
    for golden in cases {
      let record = try #require(golden["record"]?.objectValue)
      #expect(RecordShape(record) == .preference)
      let content = try RecordShape.preference.content(of: record)
      let pair = try #require(golden["pair"])
      #expect(text(try content.records(as: .preference)) == pair.text())
      let unpaired = try #require(golden["unpaired"]?.arrayValue)
      let converted = try RecordShape.preference.converted(record, to: .unpairedPreference)
      #expect(
        converted.map { JSON.object($0).text(JSON.Style(sortsKeys: true)) }.sorted()
          == unpaired.map { $0.text(JSON.Style(sortsKeys: true)) }.sorted())
    }
  }

  @Test(
    arguments: [
      (#"{"prompt": "p", "completion": "c"}"#, RecordShape.promptCompletion), (#"{"messages": []}"#, .messages),
      (#"{"prompt": "p", "completion": "c", "label": "spam"}"#, .promptCompletion),
      (#"{"prompt": "p", "completion": "c", "label": false}"#, .unpairedPreference),
      (#"{"messages": [], "label": true}"#, .unpairedPreference), (#"{"messages": [], "label": 3}"#, .messages),
      (#"{"conversations": [], "kto_tag": true}"#, .unpairedPreference), (#"{"conversations": []}"#, .shareGPT),
      (#"{"conversations": [], "chosen": {}, "rejected": {}}"#, .shareGPTPreference),
      (#"{"instruction": "i", "output": "o", "chosen": "c", "rejected": "r"}"#, .alpacaPreference),
      (#"{"instruction": "i", "input": "", "output": "o"}"#, .alpaca), (#"{"text": "t", "meta": {}}"#, .text),
      (#"{"input": {}, "preferred_output": [], "non_preferred_output": []}"#, .openAIPreference),
      (#"{"inputs_pretokenized": "i", "targets_pretokenized": "t"}"#, .promptsource),
      (#"{"chosen": "c", "rejected": "r"}"#, .preference), (#"{"text": "t", "label": 1}"#, nil),
    ] as [(String, RecordShape?)])
  func shapesAreRecognised(text: String, shape: RecordShape?) throws {
    #expect(RecordShape(try record(text)) == shape)
  }

  static let conversation =
    #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}, "#
    + #"{"role": "assistant", "content": "a"}]}"#
  static let calls =
    #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"id": "1", "type": "#
    + #""function", "function": {"name": "f", "arguments": "{\"x\": 1.0}"}}]}, {"role": "tool", "content": "r"}, "#
    + #"{"role": "assistant", "content": "a"}], "tools": [{"type": "function"}]}"#
  static let pair = #"{"prompt": "p", "chosen": "c", "rejected": "r"}"#

  @Test(
    arguments: [
      (
        #"{"instruction": "i", "input": "x", "output": "o", "id": 1}"#, RecordShape.messages,
        #"{"messages": [{"role": "user", "content": "i\nx"}, {"role": "assistant", "content": "o"}]}"#
      ),
      (
        #"{"instruction": "i", "output": "o", "system": "s", "history": [["a", "b"]]}"#, .shareGPT,
        #"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}, "#
          + #"{"from": "human", "value": "i"}, {"from": "gpt", "value": "o"}], "system": "s"}"#
      ),
      (
        #"{"instruction": "i", "output": "o"}"#, .promptCompletion,
        #"{"prompt": "Below is an instruction that describes a task. Write a response that appropriately completes the "#
          + #"request.\n\n### Instruction:\ni\n\n### Response:", "completion": " o"}"#
      ),
      (
        #"{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "system": "s"}"#,
        .messages,
        conversation
      ),
      (
        #"{"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "#
          + #""{\"name\": \"f\", \"arguments\": {\"x\": 1.0}}"}, {"from": "observation", "value": "r"}, "#
          + #"{"from": "gpt", "value": "a"}], "tools": "[]"}"#, .messages,
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"type": "function", "#
          + #""function": {"name": "f", "arguments": {"x": 1.0}}}]}, {"role": "tool", "content": "r"}, "#
          + #"{"role": "assistant", "content": "a"}], "tools": "[]"}"#
      ),
      (
        calls, .shareGPT,
        #"{"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "#
          + #""{\"name\": \"f\", \"arguments\": {\"x\": 1.0}}"}, {"from": "observation", "value": "r"}, "#
          + #"{"from": "gpt", "value": "a"}], "tools": [{"type": "function"}]}"#
      ),
      (calls, .messages, calls),
      (
        conversation, .promptCompletion,
        #"{"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}], "#
          + #""completion": [{"role": "assistant", "content": "a"}]}"#
      ),
      (conversation, .alpaca, #"{"instruction": "q", "input": "", "output": "a", "system": "s"}"#),
      (
        #"{"prompt": "p", "completion": "c", "n": 1e3}"#, .messages,
        #"{"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "c"}]}"#
      ),
      (#"{"prompt": "p", "completion": "c"}"#, .text, #"{"text": "p c"}"#),
      (#"{"prompt": "p", "completion": "c"}"#, .alpaca, #"{"instruction": "p", "input": "", "output": "c"}"#),
      (
        #"{"inputs_pretokenized": "p", "targets_pretokenized": "c"}"#, .promptCompletion,
        #"{"prompt": "p", "completion": "c"}"#
      ),
      (
        pair, .unpairedPreference,
        #"{"prompt": "p", "completion": "c", "label": true}"# + "\n"
          + #"{"prompt": "p", "completion": "r", "label": false}"#
      ),
      (
        pair, .openAIPreference,
        #"{"input": {"messages": [{"role": "user", "content": "p"}]}, "#
          + #""preferred_output": [{"role": "assistant", "content": "c"}], "#
          + #""non_preferred_output": [{"role": "assistant", "content": "r"}]}"#
      ),
      (
        pair, .shareGPTPreference,
        #"{"conversations": [{"from": "human", "value": "p"}], "chosen": {"from": "gpt", "value": "c"}, "#
          + #""rejected": {"from": "gpt", "value": "r"}}"#
      ),
      (
        #"{"conversations": [{"from": "human", "value": "p"}], "chosen": {"from": "gpt", "value": "c"}, "#
          + #""rejected": {"from": "gpt", "value": "r"}}"#, .preference,
        #"{"prompt": [{"role": "user", "content": "p"}], "chosen": [{"role": "assistant", "content": "c"}], "#
          + #""rejected": [{"role": "assistant", "content": "r"}]}"#
      ),
      (
        #"{"chosen": "\n\nHuman: h\n\nAssistant: Aha.", "rejected": "\n\nHuman: h\n\nAssistant: Aho."}"#, .preference,
        #"{"chosen": "\n\nHuman: h\n\nAssistant: Aha.", "rejected": "\n\nHuman: h\n\nAssistant: Aho."}"#
      ),
      (
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "label": false}"#,
        .unpairedPreference,
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "label": false}"#
      ),
    ] as [(String, RecordShape, String)])
  func recordsAreConverted(input: String, target: RecordShape, expected: String) throws {
    let record = try record(input)
    let shape = try #require(RecordShape(record))
    #expect(text(try shape.converted(record, to: target)) == expected)
  }

  @Test(
    arguments: [
      (#"{"text": "t"}"#, RecordShape.messages, "a plain text has no prompt"),
      (pair, .promptCompletion, "a pair has two answers"),
      (#"{"prompt": "p", "completion": "c", "label": true}"#, .messages, "the label, whether the answer is good"),
      (#"{"prompt": "p", "completion": "c"}"#, .preference, "needs a chosen and a rejected answer"),
      (#"{"prompt": "p", "completion": "c"}"#, .unpairedPreference, "nothing says whether"),
      (conversation, .text, "chat template"), (calls, .alpaca, "no place for tools"),
      (
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "weight": 0}]}"#,
        .alpaca,
        "the member 'weight'"
      ),
      (
        #"{"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "q"}]}"#, .promptCompletion,
        "does not end with a message of the assistant"
      ),
      (#"{"chosen": "same", "rejected": "same"}"#, .unpairedPreference, "the same as the chosen"),
      (#"{"chosen": "a", "rejected": "b"}"#, .unpairedPreference, "no common beginning"),
      (#"{"chosen": "p", "rejected": "p q"}"#, .unpairedPreference, "nothing follows the prompt"),
      (
        #"{"chosen": "p", "rejected": [{"role": "assistant", "content": "a"}]}"#, .unpairedPreference,
        "two texts or two"
      ),
      (#"{"prompt": "p", "chosen": "", "rejected": "x"}"#, .unpairedPreference, "empty; expected a text"),
    ] as [(String, RecordShape, String)])
  func impossibleConversionsSayWhy(input: String, target: RecordShape, reason: String) throws {
    let record = try record(input)
    let shape = try #require(RecordShape(record))
    #expect {
      _ = try shape.converted(record, to: target)
    } throws: { error in
      (error as? FieldProblem)?.reason.contains(reason) ?? false
    }
  }

  /// What a conversion keeps, it keeps on the way back.
  @Test(
    arguments: [
      (#"{"prompt": "p", "completion": "c"}"#, [RecordShape.promptsource]),
      (conversation, [.shareGPT, .promptCompletion]),
      (
        #"{"prompt": [{"role": "user", "content": "p"}], "chosen": [{"role": "assistant", "content": "c"}], "#
          + #""rejected": [{"role": "assistant", "content": "r"}]}"#, [.shareGPTPreference, .openAIPreference]
      ),
    ] as [(String, [RecordShape])])
  func conversionsComeBack(input: String, through shapes: [RecordShape]) throws {
    let record = try record(input)
    let shape = try #require(RecordShape(record))
    for other in shapes {
      let there = try #require(try shape.converted(record, to: other).first)
      #expect(RecordShape(there) == other)
      #expect(text(try other.converted(there, to: shape)) == input)
    }
  }

  @Test func preparedPreferencesAreWritten() throws {
    let pair = try RecordShape.preference.example(record(Self.pair))
    #expect(pair.json.text() == #"{"prompt": "p", "chosen": " c", "rejected": " r"}"#)
    #expect(pair.promptLength == 1 && pair.completionLength == 1)
    let hh = try RecordShape.preference.example(
      record(#"{"chosen": "\n\nHuman: h\n\nAssistant: Aha.", "rejected": "\n\nHuman: h\n\nAssistant: Aho."}"#))
    #expect(
      hh.json.text() == #"{"prompt": "\n\nHuman: h\n\nAssistant:", "chosen": " Aha.", "rejected": " Aho."}"#)
  }
}

/// Published data as they are; skipped where they are absent.
@Suite(.enabled(if: Fixture.shared != nil, "../shared is absent")) struct PublishedRecordTests {
  private func read(_ name: String) throws -> (records: [JSONObject], rejected: Int) {
    let folder = try #require(Fixture.shared)
    let reader = try RecordReader("\(folder)/data/\(name)")
    var records: [JSONObject] = [], rejected = 0
    while let outcome = try reader.next() {
      if case .record(let record) = outcome { records.append(record.fields) } else { rejected += 1 }
    }
    return (records, rejected)
  }

  /// The counts are those of INDEX.md beside the data.
  @Test(arguments: [
    ("samsum/val.json.gz", 818), ("samsum/test.json.gz", 819), ("dialogsum/dialogsum.dev.jsonl.gz", 500),
    ("dialogsum/dialogsum.test.jsonl.gz", 500), ("alpaca/alpaca_random_9k.json.gz", 9229),
    ("gpteacher/roleplay.json.gz", 3146), ("hh-rlhf/harmless-base.test.jsonl.gz", 2312),
    ("dpo-pairs/car.APE_score_test.csv.gz", 508), ("truthfulqa/TruthfulQA.csv.gz", 817),
    ("dpo-pairs/rasbt.instruction-data-with-preference.json.gz", 1100),
  ])
  func everyRecordIsRead(name: String, count: Int) throws {
    let (records, rejected) = try read(name)
    #expect(records.count == count && rejected == 0, "\(records.count) records, \(rejected) rejected")
  }

  @Test func instancesOfNaturalInstructionsAreWhole() throws {
    let folder = try #require(Fixture.shared) + "/data/natural-instructions"
    let files = try inputFiles([folder]).filter { $0.hasSuffix(".json.gz") }
    #expect(files.count == 30)
    for file in files.filter({ $0.contains("task1146") || $0.contains("task1572") || $0.contains("task120") }) {
      let (records, rejected) = try read("natural-instructions/" + (file as NSString).lastPathComponent)
      let reader = try LineReader(file)
      var bytes: [UInt8] = []
      while let line = try reader.next() { bytes += line + [0x0A] }
      let whole = try JSON(parsing: bytes)
      let instances = try #require(whole["Instances"]?.arrayValue)
      #expect(records.count == instances.count && rejected == 0)
      for (record, instance) in zip(records, instances) {
        #expect(record["input"] == instance["input"] && record["outputs"] == instance["output"])
        #expect(record["definition"] == whole["Definition"]?.arrayValue?.first)
      }
    }
  }

  @Test(
    arguments: [
      ("hh-rlhf/harmless-base.test.jsonl.gz", RecordShape.preference),
      ("dpo-pairs/llama-factory.dpo_en_demo.json.gz", .shareGPTPreference),
      ("dpo-pairs/llama-factory.kto_en_demo.json.gz", .unpairedPreference),
      ("dpo-pairs/rasbt.instruction-data-with-preference.json.gz", .alpacaPreference),
      ("p3-rendered/ag_news_classify.jsonl.gz", .promptCompletion), ("alpaca/alpaca_en_demo.json.gz", .alpaca),
    ] as [(String, RecordShape)])
  func shapesOfPublishedRecords(name: String, shape: RecordShape) throws {
    let records = try read(name).records
    var unusable: [String] = []
    for record in records {
      #expect(RecordShape(record) == shape)
      do throws(FieldProblem) {
        let example = try shape.example(record)
        #expect(example.completionLength > 0)
        if shape.isPreference, shape != .unpairedPreference {
          #expect(try shape.converted(record, to: .unpairedPreference).count == 2)
        }
      } catch {
        unusable.append("\(error.field ?? ""): \(error.reason)")
      }
    }
    // A few published pairs have an empty or the same answer twice.
    #expect(unusable.count * 100 <= records.count, "\(unusable.count) of \(records.count): \(unusable.prefix(3))")
  }
}
