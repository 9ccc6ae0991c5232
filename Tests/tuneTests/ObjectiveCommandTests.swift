import Basics
import Foundation
import Testing

/// What `tune train` minimises beside the loss of next tokens.
@Suite struct ObjectiveCommandTests {
  private static let cases: [(flags: [String], key: String, summary: String)] = [
    (["--lora", "--teacher-model", Workspace.model, "--distillation-weight", "0.7"], "teacher_model", "distillation"),
    (["--lora", "--kl-weight", "0.5"], "kl_weight", "0.5 · KL to the base"),
    (["--full", "--kl-weight", "0.5"], "kl_weight", "0.5 · KL to the base"),
    (["--full", "--l2-sp-weight", "0.1", "--layerwise-updates"], "l2_sp_weight", "L2-SP 0.1"),
    (["--full", "--ewc", "prepared", "--ewc-examples", "3"], "ewc", "EWC 500.0 on 3 examples"),
    (["--lora", "--replay", "prepared", "--replay-ratio", "0.25"], "replay", "(share 0.25)"),
    (["--prompt-tuning", "4", "--kl-weight", "0.5"], "kl_weight", "0.5 · KL to the base"),
  ]

  private func train(_ flags: [String], in workspace: Workspace, to output: String) throws -> (JSON, [Double], String) {
    let outcome = try workspace.succeed(
      [
        "train", "--model", Workspace.model, "--max-steps", "4", "--learning-rate", "0.01", "--batch-size", "4",
        "--output", output,
      ] + flags)
    let losses = try workspace.lines("\(output)/metrics.jsonl").compactMap { $0["loss"]?.doubleValue }
    return (try JSON(contentsOf: workspace.file("\(output)/run.json")), losses, outcome.errors + outcome.output)
  }

  @Test(arguments: cases.indices) func anObjectiveIsTrainedAndTold(index: Int) throws {
    let (flags, key, summary) = Self.cases[index], workspace = try Workspace.prepared()
    let (run, losses, text) = try train(flags, in: workspace, to: "run")
    #expect(run["objective"]?[key].map { $0 != .null } ?? false)
    #expect(text.contains(summary), "\(text)")
    let plain = try train([flags[0]] + (flags[0] == "--prompt-tuning" ? [flags[1]] : []), in: workspace, to: "plain")
    #expect(losses.count == 4 && losses.allSatisfy { $0.isFinite } && losses != plain.1)
  }

  @Test(arguments: [["--neftune-noise-alpha", "50"], ["--adversarial-epsilon", "0.5"]])
  func regularisersChangeWhatIsLearnt(flags: [String]) throws {
    let workspace = try Workspace.prepared()
    let (run, losses, _) = try train(["--lora"] + flags, in: workspace, to: "run")
    let again = try train(["--lora"] + flags, in: workspace, to: "again")
    let plain = try train(["--lora"], in: workspace, to: "plain")
    #expect(losses == again.1 && losses != plain.1)
    let key = String(flags[0].dropFirst(2)).replacing("-", with: "_")
    #expect(run["trainer"]?[key]?.doubleValue == Double(flags[1]))
    #expect(plain.0["trainer"]?[key] == nil)
  }

  /// Kept states of frozen layers change nothing but the time.
  @Test func frozenStatesAreKeptOrNot() throws {
    let workspace = try Workspace.prepared(), flags = ["--last-layers", "1", "--epochs", "2"]
    let kept = try train(flags, in: workspace, to: "kept")
    let anew = try train(flags + ["--activation-cache", "0"], in: workspace, to: "anew")
    #expect(kept.2.contains("states of frozen layers, kept for all epochs") && !anew.2.contains("states of frozen"))
    #expect(zip(kept.1, anew.1).allSatisfy { abs($0 - $1) <= 1e-4 * $1 })
  }

  @Test(arguments: [
    (["--replay-ratio", "0.2"], "--replay-ratio needs --replay"),
    (["--replay", "prepared", "--replay-ratio", "1"], "--replay-ratio: 1.0 is out of range"),
    (["--ewc-weight", "2"], "--ewc-weight needs --ewc"),
    (["--ewc", "prepared", "--l2-sp-weight", "1"], "--ewc and --l2-sp-weight exclude each other"),
    (["--distillation-weight", "0.5"], "--distillation-weight needs --teacher-model"),
    (["--teacher-model", "nowhere"], "--teacher-model nowhere: no such file or folder"),
    (["--kl-weight", "1", "--teacher-model", "x"], "--kl-weight and --teacher-model exclude each other"),
    (
      ["--full", "--layerwise-updates", "--adversarial-epsilon", "1"],
      "--adversarial-epsilon needs the gradients of two"
    ),
    (["--init-adapter", "a", "--rank", "4"], "--rank: the file of --init-adapter decides it"),
    (["--activation-cache", "much"], "--activation-cache: 'much' is no size"),
  ]) func wrongObjectivesAreExplained(flags: [String], part: String) throws {
    let workspace = try Workspace.prepared()
    let outcome = try workspace.run(["train", "--model", Workspace.model] + flags)
    #expect(outcome.code == 2 || outcome.code == 3, "\(outcome.errors)")
    #expect(outcome.failure.contains(part), "\(outcome.errors)")
    #expect(!outcome.failure.contains("for the default model"), "\(outcome.errors)")
  }

  @Test func aTeacherOfOtherTokensIsRefused() throws {
    let workspace = try Workspace.prepared()
    try workspace.fail(
      ["train", "--model", Workspace.model, "--teacher-model", "tune-base"], code: 2,
      saying: ["--teacher-model tune-base: its tokenizer", "choose a teacher of the same family"])
  }
}
