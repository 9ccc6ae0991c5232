import Basics
import Evaluation
import Foundation
import Models
import Text
import Training

/// `tune eval --tasks`: base and tuned model on benchmarks, as lm-evaluation-harness asks and scores them.
struct BenchmarkEvaluation {
  private let command: Tune.Eval
  private let run: Run?
  private let console: Console
  private var options: BenchmarkOptions { command.benchmarks }

  init(command: Tune.Eval, run: Run?, console: Console) {
    self.command = command
    self.run = run
    self.console = console
  }

  /// - Throws: `TuneError` for task files that cannot be read.
  static func library(_ options: BenchmarkOptions) throws -> TaskLibrary {
    var library = try EmbeddedFiles.tasks()
    for path in options.taskFile { try library.add(path: path) }
    return library
  }

  static func list(_ options: BenchmarkOptions, console: Console) throws {
    let library = try library(options)
    for group in library.groups { console.answer("\(group.name)  group of \(group.members.joined(separator: ", "))") }
    for task in library.tasks {
      let origin = [task.datasetPath, task.datasetName].compactMap { $0 }.joined(separator: ", ")
      console.answer("\(task.name)  \(task.outputType.rawValue)\(origin.isEmpty ? "" : "  \(origin)")")
    }
    console.json([
      "groups": .array(library.groups.map { .string($0.name) }),
      "tasks": .array(library.tasks.map { .string($0.name) }),
    ])
  }

  func execute() throws {
    let names = (options.tasks ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let library = try Self.library(options)
    var selection = try library.selection(names)
    // Files of the user's are asked whether they are named or not.
    let own = options.taskFile.isEmpty || !names.isEmpty ? [] : library.tasks
    selection.tasks += own
    // Before the model: records are the likelier to be missing.
    let data = TaskData(options.tasksData)
    let splits = try selection.tasks.map { try data.splits(of: $0) }
    var views = try BenchmarkViews(command.viewOptions, tasks: selection.tasks, console: console)
    var models = try ComparedModels(command, run: run, console: console)
    let limit = command.limit.map { Double($0) }, prompt = try promptOptions(models.loaded)
    let runs = try zip(selection.tasks, splits).map { task, splits in
      try TaskRun(task, splits: splits, limit: limit, options: prompt)
    }
    try views?.prepare(selection.tasks, splits: splits, limit: limit, options: prompt)
    console.field("base", models.loaded.summary)
    let requests = runs.reduce(0) { $0 + $1.samples.reduce(0) { $0 + $1.requests.count } }
    console.field(
      "tasks",
      "\(runs.count) · \(grouped(runs.reduce(0) { $0 + $1.samples.count })) questions · \(grouped(requests)) requests")
    if let views, views.perturbedCount > 0 {
      console.field("perturbed", "\(grouped(views.perturbedCount)) questions in other words")
    }
    let base = try results(runs, models.loaded, views, label: "base ")
    let tuned = try models.loadTuned() ? results(runs, models.loaded, views, label: "tuned") : nil
    let report = BenchmarkReport(selection: selection, base: base.results, tuned: tuned?.results)
    report.show(console)
    let folder = command.outputFolder(of: run)
    try report.write(to: folder, logsSamples: options.logSamples, console: console)
    let viewsReport = base.views.map { ViewsReport(base: $0, tuned: tuned?.views) }
    viewsReport?.show(console)
    try viewsReport?.write(to: folder, console: console)
    let gates = try GateCheck(command.gateOptions) { try report.result(of: $0) }
    var answer = report.json(gates: gates)
    if let viewsReport { answer["views"] = viewsReport.json }
    console.json(.object(answer))
    try gates.finish(suite: "tune eval --tasks", scores: report.markdown, console: console)
  }

  private func promptOptions(_ loaded: LoadedModel) throws -> TaskPromptOptions {
    var prompt = TaskPromptOptions()
    prompt.numFewshot = options.numFewshot
    prompt.fewshotSeed = options.fewshotSeed
    prompt.systemInstruction = options.systemInstruction
    prompt.fewshotAsMultiturn = options.fewshotAsMultiturn
    guard options.applyChatTemplate else { return prompt }
    guard let template = loaded.chatTemplate else {
      throw TuneError.usage("--apply-chat-template: \(loaded.name) has no chat template; name one with --chat-template")
    }
    prompt.chatTemplate = { messages, asksForAnswer in
      try template.render(
        messages: messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] },
        addGenerationPrompt: asksForAnswer)
    }
    return prompt
  }

  private func results(
    _ runs: [TaskRun], _ loaded: LoadedModel, _ views: BenchmarkViews?, label: String
  ) throws -> (results: [TaskResult], views: ViewScores?) {
    let model = BenchmarkModel(loaded, batchSize: command.batchSize, console: console, label: label)
    let start = ContinuousClock.now
    let answers = try model.answers(runs)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let results = try zip(runs, answers).map { try $0.result($1, bootstrapIterations: options.bootstrapIters) }
    let scores = try views?.scores(
      of: results, seconds: seconds, loaded, batchSize: command.batchSize, console: console, label: label)
    return (results, scores)
  }
}
