import Basics
import Datasets
import Evaluation
import Foundation
import Models
import Training

/// `tune eval`: base and tuned model on the same held-out items, side by side.
struct Comparison {
  private let command: Tune.Eval
  private let run: Run?
  private let gates: [Gate]
  private let console: Console
  private let dataPaths: [String]

  /// One model's answers to all prompts.
  struct Answers {
    var texts: [String]
    var stopped: [Bool]
    var seconds: Double
    var newTokens: Int
    var counts: [[[Double]]]  // [metric][example]

    var speed: JSON { ["seconds": .number(seconds), "new_tokens": .integer(newTokens)] }
  }

  init(command: Tune.Eval, run: Run?, gates: [Gate], console: Console) throws {
    self.command = command
    self.run = run
    self.gates = gates
    self.console = console
    let trained = run?.dataPaths ?? [Defaults.prepared]
    dataPaths = command.data.isEmpty ? trained : command.data
  }

  func execute() throws {
    // Before the data: without a run there are often none either.
    try ComparedModels.check(command, run)
    let locations = try dataPaths.map { try DataLocation($0) }
    let files = try locations.map { try $0.requiredFile(for: .test) }
    var models = try ComparedModels(command, run: run, console: console)
    var tasks = TaskNames()
    let prompts = try zip(files, DataLocation.taskNames(locations)).flatMap { file, name in
      try self.prompts(file, name, &tasks, models.loaded)
    }
    let metrics = try MetricChoice(command, gates).metrics(for: prompts, isClassifier: models.isClassifier)
    console.field("base", models.loaded.summary)
    console.field(
      "test",
      "\(files.joined(separator: ", ")) · \(grouped(prompts.count)) examples · greedy, ≤ \(command.maxNewTokens) new tokens"
    )
    let base = try answers(models.loaded, prompts, metrics, label: "base ")
    let tuned = try models.loadTuned() ? answers(models.loaded, prompts, metrics, label: "tuned") : nil
    let report = try ComparisonReport(
      metrics: metrics, prompts: prompts, tasks: tasks.names, base: base, tuned: tuned,
      tunedName: run?.path ?? tunedName)
    report.show(console)
    try report.write(to: outputFolder, data: files, console: console)
    var json = report.json.objectValue ?? JSONObject()
    // Only where asked for: all else that is printed or written is equal in every run.
    if command.timings { json["generation"] = ["base": base.speed, "tuned": tuned?.speed ?? .null] }
    console.json(.object(json))
    try report.check(gates)
  }

  private var tunedName: String? { command.tuned.adapterNames }

  private var outputFolder: String { command.outputFolder(of: run) }

  private func prompts(
    _ file: String, _ task: String, _ tasks: inout TaskNames, _ loaded: LoadedModel
  ) throws -> [PromptExample] {
    let prompts = try PromptReader(encoding: loaded.encoding, conversations: loaded.conversations)
      .read(file: file, task: task, tasks: &tasks, limit: command.limit)
    for prompt in prompts where prompt.reference == nil {
      throw TuneError.data("\(file):\(prompt.line): has no completion to compare with")
    }
    return prompts
  }

  private func answers(
    _ loaded: LoadedModel, _ prompts: [PromptExample], _ metrics: [any Metric], label: String
  ) throws -> Answers {
    if let classifier = loaded.model as? SequenceClassifier { return try classes(classifier, prompts, metrics) }
    let generator = Generator(loaded.model, stopIDs: loaded.stopIDs, batchSize: command.batchSize)
    let progress = Progress(total: prompts.count, console: console)
    var tokens = 0
    let start = ContinuousClock.now
    let results = try generator.generate(
      prompts.map { GenerationRequest(promptIDs: $0.tokens.map { Int($0) }, maxNewTokens: command.maxNewTokens) },
      onToken: { _, _ in
        tokens += 1
        return true
      },
      onFinish: { progress.update($0, label: label, details: "\(grouped(tokens)) tokens") })
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    progress.finish()
    let texts = results.map { loaded.tokenizer.decode($0.ids).trimmingCharacters(in: .whitespacesAndNewlines) }
    return Answers(
      texts: texts, stopped: results.map { $0.stopped }, seconds: seconds, newTokens: tokens,
      counts: try counts(texts, prompts, metrics))
  }

  /// A classifier's answers are the names of classes.
  private func classes(
    _ classifier: SequenceClassifier, _ prompts: [PromptExample], _ metrics: [any Metric]
  ) throws -> Answers {
    let longest = classifier.dimensions.maxPositions
    for prompt in prompts where prompt.tokens.count > longest {
      throw TuneError.data(
        "line \(prompt.line): \(prompt.tokens.count) tokens, but \(classifier.traits.architecture) reads \(longest)")
    }
    let start = ContinuousClock.now
    let texts = classifier.classify(prompts.map { $0.tokens }).map { $0.label }
    return Answers(
      texts: texts, stopped: prompts.map { _ in true }, seconds: (ContinuousClock.now - start) / .seconds(1),
      newTokens: 0, counts: try counts(texts, prompts, metrics))
  }

  private func counts(
    _ texts: [String], _ prompts: [PromptExample], _ metrics: [any Metric]
  ) throws -> [[[Double]]] {
    let references = prompts.map { [$0.reference ?? ""] }
    return try metrics.map { try $0.counts(predictions: texts, references: references) }
  }
}
