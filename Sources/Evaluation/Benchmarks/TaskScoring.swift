import Basics
import Foundation

/// A sample with what was answered and the values of each metric, for one of the task's filters.
public struct ScoredSample: Sendable {
  public let sample: TaskSample
  public let filter: String
  public let responses: [TaskResponse]
  /// The answers that were scored.
  let filtered: [String]
  let values: [(metric: String, value: SampleValue)]
}

/// One number of a result with its standard error, nil where there is none.
public struct TaskScore: Sendable, Equatable {
  public let metric: String
  public let filter: String
  public let value: Double
  public let standardError: Double?
  public let higherIsBetter: Bool
}

/// The scores of a task.
public struct TaskResult: Sendable {
  public let run: TaskRun
  public let samples: [ScoredSample]
  public let scores: [TaskScore]

  /// Documents that were asked.
  public var sampleCount: Int { run.samples.count }
}

extension TaskRun {
  /// Scores the model's answers, one for each request of each sample in order.
  ///
  /// - Parameter bootstrapIterations: samples for the standard errors of scores without a formula.
  /// - Precondition: there are as many answers as requests.
  public func result(_ responses: [[TaskResponse]], bootstrapIterations: Int = 100_000) throws -> TaskResult {
    precondition(responses.count == samples.count, "\(responses.count) answers for \(samples.count) samples")
    var scored: [ScoredSample] = [], scores: [TaskScore] = []
    for filter in task.filters {
      let rows = try zip(samples, responses).map { try score($0, $1, filter) }
      scored += rows
      for metric in task.metrics {
        let values = rows.compactMap { row in row.values.first { $0.metric == metric.name }?.value }
        guard !values.isEmpty else { continue }
        scores.append(
          TaskScore(
            metric: metric.name, filter: filter.name, value: metric.aggregation.score(values),
            standardError: metric.aggregation.standardError(values, iterations: bootstrapIterations),
            higherIsBetter: metric.higherIsBetter))
      }
    }
    return TaskResult(run: self, samples: scored, scores: scores)
  }

  private func score(
    _ sample: TaskSample, _ responses: [TaskResponse], _ filter: FilterPipeline
  ) throws -> ScoredSample {
    precondition(responses.count == sample.requests.count, "an answer is missing")
    var filtered: [String] = []
    if task.outputType == .generate {
      filtered = try responses.map { response in
        if case .generated(let texts) = response { try filter.apply(texts, to: sample.document) } else { "" }
      }
    }
    let values = try values(of: sample, responses, filtered)
    return ScoredSample(
      sample: sample, filter: filter.name, responses: responses, filtered: filtered,
      values: task.metrics.compactMap { metric in values[metric.name].map { (metric.name, $0) } })
  }

  private func values(
    of sample: TaskSample, _ responses: [TaskResponse], _ filtered: [String]
  ) throws -> [String: SampleValue] {
    switch (task.processResults, task.outputType) {
    case (.truthfulqaMC2?, _): return try truthfulness(sample, responses)
    case (.record?, _): return try recordScores(sample, logLikelihoods(responses).map { $0.value })
    case (.truthfulqaGen?, _): return try truthfulTexts(sample, filtered.first ?? "")
    case (.wikitext?, _): return rolling(responses, text: sample.document.member("page")?.stringValue ?? "")
    case (nil, .rolling): return rolling(responses, text: sample.target.python)
    case (nil, .logLikelihood): return likelihood(responses)
    case (nil, .multipleChoice): return try choice(sample, responses)
    case (nil, .generate): return try written(sample, filtered.first ?? "")
    }
  }

  func logLikelihoods(_ responses: [TaskResponse]) -> [(value: Double, isGreedy: Bool)] {
    responses.map { response in
      if case .logLikelihood(let value, let isGreedy) = response { (value, isGreedy) } else { (.nan, false) }
    }
  }

  private func likelihood(_ responses: [TaskResponse]) -> [String: SampleValue] {
    let first = logLikelihoods(responses).first
    return ["perplexity": .number(first?.value ?? .nan), "acc": .number(first?.isGreedy == true ? 1 : 0)]
  }

  private func rolling(_ responses: [TaskResponse], text: String) -> [String: SampleValue] {
    guard case .rolling(let value)? = responses.first else { return [:] }
    let bytes = SampleValue.weighted(value, text.utf8.count)
    return [
      "word_perplexity": .weighted(value, wordCount(text)), "byte_perplexity": bytes, "bits_per_byte": bytes,
    ]
  }

  // MARK: Multiple choice

  private func choice(_ sample: TaskSample, _ responses: [TaskResponse]) throws -> [String: SampleValue] {
    let choices = try task.docToChoice?.choices(of: sample.document) ?? []
    let all = logLikelihoods(responses), answers = Array(all.prefix(choices.count)).map { $0.value }
    let golds = try golds(of: sample, choices)
    let predicted = Self.largest(answers)
    // Lengths in characters, as the harness has them, not in tokens or bytes.
    let normalized = Self.largest(zip(answers, choices).map { $0 / Double($1.unicodeScalars.count) })
    let byBytes = Self.largest(zip(answers, choices).map { $0 / Double($1.utf8.count) })
    func isRight(_ place: Int) -> SampleValue { .number(golds.contains(place) ? 1 : 0) }
    var values: [String: SampleValue] = [
      "acc": isRight(predicted), "acc_norm": isRight(normalized), "acc_bytes": isRight(byBytes),
      "exact_match": .number(golds.contains { all.indices.contains($0) && all[$0].isGreedy } ? 1 : 0),
    ]
    let gold = golds.first ?? Self.noChoice
    values["f1"] = .classes(gold: gold, predicted: predicted)
    values["mcc"] = values["f1"]
    values["brier_score"] = .probabilities(gold: gold, Self.probabilities(answers))
    if all.count == 2 * choices.count {
      values["acc_mutual_info"] = isRight(
        Self.largest(zip(answers, all.dropFirst(choices.count)).map { $0 - $1.value }))
    }
    return values
  }

  /// Stands for a gold that is none of the choices, which nothing equals.
  private static let noChoice = -100

  func golds(of sample: TaskSample, _ choices: [String]) throws -> [Int] {
    let gold =
      hasManyInputs ? try task.docToText.value(of: sample.document, hasChoices: true) : sample.target
    func place(_ item: JSON) -> Int {
      if let index = item.intValue { return choices.indices.contains(index) ? index : Self.noChoice }
      return item.stringValue.flatMap { text in choices.firstIndex { $0.utf8.elementsEqual(text.utf8) } }
        ?? Self.noChoice
    }
    switch gold {
    case .list(let items): return items.map { place($0) }
    case .index, .text: return [place(gold.json)]
    }
  }

  /// The place of the largest value, the first of equals; a NaN is the largest, as in numpy.
  static func largest(_ values: [Double]) -> Int {
    var best = 0
    for (place, value) in values.enumerated() {
      if value.isNaN { return place }
      if value > values[best] { best = place }
    }
    return best
  }

  static func probabilities(_ logarithms: [Double]) -> [Double] {
    let largest = logarithms.max() ?? 0
    let shares = logarithms.map { exp($0 - largest) }, sum = shares.reduce(0, +)
    return shares.map { $0 / sum }
  }

  /// TruthfulQA's mc2: the share of probability on the right answers.
  private func truthfulness(_ sample: TaskSample, _ responses: [TaskResponse]) throws -> [String: SampleValue] {
    let shares = logLikelihoods(responses).map { exp($0.value) }, sum = shares.reduce(0, +)
    let labels = sample.document.member("mc2_targets")?["labels"]?.arrayValue
    guard let labels, labels.count == shares.count else {
      throw TuneError.data("\(sample.document.place): mc2_targets.labels: expected a label for each choice")
    }
    return ["acc": .number(zip(shares, labels).reduce(0) { $0 + ($1.1.intValue == 1 ? $1.0 / sum : 0) })]
  }

  // MARK: Written answers

  private func written(_ sample: TaskSample, _ answer: String) throws -> [String: SampleValue] {
    var golds: [String]
    switch sample.target {
    case .list(let items): golds = items.map { $0.stringValue ?? $0.text() }
    case .text, .index: golds = [sample.target.python]
    }
    if let choices = try task.docToChoice?.choices(of: sample.document) {
      guard case .index(let place) = sample.target, choices.indices.contains(place) else {
        throw TuneError.data("\(sample.document.place): doc_to_target gives none of the choices")
      }
      golds = [choices[place]]
    }
    var values: [String: SampleValue] = [:]
    for metric in task.metrics {
      switch metric.name {
      case "exact_match": values[metric.name] = .number(golds.contains { metric.ignores.areEqual($0, answer) } ? 1 : 0)
      case "bleu", "chrf", "chrf++", "ter":
        values[metric.name] = .texts(references: Array(golds.prefix(1)), prediction: answer)
      case "bypass": values[metric.name] = .number(0)
      default:
        throw TuneError.usage("\(task.name): the metric '\(metric.name)' is not one of written answers here")
      }
    }
    return values
  }
}
