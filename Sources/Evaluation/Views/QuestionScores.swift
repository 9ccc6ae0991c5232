import Basics

/// A score for each question of a task, by which views compare single questions.
struct QuestionScores {
  let metric: String
  let higherIsBetter: Bool
  /// By the place of the document in its split.
  let values: [Int: Double]

  /// The task's first metric that is a mean over questions, after its first filter; nil where there is none.
  init?(_ result: TaskResult) {
    guard let metric = result.run.task.metrics.first(where: { $0.aggregation == .mean }) else { return nil }
    var values: [Int: Double] = [:]
    let filter = result.samples.first?.filter
    for sample in result.samples where sample.filter == filter {
      guard let value = sample.values.first(where: { $0.metric == metric.name })?.value else { continue }
      values[sample.sample.documentID] = Aggregation.number(value)
    }
    (self.metric, higherIsBetter, self.values) = (metric.name, metric.higherIsBetter, values)
  }

  var mean: Double { Aggregation.mean(values.sorted { $0.key < $1.key }.map { $0.value }) }
}

/// How a task's score fares when its questions are asked in other words.
public struct WorstCase: Sendable, Equatable {
  /// One way of asking.
  public struct Part: Sendable, Equatable {
    public let perturbation: Perturbation
    /// Questions that it changes.
    public let changedCount: Int
    /// Of all questions; those that it does not change count as they were.
    public let score: Double
  }

  public let task: String
  public let metric: String
  public let count: Int
  /// Of the questions as they are.
  public let original: Double
  /// The mean over questions of the worst score of each, as it is or perturbed.
  public let worst: Double
  public let parts: [Part]

  /// - Parameters:
  ///   - perturbed: results of the changed questions, at most one of each perturbation.
  ///   - perturbations: all that were asked, also those that change nothing.
  /// - Returns: nil for a task without a score of single questions.
  init?(_ result: TaskResult, perturbed: [TaskResult], perturbations: [Perturbation]) {
    guard let original = QuestionScores(result), !original.values.isEmpty else { return nil }
    var worst = original.values, parts: [Part] = []
    for perturbation in perturbations {
      let own = perturbed.first { $0.run.perturbation == perturbation }
      let changed = own.flatMap { QuestionScores($0) }?.values ?? [:]
      let scores = original.values.merging(changed) { $1 }
      for (place, score) in changed {
        worst[place] = worst[place].map { original.higherIsBetter ? min($0, score) : max($0, score) }
      }
      parts.append(Part(perturbation: perturbation, changedCount: changed.count, score: Self.mean(scores)))
    }
    (task, metric, count) = (result.run.task.name, original.metric, original.values.count)
    (self.original, self.worst, self.parts) = (original.mean, Self.mean(worst), parts)
  }

  private static func mean(_ values: [Int: Double]) -> Double {
    Aggregation.mean(values.sorted { $0.key < $1.key }.map { $0.value })
  }
}

extension TaskResult {
  /// The probability of each answer that was chosen among several, and whether it is right; empty for other tasks.
  ///
  /// As HELM has it: the softmax of the choices' log-likelihoods, of which the largest is the confidence. Questions
  /// with a likelihood that is no number are left out.
  func choiceAnswers() throws -> [(confidence: Double, isRight: Bool)] {
    guard run.task.outputType == .multipleChoice, run.task.processResults == nil, let filter = samples.first?.filter
    else { return [] }
    return try samples.filter { $0.filter == filter }.compactMap { sample in
      let choices = try run.task.docToChoice?.choices(of: sample.sample.document) ?? []
      let values = run.logLikelihoods(sample.responses).prefix(choices.count).map { $0.value }
      guard !values.isEmpty, values.allSatisfy({ $0.isFinite }) else { return nil }
      let best = TaskRun.largest(values)
      let confidence = min(1, TaskRun.probabilities(values)[best])
      return (confidence, try run.golds(of: sample.sample, choices).contains(best))
    }
  }

  /// The texts that the model wrote.
  public var writtenTexts: [String] {
    guard run.task.outputType == .generate, let filter = samples.first?.filter else { return [] }
    return samples.filter { $0.filter == filter }.flatMap { $0.responses }.flatMap { response -> [String] in
      if case .generated(let texts) = response { texts } else { [] }
    }
  }
}
