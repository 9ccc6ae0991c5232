import Basics
import Foundation
import Testing

@testable import Evaluation

@Suite struct ScoredTextsTests {
  private func read(_ files: [String], _ fields: PredictionFields = PredictionFields()) throws -> ScoredTexts {
    let folder = FileManager.default.temporaryDirectory.path + "/scored-\(UUID().uuidString)"
    try createFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let paths = try files.enumerated().map { index, text in
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(index)"))
      return "\(folder)/\(index)"
    }
    return try ScoredTexts(paths, fields: fields)
  }

  private func failure(_ files: [String], _ fields: PredictionFields = PredictionFields()) -> String {
    do {
      _ = try read(files, fields)
    } catch {
      return (error as? TuneError)?.message ?? "\(error)"
    }
    return ""
  }

  @Test func membersAreFoundUnderTheirNames() throws {
    let texts = try read([#"{"base": {"text": "b"}, "tuned": {"text": "t"}, "references": ["r", "s"], "prompt": "p"}"#])
    #expect(texts.predictions == ["t"] && texts.references == [["r", "s"]] && texts.sources == ["p"])
    let named = try read(
      [#"{"a": {"b": "x"}, "prediction": "y", "c": 7}"#], PredictionFields(prediction: "a.b", reference: "c"))
    #expect(named.predictions == ["x"] && named.references == [["7"]])
  }

  @Test func fewerPredictionsThanReferencesAreRefused() {
    #expect(failure(["a\nb\n", "a\nb\nc\n"]).contains("/1: 3 lines, but"))
    #expect(throws: TuneError.self) { try BLEU().counts(predictions: ["a"], references: [["a"], ["b"]]) }
    let metrics: [any Metric] = [RougeMetric(.ngram(1)), RougeMetric(.ngram(2))]
    #expect(throws: TuneError.self) { try counts(of: metrics, predictions: ["a"], references: [["a"], ["b"]]) }
  }

  @Test func emptyFilesAreRefused() {
    #expect(failure([""]).contains("holds no prediction"))
    #expect(failure(["\n \n"]).contains("holds no prediction"))
    #expect(failure(["", ""]).contains("holds no prediction"))
  }

  @Test func membersThatAreNoTextAreNamed() {
    #expect(
      failure([#"{"prediction": "a", "reference": "b"}"# + "\n" + #"{"prediction": {}, "reference": "b"}"#])
        .contains("/0:2: prediction: expected a text, found {}"))
    #expect(failure([#"{"prediction": "a", "reference": [null]}"#]).contains("reference[0]: expected a text"))
    #expect(failure([#"{"prediction": "a", "target": null}"#]).contains(":1: target: expected a text, found null"))
    #expect(failure(["[1]"]).contains("/0:1: expected a JSON object"))
    #expect(failure([#"{"text": "a"}"#]).contains("has no prediction under prediction, hypothesis"))
    #expect(failure([#"{"prediction": "a"}"#], PredictionFields(reference: "gold.text")).contains("under gold.text"))
  }

  /// What is cut into words once for several types is what each type makes alone.
  @Test func sharedCountsAreThoseOfEachMetric() throws {
    let predictions = ["the cat sat", "", "Déjà vu, déjà-vu!\nTwice.", "K\u{212A}\u{130}x a_b 12"]
    let references = [["the cat sat on it", "a cat"], ["x"], ["déjà vu\ntwice"], ["kki x a b 12"]]
    let metrics: [any Metric] = [
      RougeMetric(.ngram(1)), BLEU(), RougeMetric(.longestCommonByLine), RougeMetric(.ngram(2)),
    ]
    let together = try counts(of: metrics, predictions: predictions, references: references)
    for (metric, counts) in zip(metrics, together) {
      #expect(try metric.counts(predictions: predictions, references: references) == counts, "\(metric.name)")
    }
  }
}
