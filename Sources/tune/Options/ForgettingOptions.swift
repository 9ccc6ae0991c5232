import ArgumentParser
import Basics

/// What `tune eval --forgetting` measures.
struct ForgettingOptions: ParsableArguments {
  @Flag(help: "Measure what tuning made the model forget: general text, questions with choices, and other tasks.")
  var forgetting = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("General texts to measure the loss of (default: 120 passages inside tune).", valueName: "file"))
  var generalText: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Questions to measure accuracy on: JSONL of question, choices and answer (default: 120 questions inside tune).",
      valueName: "file"))
  var multipleChoice: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Prepared folders or JSONL files of other tasks, whose validation (or test) loss is measured.", valueName: "path")
  )
  var otherTasks: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Further runs of the same base, to compare in one table; with answers, too.", valueName: "folder"))
  var compareRuns: [String] = []

  @Option(
    help: ArgumentHelp(
      "Exit with code 4 when any of it became worse by more: nats a token, or the share of answers, such as 0.05.",
      valueName: "amount"))
  var maxForgetting: Double?

  func validate() throws {
    let flags: [(String, Bool)] = [
      ("--general-text", !generalText.isEmpty), ("--multiple-choice", !multipleChoice.isEmpty),
      ("--other-tasks", !otherTasks.isEmpty),
      ("--max-forgetting", maxForgetting != nil),
    ]
    if !forgetting, let flag = flags.first(where: { $0.1 }) {
      throw ValidationError("\(flag.0) belongs to --forgetting; add it")
    }
    try maxForgetting?.requireNotNegative("--max-forgetting")
  }
}
