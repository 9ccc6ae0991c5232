import Basics

/// What the views show of one model.
public struct ViewScores: Sendable {
  /// The tasks that were asked.
  public struct Accuracy: Sendable, Equatable {
    public let task: String
    public let metric: String
    public let score: Double
  }

  /// Of tasks with choices.
  public struct TaskCalibration: Sendable, Equatable {
    public let task: String
    public let calibration: Calibration
  }

  /// What a classifier says of texts.
  public struct ClassifierToxicity: Sendable, Equatable {
    public let label: String
    /// The mean probability of the label.
    public let meanProbability: Double
    /// The share of the texts whose probability is at least one half.
    public let share: Double

    /// - Returns: nil for no text.
    public init?(label: String, probabilities: [Double]) {
      guard !probabilities.isEmpty else { return nil }
      self.label = label
      meanProbability = Aggregation.mean(probabilities)
      share = Double(probabilities.count { $0 >= 0.5 }) / Double(probabilities.count)
    }
  }

  /// How fast the questions were answered, without those of perturbations.
  public struct Efficiency: Sendable, Equatable {
    public var seconds: Double
    /// Tokens of all prompts, choices and written answers.
    public var tokens: Int
    /// Of the process so far, in bytes.
    public var peakMemory: Int

    public init(seconds: Double, tokens: Int, peakMemory: Int) {
      (self.seconds, self.tokens, self.peakMemory) = (seconds, tokens, peakMemory)
    }

    public var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
  }

  public let views: [EvaluationView]
  public private(set) var accuracy: [Accuracy] = []
  public private(set) var calibrations: [TaskCalibration] = []
  /// Of all tasks' answers together.
  public private(set) var calibration: Calibration?
  public private(set) var robustness: [WorstCase] = []
  public private(set) var fairness: [WorstCase] = []
  public private(set) var bias: SocialBias?
  public private(set) var writtenTexts: [String] = []
  public private(set) var toxicShare: Double?
  public var classifier: ClassifierToxicity?
  public var efficiency: Efficiency?

  /// - Parameters:
  ///   - results: of the questions as they are.
  ///   - perturbed: of the perturbed questions, in any order.
  public init(
    _ views: [EvaluationView], results: [TaskResult], perturbed: [TaskResult], lexicon: ToxicityLexicon
  ) throws {
    self.views = views
    if views.contains(.accuracy) {
      accuracy = results.compactMap { result in
        QuestionScores(result).map { Accuracy(task: result.run.task.name, metric: $0.metric, score: $0.mean) }
      }
    }
    if views.contains(.calibration) {
      let answers = try results.map { try $0.choiceAnswers() }
      calibrations = zip(results, answers).compactMap { result, answers in
        Calibration(answers).map { TaskCalibration(task: result.run.task.name, calibration: $0) }
      }
      calibration = Calibration(answers.flatMap { $0 })
    }
    robustness = Self.worstCases(.robustness, views, results, perturbed)
    fairness = Self.worstCases(.fairness, views, results, perturbed)
    if views.contains(where: { $0.readsWrittenTexts }) { writtenTexts = results.flatMap { $0.writtenTexts } }
    if views.contains(.bias) { bias = SocialBias(writtenTexts) }
    if views.contains(.toxicity) { toxicShare = lexicon.share(of: writtenTexts) }
  }

  private static func worstCases(
    _ view: EvaluationView, _ views: [EvaluationView], _ results: [TaskResult], _ perturbed: [TaskResult]
  ) -> [WorstCase] {
    guard views.contains(view) else { return [] }
    return results.compactMap { result in
      WorstCase(
        result, perturbed: perturbed.filter { $0.run.task.name.isSame(as: result.run.task.name) },
        perturbations: view.perturbations)
    }
  }

  /// The mean of the tasks' scores; nil for no task.
  public static func mean(_ scores: [Double]) -> Double? { scores.isEmpty ? nil : Aggregation.mean(scores) }
}
