import Basics
import CZlib
import Foundation
import Testing
import Text

@testable import Datasets

/// Token ids and labels of the reference implementation for the real tokenizer and chat template.
@Suite struct GoldenLossTests {
  @Test(.enabled(if: Fixture.shared != nil, "needs the shared reference data: set TUNE_SHARED"))
  func tokensAndLabelsEqualTheReference() throws {
    let shared = try #require(Fixture.shared)
    let goldens = try Fixture.text("\(shared)/golden/loss.jsonl").split(separator: "\n").map {
      try JSON(parsing: String($0))
    }
    #expect(goldens.count == 16)
    try Fixture.inFolder { folder in
      let (tokenizer, template) = try model("\(shared)/data/tokenizers/smollm2", folder: folder)
      let reader = ExampleReader(encoding: TokenizerEncoding(tokenizer), conversations: ChatTemplateRendering(template))
      let prompts = PromptReader(encoding: TokenizerEncoding(tokenizer), conversations: ChatTemplateRendering(template))
      for golden in goldens {
        var fields: JSONObject = [:]
        for key in ["prompt", "completion", "messages"] { fields[key] = golden[key] }
        try Fixture.write(JSON.object(fields).text(), to: "\(folder)/one.jsonl")
        let example = try reader.read(file: "\(folder)/one.jsonl").examples[0]
        #expect(example.tokens.map { Int($0) } == golden["input_ids"]?.arrayValue?.compactMap { $0.intValue })
        #expect(example.labels.map { Int($0) } == golden["labels"]?.arrayValue?.compactMap { $0.intValue })
        #expect(example.trainedTokenCount == golden["trained_tokens"]?.intValue)
        let prompt = try prompts.read(file: "\(folder)/one.jsonl")[0]
        #expect(prompt.prompt == golden["rendered_prompt"]?.stringValue ?? golden["prompt"]?.stringValue)
        #expect(prompt.tokens == example.tokens[..<example.trained[0].lowerBound].map { $0 })
      }
    }
  }

  private func model(_ source: String, folder: String) throws -> (Tokenizer, ChatTemplate) {
    let reader = try LineReader("\(source)/tokenizer.json.gz")
    var bytes: [UInt8] = []
    while let line = try reader.next() { bytes += line + [0x0A] }
    let configuration = try JSON(contentsOf: "\(source)/tokenizer_config.json")
    let tokenizer = try Tokenizer(jsonFile: JSON(parsing: bytes), configuration: configuration, name: "smollm2")
    let template = try ChatTemplate(Fixture.text("\(source)/chat_template.jinja"), name: "smollm2", specialTokens: [:])
    return (tokenizer, template)
  }
}
