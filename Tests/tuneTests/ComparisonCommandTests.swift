import Basics
import Foundation
import Testing

/// `tune eval` with more than base and tuned model, gates, and what is wrong with answers.
@Suite struct ComparisonCommandTests {
  private static let quick = ["--limit", "6", "--max-new-tokens", "6"]

  private func tuned() throws -> Workspace {
    let workspace = try Workspace.prepared()
    for (name, rank) in [("one", "2"), ("two", "4")] {
      try workspace.succeed(
        "train", "--lora", "--rank", rank, "--model", Workspace.model, "--data", "prepared", "--max-steps", "8",
        "--learning-rate", "0.02", "--output", name, "--quiet")
    }
    return workspace
  }

  @Test func allContestantsAnswerTheSameItems() throws {
    let workspace = try tuned()
    let report = try workspace.succeed(
      [
        "eval", "--run", "one", "--data", "prepared", "--compare-runs", "two", "--with",
        "prompt,one-shot,few-shot,retrieved",
        "--prompt-instruction", "Be brief.", "--shots", "2", "--metric", "rouge,copy_rate", "--json",
      ] + Self.quick
    ).json
    let names = ["prompt", "one-shot", "few-shot", "retrieved", "two"]
    #expect(report["others"]?.objectValue?.keys == names)
    #expect(report["scores"]?.objectValue?.keys == ["rouge1", "rouge2", "rougeL", "rougeLsum", "copy_rate"])
    let lines = try workspace.lines("one/eval/predictions.jsonl")
    #expect(lines.count == 6)
    for name in names + ["base", "tuned"] {
      let scores = lines.compactMap { $0[name]?["rougeL"]?.doubleValue }
      let score =
        name == "base" || name == "tuned"
        ? report["scores"]?["rougeL"]?[name] : report["others"]?[name]?["rougeL"]?["score"]
      // ROUGE of a corpus is the mean of its examples.
      #expect(abs(scores.reduce(0, +) / 6 - (try #require(score?.doubleValue))) < 1e-12 && scores.count == 6)
    }
    // The run that was named first is told apart from the others, and stays the same without them.
    let alone = try workspace.succeed(
      ["eval", "--run", "one", "--data", "prepared", "--metric", "rouge,copy_rate", "--json"] + Self.quick
    ).json
    #expect(alone["scores"] == report["scores"] && alone["others"] == nil)
  }

  @Test func gatesAreToldToCI() throws {
    let workspace = try tuned()
    try workspace.write("earlier\n", to: "summary.md")
    let arguments =
      ["eval", "--run", "one", "--data", "prepared", "--junit", "gates.xml", "--step-summary", "summary.md"]
      + Self.quick
    try workspace.fail(
      arguments + ["--fail-under", "rougeL=0.99", "--gate", "ter < base - 1000", "--gate", "bleu >= 0 @90%"], code: 4,
      saying: ["gate failed: rougeL 0.", "is below 0.99", "gate failed: ter's difference to the base"])
    let junit = try workspace.text("gates.xml"), summary = try workspace.text("summary.md")
    #expect(junit.contains("tests=\"3\" failures=\"2\"") && junit.contains("name=\"bleu &gt;= 0 @90%\""))
    #expect(summary.hasPrefix("earlier\n### tune eval") && summary.contains("| rougeL |"))
    #expect(summary.contains("| ❌ | rougeL=0.99 |") && summary.contains("| ✅ | bleu >= 0 @90% |"))
    let passed = try workspace.succeed(arguments + ["--gate", "rougeL >= base - 1", "--json"]).json
    #expect(passed["gates"]?.arrayValue?.first?["passed"] == true)
  }

  @Test(arguments: [
    (["--with", "fewshot"], "did you mean 'few-shot'?"), (["--with", "prompt"], "--prompt-instruction"),
    (["--gate", "rougeL = 3"], "is no condition"), (["--gate", "rouge7x > 1"], "there is no metric 'rouge7x'"),
    (["--junit", "a.xml"], "add --gate or --fail-under"), (["--early-stopping", "true"], "belong to --num-beams"),
    (["--num-beams", "2", "--temperature", "1"], "exclude each other"), (["--metric", "blue"], "did you mean 'bleu'?"),
    (["--word-list", "none.txt"], "none.txt"),
  ]) func wrongUseIsExplained(flags: [String], part: String) throws {
    let workspace = try Workspace.prepared()
    let outcome = try workspace.run(["eval", "--model", Workspace.model] + Self.quick + flags)
    #expect([2, 3].contains(outcome.code) && outcome.failure.contains(part), "\(outcome.errors)")
  }

  @Test func textIsWrittenAsAskedWhateverTheBatch() throws {
    let workspace = try Workspace.prepared()
    func texts(_ flags: [String], batch: Int) throws -> [JSON?] {
      try workspace.succeed(
        ["eval", "--model", Workspace.model, "--output", "out", "--batch-size", "\(batch)"] + Self.quick + flags)
      return try workspace.lines("out/predictions.jsonl").map { $0["base"]?["text"] }
    }
    let greedy = try texts([], batch: 4)
    for flags in [
      ["--temperature", "1", "--seed", "7"], ["--num-beams", "3", "--length-penalty", "0.5"],
      ["--no-repeat-ngram-size", "2", "--repetition-penalty", "1.5"],
    ] {
      let one = try texts(flags, batch: 1)
      #expect(try one == texts(flags, batch: 5) && one != greedy)
    }
    let letters = greedy.compactMap { $0?.stringValue }.compactMap { $0.last }
    let letter = try #require(letters.first)
    let cut = try texts(["--stop", String(letter)], batch: 4)
    #expect(cut.allSatisfy { $0?.stringValue?.contains(letter) == false })
  }

  @Test func errorsAreFoundAndExplained() throws {
    let workspace = try tuned()
    try workspace.write("tea\nrice\n", to: "words.txt")
    let outcome = try workspace.succeed(
      ["eval", "--run", "one", "--data", "prepared", "--word-list", "words.txt", "--max-new-tokens", "6"])
    #expect(outcome.output.contains("never stopped") && outcome.output.contains("→ "))
    let errors = try JSON(contentsOf: workspace.file("one/eval/errors.json"))
    let faults = try #require(errors["faults"]?.arrayValue)
    let lines = try workspace.lines("one/eval/predictions.jsonl")
    for model in ["base", "tuned"] {
      let stopped = faults.first { $0["name"] == "never_stopped" }?[model]?.intValue
      #expect(
        stopped == lines.count { $0[model]?["stopped"] == false && $0[model]?["text"]?.stringValue?.isEmpty == false })
    }
    #expect(faults.contains { $0["name"] == "misspelled" })
    let worst = try #require(errors["token_losses"]?["worst"]?.arrayValue)
    let sums = worst.map { ($0["tuned"]?.doubleValue ?? 0) * Double($0["count"]?.intValue ?? 0) }
    #expect(sums == sums.sorted(by: >) && sums.count == 20 && (sums.last ?? 0) > 0)
    for slice in errors["slices"]?.arrayValue ?? [] { #expect((slice["examples"]?.intValue ?? 0) >= 5) }
    // Every item that changed is there, with the difference that it made.
    let flips = try workspace.lines("one/eval/flips.jsonl")
    let changed = lines.count { $0["base"]?["rougeL"] != $0["tuned"]?["rougeL"] }
    #expect(flips.count == changed && flips.allSatisfy { ($0["change"] == "better") == ($0["tuned"]! > $0["base"]!) })
    let examples = try workspace.text("one/eval/examples.md")
    #expect(examples.contains("## Worst five by rougeL") && examples.contains("## Best five by rougeL"))
  }
}

private func > (first: JSON, second: JSON) -> Bool { (first.doubleValue ?? 0) > (second.doubleValue ?? 0) }
