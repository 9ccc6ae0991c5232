import Basics
import Foundation
import Testing

/// `tune sweep` on a tiny model, run as a user runs it.
@Suite struct SweepCommandTests {
  private static let model = ["--model", Workspace.model]

  /// The sweep's state without times, sizes in memory and places.
  private func stable(_ line: JSON) -> JSON {
    let volatile = ["seconds", "wall_seconds", "tokens_per_second", "peak_memory_bytes"]
    return .object(
      JSONObject(entries: (line.objectValue ?? JSONObject()).entries.filter { !volatile.contains($0.key) }))
  }

  private func state(_ workspace: Workspace, _ folder: String = "s") throws -> JSON {
    try JSON(contentsOf: workspace.file("\(folder)/sweep.json"))
  }

  /// Waits until the state says something, at most 30 seconds.
  private func wait(_ workspace: Workspace, until holds: (JSON) -> Bool) throws {
    for _ in 0..<600 {
      if let state = try? state(workspace), holds(state) { return }
      Thread.sleep(forTimeInterval: 0.05)
    }
    Issue.record("the sweep's state does not become what is waited for")
  }

  @Test func aGridIsRunAndItsBestNamed() throws {
    let workspace = try Workspace.prepared()
    let options = ["--grid", "rank=1,4", "--grid", "learning-rate=1e-3,3e-2"]
    let shared = ["--"] + Self.model + ["--max-steps", "6"]
    let first = try workspace.succeed(["sweep"] + options + ["--output", "s"] + shared)
    #expect(first.output.contains("best      rank=4 learning-rate=3e-2 · s/trials/4"))
    #expect(
      first.output.contains("again: tune train --model") && first.output.contains("--rank 4 --learning-rate 3e-2"))
    for name in ["sweep.json", "results.jsonl", "table.md", "chart.svg", "trials/1/adapter/adapter_config.json"] {
      #expect(workspace.exists("s/\(name)"), "\(name)")
    }
    let state = try state(workspace), outcomes = try #require(state["outcomes"]?.arrayValue)
    #expect(state["status"] == "complete" && outcomes.count == 4 && state["best"]?["trial"] == 4)
    for (index, outcome) in outcomes.enumerated() {
      let run = try JSON(contentsOf: workspace.file("s/trials/\(index + 1)/run.json"))
      #expect(run["method"]?["r"] == (index < 2 ? 1 : 4))
      #expect(outcome["eval_loss"] == run["result"]?["last_eval_loss"])
      #expect(outcome["trainable_parameters"] == .integer(index < 2 ? 112 : 448))
      let file = workspace.file("s/trials/\(index + 1)/adapter/adapter_model.safetensors")
      #expect(outcome["adapter_bytes"]?.intValue == (try Data(contentsOf: URL(fileURLWithPath: file)).count))
    }
    let losses = outcomes.compactMap { $0["eval_loss"]?.doubleValue }
    #expect(losses.min() == state["best"]?["eval_loss"]?.doubleValue)
    let rows = try workspace.text("s/table.md").split(separator: "\n").dropFirst(2)
    #expect(rows.count == 4 && rows.first?.hasPrefix("| ★ | 4 | 3e-2 |") == true)
    // Best first, the same losses, and again the same but for times.
    let sorted = losses.sorted().map { String(format: "%.4f", $0) }
    #expect(zip(rows, sorted).allSatisfy { $0.contains("| \($1) |") })
    let second = try workspace.succeed(["sweep"] + options + ["--output", "t", "--json", "--quiet"] + shared).json
    #expect(try workspace.lines("s/results.jsonl").map(stable) == workspace.lines("t/results.jsonl").map(stable))
    #expect(second["best"]?["trial"] == 4 && second["trials"]?.arrayValue?.count == 4)
    // The command that is named trains the same.
    try workspace.succeed(
      ["train"] + Self.model + ["--max-steps", "6", "--rank", "4", "--learning-rate", "3e-2", "--output", "r"])
    let again = try JSON(contentsOf: workspace.file("r/run.json"))
    #expect(again["result"]?["last_eval_loss"] == state["best"]?["eval_loss"])
  }

  @Test func halvingTrainsTheBestLonger() throws {
    let workspace = try Workspace.prepared()
    let outcome = try workspace.succeed(
      [
        "sweep", "--random", "learning-rate=log:1e-3..1e-1", "--trials", "4", "--halving", "2", "--output", "s", "--",
      ] + Self.model + ["--max-steps", "8"])
    #expect(outcome.output.contains("4 × 2 steps → 2 × 4 steps → 1 × 8 steps"))
    let outcomes = try #require(try state(workspace)["outcomes"]?.arrayValue)
    #expect(outcomes.map { $0["rung"]?.intValue } == [0, 0, 0, 0, 1, 1, 2])
    #expect(outcomes.map { $0["steps"]?.intValue } == [2, 2, 2, 2, 4, 4, 8])
    let first = outcomes.prefix(4).sorted { ($0["eval_loss"]?.doubleValue ?? 9) < ($1["eval_loss"]?.doubleValue ?? 9) }
    let promoted = Set(first.prefix(2).compactMap { $0["trial"]?.intValue })
    #expect(Set(outcomes[4...5].compactMap { $0["trial"]?.intValue }) == promoted)
    // Each rung's learning rate follows a schedule of the rung's own length.
    let run = try JSON(contentsOf: workspace.file("s/trials/\(promoted.min() ?? 0)-rung-2/run.json"))
    #expect(run["trainer"]?["max_steps"] == 4 && run["total_steps"] == 4)
    #expect(try workspace.text("s/chart.svg").contains(">2 steps<"))
  }

  @Test func failedTrialsAreToldAndTriedAgain() throws {
    let workspace = try Workspace.prepared()
    let outcome = try workspace.succeed(
      ["sweep", "--grid", "last-layers=1,9", "--output", "s", "--"] + Self.model + ["--max-steps", "2"])
    #expect(outcome.output.contains("trial 2, last-layers=9: failed: --last-layers: 9 is out of range"))
    #expect(try workspace.text("s/table.md").contains("| failed |"))
    #expect(try state(workspace)["outcomes"]?.arrayValue?.map { $0["status"] } == ["complete", "failed"])
    let before = try workspace.bytes("s/trials/1/run.json")
    let again = try workspace.succeed("sweep", "--resume", "s/")
    #expect(again.errors.contains("trial 2/2") && !again.errors.contains("trial 1/2"))
    #expect(try workspace.bytes("s/trials/1/run.json") == before)
    try workspace.fail(
      ["sweep", "--grid", "last-layers=8,9", "--output", "t", "--"] + Self.model, code: 1,
      saying: ["no trial of t has a validation loss"])
  }

  @Test func aKilledChildDoesNotEndTheSweep() throws {
    let workspace = try Workspace.prepared()
    let running = try workspace.start(
      ["sweep", "--grid", "max-steps=100000,2", "--output", "s", "--"] + Self.model + ["--eval-steps", "100000"])
    try wait(workspace) { $0["process"]?.intValue != nil }
    kill(Int32(try #require(try state(workspace)["process"]?.intValue)), SIGKILL)
    let outcome = try running.finish()
    #expect(
      outcome.code == 0 && outcome.output.contains("max-steps=100000: failed: killed by signal 9"), "\(outcome.errors)")
    let state = try state(workspace)
    #expect(state["outcomes"]?.arrayValue?.map { $0["status"] } == ["failed", "complete"])
    #expect(state["best"]?["trial"] == 2 && state["process"] == .null)
  }

  @Test func anInterruptedSweepGoesOn() throws {
    let workspace = try Workspace.prepared()
    let running = try workspace.start(
      ["sweep", "--grid", "max-steps=1,1000", "--output", "s", "--"] + Self.model + ["--eval-steps", "100000"])
    // While the second trial makes steps.
    for _ in 0..<600 where ((try? workspace.text("s/trials/2/metrics.jsonl").count) ?? 0) < 500 {
      Thread.sleep(forTimeInterval: 0.05)
    }
    // What is being run is in the state, and nobody else may run it.
    try workspace.fail(["sweep", "--resume", "s"], code: 2, saying: ["another process is at work on this sweep"])
    kill(running.process.processIdentifier, SIGINT)
    let outcome = try running.finish()
    #expect(outcome.code == 130 && !outcome.crashed, "\(outcome.errors)")
    #expect(outcome.output.contains("interrupted; go on with: tune sweep --resume s"))
    let interrupted = try state(workspace)
    #expect(interrupted["status"] == "interrupted" && interrupted["outcomes"]?.arrayValue?.count == 1)
    #expect(try JSON(contentsOf: workspace.file("s/trials/2/run.json"))["status"] == "interrupted")
    let first = try workspace.bytes("s/trials/1/run.json")
    let resumed = try workspace.succeed("sweep", "--resume", "s", "--json").json
    #expect(resumed["status"] == "complete" && resumed["outcomes"]?.arrayValue?.count == 2)
    #expect(try workspace.bytes("s/trials/1/run.json") == first)
    #expect((resumed["seconds_spent"]?.doubleValue ?? 0) > (interrupted["seconds_spent"]?.doubleValue ?? 9))
    #expect(try JSON(contentsOf: workspace.file("s/trials/2/run.json"))["result"]?["steps"] == 1000)
  }

  @Test func theBudgetLeavesOutWhatDoesNotFit() throws {
    let workspace = try Workspace.prepared()
    let outcome = try workspace.succeed(
      ["sweep", "--grid", "max-steps=2,1000000000,4", "--budget", "10m", "--output", "s", "--"] + Self.model)
    #expect(outcome.output.contains("trial 2, max-steps=1000000000: left out: would take about"), "\(outcome.output)")
    #expect(outcome.output.contains("1 left out for the budget; go on with: tune sweep --resume s --budget TIME"))
    let state = try state(workspace)
    #expect(state["status"] == "budget spent")
    #expect(state["outcomes"]?.arrayValue?.map { $0["status"] } == ["complete", "left out", "complete"])
  }

  @Test func recipesNarrowedAndEvaluated() throws {
    let workspace = try Workspace.prepared()
    let plan = try workspace.succeed(
      ["sweep", "--recipe", "methods", "--dry-run", "--json", "--quiet", "--"] + Self.model
    ).json
    let commands = plan.arrayValue?.compactMap { $0.stringValue } ?? []
    #expect(commands.count == 10 && commands[2].hasSuffix(" --lora --load-in-4bit") && !workspace.exists("sweeps"))
    let outcome = try workspace.succeed(
      [
        "sweep", "--recipe", "methods", "--grid", "variant=lora,norms", "--metric", "rougeL", "--eval-options",
        "--limit 2 --max-new-tokens 4", "--output", "s", "--json", "--",
      ] + Self.model + ["--max-steps", "2"])
    let outcomes = try #require(try outcome.json["outcomes"]?.arrayValue)
    #expect(outcomes.count == 2 && outcomes.allSatisfy { $0["rouge1"]?.doubleValue != nil && $0["base_rougeL"] != nil })
    #expect(try workspace.text("s/chart.svg").contains("rougeL, higher is better"))
    #expect(workspace.exists("s/trials/1/eval/scores.json"))
    let curve = try workspace.succeed(
      ["sweep", "--recipe", "learning-curve", "--grid", "data-fraction=0.25,0.5,1", "--output", "c", "--"] + Self.model
        + ["--max-steps", "2"])
    #expect(curve.output.contains("validation loss by data-fraction"))
    let examples = try (1...3).map {
      try JSON(contentsOf: workspace.file("c/trials/\($0)/run.json"))["data"]?["train"]?["examples"]?.intValue ?? 0
    }
    #expect(examples[0] < examples[1] && examples[1] < examples[2] && abs(examples[1] * 2 - examples[2]) <= 1)
  }

  /// What each trial forgot is measured by `tune eval --forgetting`, and trials may be compared by it.
  @Test func trialsAreComparedByWhatTheyForgot() throws {
    let workspace = try Workspace.prepared()
    let output = try workspace.succeed(
      [
        "sweep", "--grid", "learning-rate=1e-5,0.5", "--metric", "forgetting", "--forgetting-options", "--limit 6",
        "--output", "s", "--",
      ] + Self.model + ["--full", "--max-steps", "4"]
    ).output
    #expect(output.contains("forgotten"), "\(output)")
    let state = try state(workspace), outcomes = try #require(state["outcomes"]?.arrayValue)
    #expect(state["best"]?["trial"] == 1)
    for (index, outcome) in outcomes.enumerated() {
      let file = try JSON(contentsOf: workspace.file("s/trials/\(index + 1)/eval/forgetting.json"))
      let run = try #require(file["runs"]?.arrayValue?.first)
      #expect(outcome["forgetting"] == run["forgetting"] && outcome["forgotten_general text"] != nil)
    }
    try workspace.fail(
      ["sweep", "--grid", "rank=1", "--forgetting-options", "--limit 6"], code: 2,
      saying: ["--forgetting-options belongs to --forgetting"])
  }

  @Test func aConfigurationFileDoesTheSame() throws {
    let workspace = try Workspace.prepared()
    try workspace.write(
      """
      grid:
        - rank=1,2
        - learning-rate=1e-3
      train: --model \(Workspace.model) --max-steps 3
      output: s
      """, to: "sweep.yaml")
    try workspace.write("max_steps: 2\nlora: true\n", to: "train.yaml")
    let typed = try workspace.succeed("sweep", "--config", "sweep.yaml", "--json", "--", "--config", "train.yaml").json
    // What stands behind -- is written after what the file shares, and its own file before all.
    #expect(
      typed["settings"]?["train"]
        == .array((["--max-steps=2", "--lora"] + Self.model + ["--max-steps", "3"]).map { .string($0) }))
    #expect(typed["outcomes"]?.arrayValue?.map { $0["steps"] } == [3, 3])
    // The same file again is no change.
    try workspace.succeed("sweep", "--config", "sweep.yaml", "--grid", "seed=42", "--output", "t")
    try workspace.write("grid:\n  - rank=1,2\n  - learning-rate=1e-3\ntrain: --lora\n", to: "other.yaml")
    try workspace.fail(
      ["sweep", "--config", "other.yaml", "--resume", "s"], code: 2,
      saying: ["--resume s: the options of tune train changed since the sweep was started"])
  }

  @Test func mistakesAreToldBeforeAnythingRuns() throws {
    let workspace = try Workspace.prepared()
    try workspace.write("{}", to: "bad/sweep.json")
    try workspace.write("text", to: "full/file")
    let mistakes: [([String], String)] = [
      ([], "nothing is varied"), (["--grid", "rank=0,1"], "trial 1 (0): --rank: 0 is too small"),
      (["--grid", "rank=1,2", "--", "--full"], "trial 1 (1): --rank does not belong to --method full"),
      (["--grid", "rank=1,x"], "trial 2 (x): the value 'x' is invalid"),
      (["--grid", "rank=1", "--", "--rank", "2"], "--rank is varied and is also among the options of tune train"),
      (["--grid", "rank=1", "--", "--output", "x"], "--output cannot be an option of the trials"),
      (["--grid", "rank=1", "--grid", "rank=2"], "'rank' is varied twice"),
      (["--grid", "rank=1", "--halving", "2"], "--halving divides the steps of tune train"),
      (["--grid", "rank=1", "--halving", "1"], "--halving: 1 is too small; use 2 or more"),
      (["--grid", "rank=1", "--budget", "soon"], "--budget: 'soon' is no time"),
      (["--grid", "rank=1", "--metric", "loss"], "'loss' is invalid for '--metric <name>'"),
      (["--grid", "rank=1", "--output", "full"], "--output full: is there already; name another folder"),
      (["--grid", "variant=a"], "'variant' needs --variant or --recipe methods"),
      (["--recipe", "methods", "--grid", "variant=qlor"], "there is no variant 'qlor'; use full, LoRA"),
      (["--recipe", "methods", "--grid", "rank=2,4"], "(full 2): --rank does not belong to --method full"),
      (["--variant", "--lora"], "missing value for '--variant"),
      (["--variant", "lora"], "is not of the form label: options"),
      (["--variant", "a: \"b"], "ends inside quotes"),
      (["--grid", "rank=1", "--eval-options", "--limit 2"], "belongs to --eval"),
      (["--grid", "rank=1", "--eval", "--eval-options", "--limit 0"], "--eval-options: --limit: 0 is too small"),
      (["--grid", "rank=1", "--", "--data", "prepared/train.jsonl"], "--metric eval_loss needs a validation split"),
      (["--grid", "data=prepared,none"], "none: no such file or folder"),
      (["--resume", "none"], "--resume none: has no sweep.json"), (["--resume", "bad"], "is not the state of a sweep"),
      (["--grid", "data-fraction=0,1"], "--data-fraction: 0.0 is out of range"),
    ]
    for (arguments, part) in mistakes {
      let outcome = try workspace.run(["sweep"] + arguments)
      #expect([2, 3].contains(outcome.code) && outcome.failure.contains(part), "\(arguments): \(outcome.errors)")
      #expect(outcome.output.isEmpty && !outcome.crashed, "\(outcome.errors)")
    }
    #expect(!workspace.exists("sweeps"))
  }
}
