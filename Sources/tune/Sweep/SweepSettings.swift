import Basics

/// Everything that decides which trials a sweep has and how they are compared: what may not change when it is resumed.
struct SweepSettings: Equatable, Sendable {
  var recipe: SweepRecipe?
  var grid: [String] = []
  var random: [String] = []
  var variants: [String] = []
  /// How many trials; nil for all points of the grid, or ten where anything is random.
  var trials: Int?
  /// Of the draws of the sweep itself.
  var seed: UInt64 = 42
  /// Of so many trials one goes on to the next rung; nil trains each trial once.
  var halving: Int?
  var halvingMinSteps = 1
  var metric = SweepMetric.evalLoss
  /// Whether each trial is also scored with `tune eval` on the test split.
  var evaluates = false
  var evalOptions: [String] = []
  /// Whether `tune eval --forgetting` measures each trial, too, and with what.
  var measuresForgetting = false
  var forgettingOptions: [String] = []
  /// The options of `tune train` that all trials share.
  var trainOptions: [String] = []

  /// What `tune eval` is told: the metric of the sweep is asked for beside ROUGE.
  var allEvalOptions: [String] {
    guard let flag = metric.evalFlag else { return evalOptions }
    return evalOptions + Set(["--rouge", flag]).sorted().filter { !evalOptions.contains($0) }
  }

  var allForgettingOptions: [String] { ["--forgetting"] + forgettingOptions }

  var json: JSONObject {
    func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
    return [
      "recipe": recipe.map { .string($0.rawValue) } ?? .null, "grid": texts(grid), "random": texts(random),
      "variant": texts(variants), "trials": trials.map { .integer($0) } ?? .null, "seed": .string("\(seed)"),
      "halving": halving.map { .integer($0) } ?? .null, "halving-min-steps": .integer(halvingMinSteps),
      "metric": .string(metric.rawValue), "eval": .bool(evaluates), "eval-options": texts(evalOptions),
      "forgetting": .bool(measuresForgetting), "forgetting-options": texts(forgettingOptions),
      "train": texts(trainOptions),
    ]
  }

  init() {}

  /// Reads what `json` wrote; nil where a value is missing or of another kind.
  init?(_ json: JSON) {
    func texts(_ key: String) -> [String]? {
      guard let values = json[key]?.arrayValue else { return nil }
      let texts = values.compactMap { $0.stringValue }
      return texts.count == values.count ? texts : nil
    }
    guard let grid = texts("grid"), let random = texts("random"), let variants = texts("variant"),
      let evalOptions = texts("eval-options"), let trainOptions = texts("train"),
      let seed = json["seed"]?.stringValue.flatMap({ UInt64($0) }),
      let metric = json["metric"]?.stringValue.flatMap({ SweepMetric(rawValue: $0) }),
      let minSteps = json["halving-min-steps"]?.intValue, let evaluates = json["eval"]?.boolValue,
      let measuresForgetting = json["forgetting"]?.boolValue, let forgettingOptions = texts("forgetting-options")
    else { return nil }
    recipe = json["recipe"]?.stringValue.flatMap { SweepRecipe(rawValue: $0) }
    (self.grid, self.random, self.variants) = (grid, random, variants)
    (self.evalOptions, self.trainOptions, self.evaluates) = (evalOptions, trainOptions, evaluates)
    (self.measuresForgetting, self.forgettingOptions) = (measuresForgetting, forgettingOptions)
    (self.seed, self.metric, halvingMinSteps) = (seed, metric, minSteps)
    trials = json["trials"]?.intValue
    halving = json["halving"]?.intValue
    guard halving ?? 2 >= 2, halvingMinSteps >= 1, trials ?? 1 >= 1 else { return nil }
  }

  /// The options in which two sweeps differ.
  func differences(from other: SweepSettings) -> [String] {
    json.entries.filter { other.json[$0.key] != $0.value }.map {
      $0.key == "train" ? "the options of tune train" : "--\($0.key)"
    }
  }
}

/// What trials are compared by.
enum SweepMetric: String, CaseIterable, Sendable {
  case evalLoss = "eval_loss"
  case rouge1, rouge2, rougeL, rougeLsum, bleu, accuracy
  case macroF1 = "macro_f1"
  /// The most that a probe of `tune eval --forgetting` lost.
  case forgetting

  var isLowerBetter: Bool { self == .evalLoss || self == .forgetting }
  /// Whether `tune eval` scores it on the test split.
  var needsEvaluation: Bool { self != .evalLoss && self != .forgetting }
  /// The flag of `tune eval` that asks for it.
  var evalFlag: String? {
    switch self {
    case .rouge1, .rouge2, .rougeL, .rougeLsum: "--rouge"
    case .bleu: "--bleu"
    case .accuracy: "--accuracy"
    case .macroF1: "--macro-f1"
    case .evalLoss, .forgetting: nil
    }
  }
  /// What charts and tables call it.
  var title: String { self == .evalLoss ? "validation loss" : rawValue }
  var decimals: Int { self == .bleu ? 2 : 4 }

  /// Whether one score is better than another; a missing or undefined one is the worst.
  func isBetter(_ score: Double?, than other: Double?) -> Bool {
    guard let score, score.isFinite else { return false }
    guard let other, other.isFinite else { return true }
    return isLowerBetter ? score < other : score > other
  }
}
