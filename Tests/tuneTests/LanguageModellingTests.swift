import Basics
import Foundation
import Testing

@testable import tune

/// From raw texts to a model that predicts such texts better.
@Suite struct LanguageModellingTests {
  private static let golden = "\(Workspace.fixtures)/cli/language_modelling.json"

  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let texts = (0..<40).map { "Ann number \($0) wants tea.\nMax: Then take rice, number \($0 * 7 % 40).\n" }
    try FileManager.default.createDirectory(atPath: workspace.file("texts"), withIntermediateDirectories: true)
    for (index, text) in texts.enumerated() { try workspace.write(text, to: "texts/\(index).txt") }
    try workspace.write(texts.prefix(5).joined(), to: "held.txt")
    return workspace
  }

  @Test func textsAreLearntAndMeasured() throws {
    let workspace = try workspace()
    let run = try workspace.succeed(
      "train", "--full", "--objective", "lm", "--model", Workspace.model, "--data", "texts", "--max-length", "64",
      "--validation-split", "0.2", "--max-steps", "30", "--output", "run", "--json"
    ).json
    let train = try #require(run["data"]?["train"])
    #expect(run["data"]?["objective"] == "lm" && run["data"]?["packing"] == true)
    let examples = try #require(train["examples"]?.intValue), tokens = try #require(train["tokens"]?.intValue)
    #expect(examples == (tokens + 63) / 64)
    #expect(train["trained_tokens"]?.intValue == tokens - examples)
    let validated = try #require(run["data"]?["validation"]?["records"]?.intValue)
    #expect(validated > 0 && validated + (train["records"]?.intValue ?? 0) == 40)
    let result = try #require(run["result"])
    #expect((result["last_eval_loss"]?.doubleValue ?? 9) < (result["first_eval_loss"]?.doubleValue ?? 0) - 0.3)
    let report = try workspace.succeed("eval", "--perplexity", "held.txt", "texts", "--run", "run", "--json").json
    for file in try #require(report["files"]?.arrayValue) + [report] {
      let base = try #require(file["base"]), tuned = try #require(file["tuned"])
      for name in ["token_perplexity", "word_perplexity", "byte_perplexity"] {
        #expect((tuned[name]?.doubleValue ?? 0) < (base[name]?.doubleValue ?? 0), "\(name)")
      }
    }
    #expect(report["documents"] == 41)
    let table = try workspace.succeed("eval", "--perplexity", "held.txt", "--run", "run").output
    #expect(table.contains("base") && table.contains("tuned") && table.contains("byte_perplexity"))
  }

  /// Against lm-evaluation-harness's rolling windows on transformers (make_language_modelling.py).
  @Test func perplexityIsThatOfTheHarness() throws {
    let workspace = try Workspace()
    let golden = try JSON(contentsOf: Self.golden)
    let texts = try #require(golden["texts"]?.arrayValue)
    for (index, text) in texts.enumerated() {
      try workspace.write(try #require(text.stringValue), to: "\(index).txt")
    }
    let files = texts.indices.map { "\($0).txt" }
    for entry in try #require(golden["rolling"]?.arrayValue) {
      let length = try #require(entry["max_length"]?.intValue)
      let report = try workspace.succeed(
        ["eval", "--model", Workspace.model, "--max-length", "\(length)", "--json", "--perplexity"] + files
      ).json
      let expected = try #require(entry["log_likelihoods"]?.arrayValue).compactMap { $0.doubleValue }
      var sum = 0.0
      for (index, file) in try #require(report["files"]?.arrayValue).enumerated() {
        let found = try #require(file["base"]?["log_likelihood"]?.doubleValue)
        #expect(abs(found - expected[index]) <= 1e-4 * abs(expected[index]), "\(length): \(found) \(expected[index])")
        let words = try #require(golden["words"]?.arrayValue?[index].intValue)
        let bytes = try #require(golden["bytes"]?.arrayValue?[index].intValue)
        #expect(file["words"]?.intValue == words && file["bytes"]?.intValue == bytes)
        let perplexity = try #require(file["base"]?["word_perplexity"]?.doubleValue)
        #expect(abs(log(perplexity) + expected[index] / Double(words)) < 1e-4 * abs(expected[index]))
        sum += found
      }
      #expect(report["tokens"] == golden["tokens"] && report["tuned"]?.isNull == true)
      #expect(abs((report["base"]?["log_likelihood"]?.doubleValue ?? 0) - sum) < 1e-9 * abs(sum))
    }
  }

  /// get_rolling_token_windows with context_len 1, written out by hand from its definition.
  @Test func windowsGoOnFromEachOther() throws {
    let model = try LoadedModel(Workspace.model).model
    let rolling = RollingLikelihood(model, first: 0, windowLength: 4)
    #expect(rolling.windows(of: []) == [])
    #expect(rolling.windows(of: [1, 2]) == [.init(input: [0, 1], targets: [1, 2])])
    #expect(
      rolling.windows(of: [1, 2, 3, 4, 5, 6]) == [
        .init(input: [0, 1, 2, 3], targets: [1, 2, 3, 4]), .init(input: [2, 3, 4, 5], targets: [5, 6]),
      ])
  }

  @Test func modelsThatAreNoDecodersAreRefused() throws {
    let workspace = try workspace()
    for (family, name) in [("t5", "T5ForConditionalGeneration"), ("distilbert", "DistilBertForSequenceClassification")]
    {
      let folder = "\(Workspace.fixtures)/families/\(family)"
      try FileManager.default.copyItem(atPath: folder, toPath: workspace.file(family))
      for file in ["tokenizer.json", "tokenizer_config.json"] {
        try? FileManager.default.removeItem(atPath: workspace.file("\(family)/\(file)"))
        try FileManager.default.copyItem(
          atPath: "\(Workspace.model)/\(file)", toPath: workspace.file("\(family)/\(file)"))
      }
      try workspace.fail(
        ["train", "--full", "--objective", "lm", "--model", family, "--data", "texts"], code: 2,
        saying: ["--objective lm", name, "decoder-only"])
      try workspace.fail(
        ["eval", "--perplexity", "held.txt", "--model", family], code: 2, saying: ["--perplexity", name])
    }
  }

  @Test func wrongTextsAreRefused() throws {
    let workspace = try workspace()
    try workspace.write([0xFF, 0xC3, 0x28], to: "bad.txt")
    try workspace.write("", to: "empty.txt")
    for (name, part) in [("bad.txt", "not valid UTF-8"), ("empty.txt", "no text"), ("none.txt", "no such file")] {
      try workspace.fail(["eval", "--model", Workspace.model, "--perplexity", name], code: 3, saying: [name, part])
      try workspace.fail(
        ["train", "--full", "--objective", "lm", "--model", Workspace.model, "--data", name], code: 3,
        saying: [name, part])
    }
    try workspace.fail(["eval", "--max-length", "5"], code: 2, saying: ["belongs to --perplexity"])
  }
}
