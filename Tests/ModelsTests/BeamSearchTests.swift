import Basics
import Foundation
import Testing

@testable import Models

/// Texts of transformers (Tests/Fixtures/generation/make_generation.py).
@Suite struct BeamSearchTests {
  struct Golden: Sendable, CustomTestStringConvertible {
    let json: JSON
    var testDescription: String { json.text() }
  }

  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  private static func goldens() throws -> [Golden] {
    let reader = try LineReader(tests.appendingPathComponent("Fixtures/generation/texts.jsonl").path)
    var goldens: [Golden] = []
    while let line = try reader.next() { goldens.append(Golden(json: try JSON(parsing: line))) }
    return goldens
  }

  private func ids(_ json: JSON?) throws -> [Int] { try #require(json?.arrayValue).compactMap { $0.intValue } }

  private func model(_ name: String) throws -> any LanguageModel {
    try loadModel(ModelFiles.open(Self.tests.appendingPathComponent("Fixtures/families/\(name)").path))
  }

  private func rules(_ json: JSON) -> LogitRules {
    LogitRules(
      noRepeatNgramSize: json["no_repeat_ngram_size"]?.intValue ?? 0,
      repetitionPenalty: json["repetition_penalty"]?.doubleValue ?? 1,
      minNewTokens: json["min_new_tokens"]?.intValue ?? 0)
  }

  private func options(_ json: JSON) -> BeamSearchOptions {
    let early = json["early_stopping"]
    return BeamSearchOptions(
      numBeams: json["num_beams"]?.intValue ?? 1, lengthPenalty: json["length_penalty"]?.doubleValue ?? 1,
      earlyStopping: early == true ? .always : early?.stringValue == "never" ? .never : .byHeuristic)
  }

  @Test func textsAreThoseOfTransformers() throws {
    var models: [String: any LanguageModel] = [:]
    for golden in try Self.goldens() {
      let json = golden.json, name = try #require(json["model"]?.stringValue)
      if models[name] == nil { models[name] = try model(name) }
      let model = try #require(models[name]), stops = Set(try ids(json["stop"]))
      let request = GenerationRequest(promptIDs: try ids(json["prompt"]), maxNewTokens: 12)
      let result =
        options(json).numBeams > 1
        ? try BeamSearch(model, stopIDs: stops, options: options(json), rules: rules(json)).generate([request])[0]
        : try Generator(model, stopIDs: stops, rules: rules(json)).generate([request])[0]
      let expected = GenerationResult(ids: try ids(json["ids"]), stopped: json["stopped"] == true)
      #expect(result == expected, "\(json.text())")
    }
  }

  /// Prompts that are continued together are continued as alone.
  @Test(arguments: ["gpt2", "flan-t5"]) func batchesChangeNothing(name: String) throws {
    let model = try model(name)
    let requests = [[6, 11, 5], [9, 30, 4, 9, 8, 2], [7], [6, 11]].map {
      GenerationRequest(promptIDs: $0, maxNewTokens: 8)
    }
    let search = BeamSearch(model, stopIDs: [3], options: .init(numBeams: 3), batchSize: 3)
    #expect(try search.generate(requests) == requests.map { try search.generate([$0])[0] })
    #expect(try search.generate([GenerationRequest(promptIDs: [5], maxNewTokens: 0)]) == [GenerationResult()])
  }
}
