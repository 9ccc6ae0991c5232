import Basics
import Datasets
import Evaluation
import Foundation
import Models
import Training

/// A model, or a way to ask it, that answers the same prompts as all others.
struct Contestant {
  enum Kind: String {
    case base
    case baseline
    case tuned
    case run
  }

  /// For tables and files: "base", "few-shot", "tuned", or a run's folder.
  let name: String
  let kind: Kind
  let answers: Answers
  /// What the tokens of the references cost; nil where that was not measured.
  let tokenLosses: TokenLosses?
}

/// `tune eval`: base, tuned model and all others on the same held-out items, side by side.
struct Comparison {
  private let command: Tune.Eval
  private let run: Run?
  private let console: Console
  private let dataPaths: [String]

  init(command: Tune.Eval, run: Run?, console: Console) throws {
    self.command = command
    self.run = run
    self.console = console
    let trained = run?.dataPaths ?? [Defaults.prepared]
    dataPaths = command.data.isEmpty ? trained : command.data
  }

  func execute() throws {
    // Before the data: without a run there are often none either.
    try ComparedModels.check(command, run)
    let locations = try dataPaths.map { try DataLocation($0) }
    let files = try locations.map { try $0.requiredFile(for: .test) }
    let otherRuns = try command.forgetting.compareRuns.map { try Run($0) }
    // Before the models: a list that is missing is known at once.
    let errors = try ErrorAnalysis(command.errors)
    var models = try ComparedModels(command, run: run, console: console)
    try checkBases(otherRuns, models)
    var tasks = TaskNames()
    let prompts = try zip(files, DataLocation.taskNames(locations)).flatMap { file, name in
      try self.prompts(file, name, &tasks, models.loaded)
    }
    let metrics = try MetricChoice(command).metrics(for: prompts, isClassifier: models.isClassifier)
    console.field("base", models.loaded.summary)
    console.field(
      "test",
      "\(files.joined(separator: ", ")) · \(grouped(prompts.count)) examples · \(command.decoding.summary), "
        + "≤ \(command.maxNewTokens) new tokens")
    let contestants = try self.contestants(&models, prompts, metrics, locations, otherRuns)
    let report = try ComparisonReport(
      metrics: metrics, prompts: prompts, tasks: tasks.names, contestants: contestants,
      tunedName: run?.path ?? command.tuned.adapterNames, errors: errors)
    try finish(report, contestants, files)
  }

  private func finish(_ report: ComparisonReport, _ contestants: [Contestant], _ files: [String]) throws {
    report.show(console)
    try report.write(to: command.outputFolder(of: run), data: files, console: console)
    let gates = try GateCheck(command.gateOptions) { try report.result(of: $0) }
    var json = report.json
    // Only where asked for: all else that is printed or written is equal in every run.
    if command.timings {
      var generation: JSONObject = ["tuned": .null]
      for contestant in contestants { generation[contestant.name] = contestant.answers.speed }
      json["generation"] = .object(generation)
    }
    if let results = gates.json { json["gates"] = results }
    console.json(.object(json))
    try gates.finish(suite: "tune eval", scores: report.markdown, console: console)
  }

  private func checkBases(_ runs: [Run], _ models: ComparedModels) throws {
    let base = run?.baseModel ?? models.loaded.absolutePath
    for other in runs where other.baseModel != base {
      throw TuneError.usage(
        "--compare-runs \(other.path): was tuned from \(other.baseModel ?? "another model"), not from \(base); "
          + "compare runs of one base")
    }
  }

  private func prompts(
    _ file: String, _ task: String, _ tasks: inout TaskNames, _ loaded: LoadedModel
  ) throws -> [PromptExample] {
    let prompts = try reader(loaded).read(file: file, task: task, tasks: &tasks, limit: command.limit)
    for prompt in prompts where prompt.reference == nil {
      throw TuneError.data("\(file):\(prompt.line): has no completion to compare with")
    }
    return prompts
  }

  private func reader(_ loaded: LoadedModel) -> PromptReader {
    PromptReader(encoding: loaded.encoding, conversations: loaded.conversations)
  }

  // MARK: Contestants

  private func contestants(
    _ models: inout ComparedModels, _ prompts: [PromptExample], _ metrics: [any Metric], _ locations: [DataLocation],
    _ otherRuns: [Run]
  ) throws -> [Contestant] {
    let baselines = try baselinePrompts(models.loaded, prompts, locations)
    func contestant(_ name: String, _ kind: Contestant.Kind, _ asked: [PromptExample]) throws -> Contestant {
      let label = (name as NSString).lastPathComponent
      var answers = try writer.answers(models.loaded, asked, label: label)
      answers.counts = try counts(answers.texts, prompts, metrics)
      let losses =
        kind == .baseline
        ? nil : try TokenLosses(models.loaded, asked, limit: command.errors.tokenLossExamples, console: console, label)
      return Contestant(name: name, kind: kind, answers: answers, tokenLosses: losses)
    }
    var all = [try contestant("base", .base, prompts)]
    for (kind, asked) in baselines { all.append(try contestant(kind.rawValue, .baseline, asked)) }
    if try models.loadTuned() { all.append(try contestant("tuned", .tuned, prompts)) }
    for run in otherRuns {
      models = try ComparedModels(command, run: run, console: console)
      guard try models.loadTuned() else { continue }
      all.append(try contestant(run.path, .run, prompts))
    }
    return all
  }

  private func baselinePrompts(
    _ loaded: LoadedModel, _ prompts: [PromptExample], _ locations: [DataLocation]
  ) throws -> [(BaselineKind, [PromptExample])] {
    let kinds = try command.baselines.kinds
    guard !kinds.isEmpty else { return [] }
    guard loaded.model.traits.labels == nil else {
      throw TuneError.usage("--with: \(loaded.name) classifies texts and cannot be asked otherwise; leave --with out")
    }
    // An encoder reads its own prompt; a decoder's answer stands behind it.
    let room = loaded.model.maxTokens - (loaded.model.traits.decoderStartID == nil ? command.maxNewTokens : 1)
    let all = try BaselinePrompts(
      command.baselines, reader: reader(loaded), locations: locations, longest: max(1, room))
    return try kinds.map { ($0, try all.prompts($0, prompts)) }
  }

  private var writer: AnswerWriter {
    AnswerWriter(
      decoding: command.decoding, maxNewTokens: command.maxNewTokens, batchSize: command.batchSize, console: console)
  }

  private func counts(
    _ texts: [String], _ prompts: [PromptExample], _ metrics: [any Metric]
  ) throws -> [[[Double]]] {
    let references = prompts.map { [$0.reference ?? ""] }, sources = prompts.map { $0.prompt }
    return try metrics.map { try $0.counts(predictions: texts, references: references, sources: sources) }
  }
}
