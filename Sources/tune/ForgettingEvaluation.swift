import Basics
import Datasets
import Evaluation
import Foundation
import Models
import Training

/// `tune eval --forgetting`: what base and tuned models know beside the task they were tuned for.
struct ForgettingEvaluation {
  private let command: Tune.Eval
  private let run: Run?
  private let console: Console
  /// The most tokens that every compared model reads.
  private var maxTokens = 1

  init(command: Tune.Eval, run: Run?, console: Console) {
    (self.command, self.run, self.console) = (command, run, console)
  }

  /// A probe with the examples that measure it. Each choice of a question is an example.
  private struct Measured {
    let probe: ForgettingProbe
    let examples: [Example]
    /// The questions whose choices the examples are, one after the other; empty for a loss.
    var questions: [MultipleChoiceItem] = []
  }

  /// - Throws: `TuneError` of kind gate where more is forgotten than `--max-forgetting`.
  mutating func execute() throws {
    try ForgettingReport.check(command.gateOptions.gates)
    let names = command.forgetting.compareRuns
    var runs: [(name: String, run: Run?)] = [(run?.path ?? command.tuned.adapterNames ?? "tuned", run)]
    for name in names { runs.append((name, try Run(name))) }
    var models = try ComparedModels(command, run: run, console: console)
    let base = run?.baseModel ?? models.loaded.absolutePath
    if let other = runs.dropFirst().first(where: { $0.run?.baseModel != base }) {
      throw TuneError.usage(
        "--compare-runs \(other.name): was tuned from \(other.run?.baseModel ?? "another model"), not from \(base); "
          + "compare runs of one base")
    }
    // Virtual tokens take room in the context.
    maxTokens = try runs.map { models.loaded.model.maxTokens - (try models.virtualTokenCount(of: $0.run)) }.min() ?? 1
    guard !models.isClassifier else {
      throw TuneError.usage(
        "--forgetting: \(models.loaded.name) classifies texts and has no general knowledge to measure; name a model "
          + "that writes")
    }
    let probes = try self.probes(models.loaded)
    console.field("base", models.loaded.summary)
    for measured in probes {
      let count = measured.questions.isEmpty ? measured.examples.count : measured.questions.count
      let unit = measured.questions.isEmpty ? "texts" : "questions"
      console.field(
        measured.probe.isTrained ? "trained" : "probe", "\(measured.probe.name) · \(grouped(count)) \(unit)")
    }
    let known = measure(probes, models.loaded, label: "base")
    var results: [ForgettingReport.Result] = []
    let bootstrap = try PairedBootstrap()
    for (index, (name, run)) in runs.enumerated() {
      if index > 0 { models = try ComparedModels(command, run: run, console: console) }
      guard try models.loadTuned() else {
        throw TuneError.usage("--forgetting compares a tuned model with its base; name one with --run or --adapter")
      }
      let tuned = measure(probes, models.loaded, label: (name as NSString).lastPathComponent)
      let comparisons = try zip(probes, zip(known, tuned)).map {
        try ProbeComparison($0.probe, base: $1.0, tuned: $1.1, bootstrap: bootstrap)
      }
      results.append(ForgettingReport.Result(name: name, probes: comparisons))
    }
    let report = ForgettingReport(results: results)
    report.show(console)
    try report.write(to: outputFolder, console: console)
    let gates = try GateCheck(command.gateOptions) { try report.result(of: $0) }
    console.json(report.json(gates: gates))
    try report.check(maximum: command.forgetting.maxForgetting)
    try gates.finish(suite: "tune eval --forgetting", scores: report.markdown, console: console)
  }

  private var outputFolder: String { command.outputFolder(of: run) }

  // MARK: Probes

  private func probes(_ loaded: LoadedModel) throws -> [Measured] {
    try trainedTasks(loaded) + generalTexts(loaded) + questions(loaded) + otherTasks(loaded)
  }

  /// The validation data of the run itself; tasks that were held out are no trained ones.
  private func trainedTasks(_ loaded: LoadedModel) throws -> [Measured] {
    let paths = command.data.isEmpty ? run?.dataPaths ?? [] : command.data, held = run?.heldOutTasks ?? []
    let locations = try paths.filter { FileManager.default.fileExists(atPath: $0) }.map { try DataLocation($0) }
    return try zip(locations, DataLocation.taskNames(locations)).flatMap { location, name -> [Measured] in
      guard let file = measuredFile(location) else { return [] }
      return try tasks(of: file, named: name, loaded).map { name, examples in
        Measured(
          probe: ForgettingProbe(name: name, kind: .loss, isTrained: !held.contains(name)), examples: examples)
      }
    }
  }

  private func otherTasks(_ loaded: LoadedModel) throws -> [Measured] {
    try command.forgetting.otherTasks.flatMap { path in
      let location = try DataLocation(path)
      guard let file = measuredFile(location) else {
        throw TuneError.data("\(path): has neither a validation nor a test split; expected data to measure")
      }
      return try tasks(of: file, named: location.name, loaded).map { name, examples in
        Measured(probe: ForgettingProbe(name: name, kind: .loss), examples: examples)
      }
    }
  }

  /// Data that were not trained on.
  private func measuredFile(_ location: DataLocation) -> String? {
    location.isFolder ? location.file(for: .validation) ?? location.file(for: .test) : location.path
  }

  /// The examples of a file by their tasks.
  private func tasks(of file: String, named name: String, _ loaded: LoadedModel) throws -> [(String, [Example])] {
    let options = ExampleOptions(maxLength: maxTokens, overlong: .truncatePrompt, limitPerTask: limit)
    var names = TaskNames()
    let set = try ExampleReader(encoding: loaded.encoding, conversations: loaded.conversations, options: options)
      .read(file: file, task: name, tasks: &names)
    try loaded.checkVocabulary(of: set)
    return names.names.enumerated().map { number, name in (name, set.examples.filter { $0.task == number }) }
      .filter { !$0.1.isEmpty }
  }

  private func generalTexts(_ loaded: LoadedModel) throws -> [Measured] {
    let paths = command.forgetting.generalText
    let options = DocumentOptions(windowLength: maxTokens)
    let reader = DocumentReader(encoding: loaded.encoding, conversations: loaded.conversations, options: options)
    func examples(_ texts: [String]) -> [Example] {
      texts.prefix(limit).enumerated().compactMap { index, text in
        let ids = loaded.encoding.promptIDs(of: text).prefix(maxTokens).map { Int32($0) }
        return ids.count > 1 ? Example(tokens: ids, trained: [0..<ids.count], line: index + 1) : nil
      }
    }
    // An encoder and a decoder have no probability of a text alone.
    if loaded.model.traits.decoderStartID != nil, paths.isEmpty { return [] }
    try loaded.requireDecoder(for: "--general-text")
    guard !paths.isEmpty else {
      return [
        Measured(
          probe: ForgettingProbe(name: "general text", kind: .loss),
          examples: examples(spread(try EmbeddedFiles.generalTexts())))
      ]
    }
    return try paths.map { path in
      var texts: [String] = []
      try reader.forEachDocument(inFiles: reader.files(DataLocation(path), split: .test), limit: limit) { document in
        texts.append(document.text)
      }
      return Measured(
        probe: ForgettingProbe(name: (path as NSString).lastPathComponent, kind: .loss), examples: examples(texts))
    }
  }

  private func questions(_ loaded: LoadedModel) throws -> [Measured] {
    let paths = command.forgetting.multipleChoice
    guard !paths.isEmpty else {
      return [try questions(spread(try EmbeddedFiles.questions()), named: "questions", loaded)]
    }
    return try paths.map { path in
      try questions(
        try MultipleChoiceItem.read(path, limit: limit), named: (path as NSString).lastPathComponent, loaded)
    }
  }

  private func questions(_ items: [MultipleChoiceItem], named name: String, _ loaded: LoadedModel) throws -> Measured {
    let examples = items.flatMap { item -> [Example] in
      let context = loaded.encoding.promptIDs(of: item.context)
      return item.continuations.map { text in
        let ids = context + loaded.encoding.continuationIDs(of: text, after: item.context)
        return Example(tokens: ids.map { Int32($0) }, trained: [context.count..<ids.count], line: item.line)
      }
    }
    for example in examples where example.tokens.count > maxTokens {
      throw TuneError.data(
        "\(name):\(example.line): has \(example.tokens.count) tokens, but \(loaded.name) reads \(maxTokens); "
          + "leave the question out")
    }
    return Measured(probe: ForgettingProbe(name: name, kind: .accuracy), examples: examples, questions: items)
  }

  /// At most so many of a list that is ordered by kinds, from all over it.
  private func spread<Item>(_ items: [Item]) -> [Item] {
    items.count <= limit ? items : (0..<limit).map { items[$0 * items.count / limit] }
  }

  private var limit: Int { command.limit ?? 200 }

  // MARK: Measuring

  private func measure(_ probes: [Measured], _ loaded: LoadedModel, label: String) -> [[ProbeItem]] {
    let progress = Progress(total: probes.reduce(0) { $0 + $1.examples.count }, console: console)
    defer { progress.finish() }
    var done = 0
    return probes.map { measured in
      var losses: [ExampleLoss] = []
      for start in stride(from: 0, to: measured.examples.count, by: 32) {
        let part = Array(measured.examples[start..<min(start + 32, measured.examples.count)])
        losses += SupervisedFineTuning.exampleLosses(loaded.model, part)
        done += part.count
        progress.update(done, label: label, details: measured.probe.name)
      }
      guard !measured.questions.isEmpty else {
        return losses.map { ProbeItem(sum: $0.sum, weight: Double($0.trainedTokens)) }
      }
      var rest = losses[...]
      return measured.questions.map { question in
        let own = rest.prefix(question.choices.count).map { -$0.sum }
        rest = rest.dropFirst(question.choices.count)
        return ProbeItem(sum: question.choice(own) == question.answer ? 1 : 0, weight: 1)
      }
    }
  }
}
