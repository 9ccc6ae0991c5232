import Basics
import Foundation
import Testing

/// Training on several data and on texts, and what is measured of both.
@Suite struct TaskCommandTests {
  /// `prepared/` and `second.jsonl`, whose records are of the tasks "short" and "long".
  private func workspace() throws -> Workspace {
    let workspace = try Workspace.prepared()
    let lines = try workspace.text("prepared/train.jsonl").split(separator: "\n").prefix(20)
    let marked = lines.enumerated().map { index, line in
      "{\"task\": \"\(index % 4 == 0 ? "long" : "short")\", \(line.dropFirst())\n"
    }
    try workspace.write(marked.joined(), to: "second.jsonl")
    return workspace
  }

  private func train(_ workspace: Workspace, _ arguments: String...) throws -> JSON {
    try workspace.succeed(
      ["train", "--full", "--model", Workspace.model, "--max-steps", "4", "--output", "run", "--json"] + arguments
    ).json
  }

  @Test func severalDataAreSeveralTasks() throws {
    let workspace = try workspace()
    let run = try train(
      workspace, "--data", "prepared", "--data", "second.jsonl", "--task-sampling", "temperature",
      "--sampling-temperature", "3", "--balanced-batches", "--held-out-tasks", "long")
    let tasks = try #require(run["data"]?["tasks"]?.arrayValue)
    #expect(tasks.map { $0["name"]?.stringValue } == ["prepared", "long", "short"])
    #expect(tasks.map { $0["held_out"]?.boolValue } == [false, true, false])
    #expect(tasks.map { $0["examples"]?.intValue } == [40, 5, 15])
    let share = pow(40, 1.0 / 3) / (pow(40, 1.0 / 3) + pow(15, 1.0 / 3))
    for (task, expected) in zip(tasks, [share, 0, 1 - share]) {
      #expect(abs((task["share"]?.doubleValue ?? -1) - expected) < 1e-12)
    }
    #expect(run["trainer"]?["task_sampling"]?["temperature"]?.doubleValue == 3)
    #expect(run["trainer"]?["balanced_tasks"] == true)
    let metrics = try workspace.lines("run/metrics.jsonl")
    #expect(metrics.allSatisfy { $0["long_loss"] == nil })
    #expect(metrics.filter { $0["loss"] != nil }.allSatisfy { $0["short_loss"] != nil && $0["prepared_loss"] != nil })
    let losses = try #require(run["result"]?["task_losses"]?.arrayValue)
    #expect(losses.map { $0["task"] } == ["prepared", "long"])
    #expect(losses.first?["last_eval_loss"] == run["result"]?["last_eval_loss"])
    try testEveryTaskIsScored(workspace)
  }

  /// `tune eval` scores the data of the run: all together, and each task as if it were alone.
  private func testEveryTaskIsScored(_ workspace: Workspace) throws {
    let eval = ["eval", "--run", "run", "--max-new-tokens", "8", "--json", "--rouge"]
    let outcome = try workspace.succeed(eval), report = try outcome.json
    #expect(report["tasks"]?.objectValue?.keys == ["prepared", "long", "short"])
    let lines = try workspace.lines("run/eval/predictions.jsonl")
    #expect(report["examples"]?.intValue == lines.count && lines.count { $0["task"] == "long" } == 5)
    #expect(outcome.errors.contains("\nshort "), "\(outcome.errors)")
    let alone = try workspace.succeed(eval + ["--data", "prepared"]).json
    #expect(alone["tasks"] == nil)
    for name in ["rouge1", "rougeLsum"] {
      #expect(report["tasks"]?["prepared"]?[name]?["tuned"] == alone["scores"]?[name]?["tuned"])
    }
  }

  @Test func aTableShowsEachTask() throws {
    let workspace = try workspace()
    let outcome = try workspace.succeed(
      "train", "--full", "--model", Workspace.model, "--max-steps", "2", "--data", "second.jsonl", "--data", "prepared",
      "--held-out-tasks", "short", "--output", "run")
    let words = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map { String($0) } }
    #expect(words.contains { $0.prefix(2) == ["long", "5"] && $0.suffix(2) == ["11.1", "%"] }, "\(outcome.output)")
    #expect(words.contains { $0.prefix(2) == ["short", "15"] && $0.suffix(2) == ["held", "out"] })
    #expect(words.contains { $0.prefix(3) == ["short", "(held", "out)"] && $0.count == 6 })
    #expect(outcome.errors.contains(" · short ") && outcome.errors.contains(" · prepared "))
  }

  @Test func oneDataIsOneTask() throws {
    let workspace = try workspace()
    let run = try train(workspace)
    #expect(run["data"]?["tasks"] == nil && run["result"]?["task_losses"] == nil)
    #expect(run["data"]?["path"] == "prepared")
    #expect(try workspace.lines("run/metrics.jsonl").allSatisfy { $0["prepared_loss"] == nil })
  }

  @Test func wrongTasksAreRefused() throws {
    let workspace = try workspace()
    let train = ["train", "--full", "--model", Workspace.model, "--data"]
    try workspace.fail(
      train + ["second.jsonl", "--held-out-tasks", "shrot"], code: 2, saying: ["no task 'shrot'", "'short'"])
    try workspace.fail(
      train + ["second.jsonl", "--held-out-tasks", "short,long"], code: 2, saying: ["leave a task to train on"])
    try workspace.fail(train + ["prepared", "--data", "prepared/"], code: 2, saying: ["is given twice"])
    try workspace.fail(
      train + ["prepared", "--sampling-temperature", "2"], code: 2, saying: ["--task-sampling temperature"])
    try workspace.fail(train + ["prepared", "--no-packing"], code: 2, saying: ["belongs to --objective lm"])
    try workspace.fail(
      train + ["prepared", "--objective", "lm", "--train-on-prompt"], code: 2, saying: ["learns every token"])
  }
}
