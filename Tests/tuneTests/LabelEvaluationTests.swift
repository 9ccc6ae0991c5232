import Basics
import Foundation
import Testing

/// Scores of models that write labels.
@Suite struct LabelEvaluationTests {
  /// A workspace with labels to write and a run that has learnt them, more or less.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let records = (0..<24).map { index in
      "{\"prompt\": \"Ann wants \(index % 2 == 0 ? "tea" : "rice"), number \(index).\", "
        + "\"completion\": \" \(index % 2 == 0 ? "tea" : "rice")\"}\n"
    }
    try workspace.write(records.joined(), to: "labels.jsonl")
    try workspace.succeed(
      "train", "--full", "--model", Workspace.model, "--data", "labels.jsonl", "--max-steps", "60",
      "--learning-rate", "0.01", "--output", "run", "--quiet")
    return workspace
  }

  @Test func labelsAreScoredAsLabels() throws {
    let workspace = try workspace()
    let outcome = try workspace.succeed("eval", "--run", "run", "--json", "--max-new-tokens", "8")
    let report = try outcome.json, scores = try #require(report["scores"]?.objectValue)
    #expect(scores.keys == ["accuracy", "macro_f1", "weighted_f1", "matthews_correlation"])
    // The printed accuracy is the share of equal texts in the predictions.
    for model in ["base", "tuned"] {
      let right = try workspace.lines("run/eval/predictions.jsonl").count { $0[model]?["text"] == $0["reference"] }
      #expect(scores["accuracy"]?[model]?.doubleValue == Double(right) / 24)
      let matrix = try #require(report["classification"]?[model])
      let rows = try #require(matrix["confusion_matrix"]?.arrayValue).map {
        ($0.arrayValue ?? []).compactMap { $0.intValue }
      }
      let others = (matrix["other"]?.arrayValue ?? []).compactMap { $0.intValue }
      #expect(rows[0][0] + rows[1][1] == right && rows.joined().reduce(0, +) + others.reduce(0, +) == 24)
    }
    #expect(report["classification"]?["labels"] == ["rice", "tea"])
    #expect((scores["accuracy"]?["tuned"]?.doubleValue ?? 0) > (scores["accuracy"]?["base"]?.doubleValue ?? 1))
    #expect(outcome.errors.contains("expected ↓ predicted →") && outcome.errors.contains("precision"))
  }

  @Test func chosenMetricsAndGates() throws {
    let workspace = try workspace()
    let arguments = ["eval", "--run", "run", "--limit", "8", "--max-new-tokens", "4"]
    let rouge = try workspace.succeed(arguments + ["--rouge", "--json"]).json
    #expect(rouge["scores"]?["accuracy"] == nil && rouge["classification"] == nil)
    let chosen = try workspace.succeed(arguments + ["--micro-f1", "--matthews-correlation", "--json"]).json
    #expect(chosen["scores"]?.objectValue?.keys == ["micro_f1", "matthews_correlation"])
    try workspace.fail(
      arguments + ["--fail-under", "accuracy=1.5"], code: 4, saying: ["gate failed: accuracy", "is below 1.5"])
    try workspace.fail(arguments + ["--fail-under", "acuracy=1"], code: 2, saying: ["did you mean 'accuracy'?"])
  }

  @Test func freeTextsAreScoredByRouge() throws {
    let workspace = try Workspace.prepared()
    let report = try workspace.succeed(
      "eval", "--model", Workspace.model, "--limit", "6", "--max-new-tokens", "4", "--json", "--output", "eval"
    ).json
    #expect(report["scores"]?.objectValue?.keys.first == "rouge1")
  }
}
