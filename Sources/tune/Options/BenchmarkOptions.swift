import ArgumentParser
import Basics

/// What `tune eval --tasks` asks, named as in lm-evaluation-harness.
struct BenchmarkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Benchmarks, groups or tags, separated by commas, such as hellaswag,arc_easy,mmlu; --list-tasks names them.",
      valueName: "names"))
  var tasks: String?

  @Flag(help: "List the benchmarks.")
  var listTasks = false

  @Option(
    help: ArgumentHelp(
      "The folder with the benchmarks' records: <task>/<split>.jsonl, or as they are published.", valueName: "folder"))
  var tasksData = "benchmarks"

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Task files of your own, in YAML as lm-evaluation-harness has them.", valueName: "file"))
  var taskFile: [String] = []

  @Option(help: ArgumentHelp("Examples before each question (default: the task's own number).", valueName: "count"))
  var numFewshot: Int?

  @Option(help: ArgumentHelp("The seed by which examples are drawn.", valueName: "seed"))
  var fewshotSeed: UInt64 = 1234

  @Flag(help: "Ask in the model's chat template.")
  var applyChatTemplate = false

  @Flag(inversion: .prefixedNo, help: "In a chat template: each example is a turn of its own.")
  var fewshotAsMultiturn = true

  @Option(help: ArgumentHelp("An instruction before all else.", valueName: "text"))
  var systemInstruction: String?

  @Option(help: ArgumentHelp("Bootstrap samples for errors that have no formula; 0 for none.", valueName: "count"))
  var bootstrapIters = 100_000

  @Flag(help: "Write every question with its answer, beside the results.")
  var logSamples = false

  var isAsked: Bool { tasks != nil || listTasks }

  func validate() throws {
    let flags: [(String, Bool)] = [
      ("--task-file", !taskFile.isEmpty && !listTasks), ("--num-fewshot", numFewshot != nil),
      ("--apply-chat-template", applyChatTemplate), ("--system-instruction", systemInstruction != nil),
      ("--log-samples", logSamples),
    ]
    if tasks == nil, let flag = flags.first(where: { $0.1 }) {
      throw ValidationError("\(flag.0) belongs to --tasks; add it")
    }
    if let numFewshot, numFewshot < 0 {
      throw ValidationError("--num-fewshot: \(numFewshot) is out of range; use 0 or more")
    }
    guard bootstrapIters >= 0 else {
      throw ValidationError("--bootstrap-iters: \(bootstrapIters) is out of range; use 0 or more")
    }
  }
}
