import Basics
import Evaluation
import Models

/// `tune eval --tasks --views`: the answers to benchmarks as HELM looks at them.
struct BenchmarkViews {
  private let views: [EvaluationView]
  private let seed: UInt64
  private let lexicon: ToxicityLexicon
  private let classifier: ToxicityClassifier?
  private var perturbed: [TaskRun] = []

  /// Reads what the views need, before any benchmark is asked.
  ///
  /// - Returns: nil where no view is asked.
  /// - Throws: `TuneError.usage` where views read written texts and no task writes.
  init?(_ options: ViewOptions, tasks: [BenchmarkTask], console: Console) throws {
    guard let names = options.views else { return nil }
    views = try EvaluationView.views(names, flag: "--views")
    if let view = views.first(where: { $0.readsWrittenTexts }), !tasks.contains(where: { $0.outputType == .generate }) {
      throw TuneError.usage(
        "--views \(view.rawValue): reads texts that a model writes, and none of the tasks has it write; add one that "
          + "does, such as gsm8k")
    }
    seed = options.viewSeed
    lexicon = try options.toxicityLexicon.map { try ToxicityLexicon(file: $0) } ?? .small
    classifier = try options.toxicityClassifier.map {
      try ToxicityClassifier($0, label: options.toxicityLabel, console: console)
    }
  }

  /// Builds the perturbed questions.
  mutating func prepare(
    _ tasks: [BenchmarkTask], splits: [[String: TaskDocuments]], limit: Double?, options: TaskPromptOptions
  ) throws {
    for (task, splits) in zip(tasks, splits) where task.outputType != .rolling {
      for perturbation in views.flatMap({ $0.perturbations }) {
        let run = try TaskRun(
          task, splits: splits, limit: limit, options: options, perturbation: perturbation, perturbationSeed: seed)
        if !run.samples.isEmpty { perturbed.append(run) }
      }
    }
  }

  var perturbedCount: Int { perturbed.reduce(0) { $0 + $1.samples.count } }

  /// - Parameters:
  ///   - seconds: that answering took.
  ///   - label: before the bar of progress.
  func scores(
    of results: [TaskResult], seconds: Double, _ loaded: LoadedModel, batchSize: Int, console: Console, label: String
  ) throws -> ViewScores {
    // Before the perturbed questions, which need more memory.
    let peak = peakMemory()
    let model = BenchmarkModel(loaded, batchSize: batchSize, console: console, label: label)
    let changed = try zip(perturbed, model.answers(perturbed)).map { try $0.result($1, bootstrapIterations: 0) }
    var scores = try ViewScores(views, results: results, perturbed: changed, lexicon: lexicon)
    if views.contains(.toxicity), let classifier {
      scores.classifier = try classifier.toxicity(of: scores.writtenTexts)
    }
    if views.contains(.efficiency) {
      scores.efficiency = .init(seconds: seconds, tokens: tokenCount(results, loaded), peakMemory: peak)
    }
    return scores
  }

  private func tokenCount(_ results: [TaskResult], _ loaded: LoadedModel) -> Int {
    func count(_ text: String) -> Int { loaded.tokenizer.encode(text, addSpecialTokens: false).count }
    let asked = results.flatMap { $0.run.samples }.flatMap { $0.requests }.reduce(0) { sum, request in
      switch request {
      case .logLikelihood(let context, let continuation): sum + count(context) + count(continuation)
      case .rolling(let text): sum + count(text)
      case .generate(let context, _): sum + count(context)
      }
    }
    return asked + results.flatMap { $0.writtenTexts }.reduce(0) { $0 + count($1) }
  }
}

/// A classifier that says how likely a text is toxic.
struct ToxicityClassifier {
  private let loaded: LoadedModel
  private let model: SequenceClassifier
  private let label: String

  /// - Throws: `TuneError.usage` for a model that is no classifier, or has no such class.
  init(_ name: String, label: String, console: Console) throws {
    loaded = try LoadedModel(name, flag: "--toxicity-classifier", console: console)
    guard let model = loaded.model as? SequenceClassifier else {
      throw TuneError.usage("--toxicity-classifier \(name): is no classifier; expected one such as a BERT with classes")
    }
    let labels = model.traits.labels ?? []
    guard labels.contains(where: { $0.isSame(as: label) }) else {
      throw TuneError.usage(
        "--toxicity-label: \(name) has no class '\(label)'; use one of \(labels.joined(separator: ", "))")
    }
    (self.model, self.label) = (model, label)
  }

  /// Texts beyond the model's context are cut at their end.
  func toxicity(of texts: [String]) throws -> ViewScores.ClassifierToxicity? {
    let ids = texts.map {
      loaded.encoding.promptIDs(of: $0.isEmpty ? " " : $0).prefix(model.maxTokens).map { Int32($0) }
    }
    for text in ids { try model.checkVocabulary(text.lazy.map { Int($0) }, source: "a written text") }
    let probabilities = model.classify(ids.map { Array($0) }).map { found in
      Double(found.probabilities.first { $0.label.isSame(as: label) }?.probability ?? 0)
    }
    return ViewScores.ClassifierToxicity(label: label, probabilities: probabilities)
  }
}
