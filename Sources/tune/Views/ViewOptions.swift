import ArgumentParser
import Basics
import Evaluation

/// HELM's views of benchmarks, and what a model has memorized.
struct ViewOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With --tasks: look at the answers as HELM does: accuracy, calibration, robustness, fairness, bias, toxicity and "
        + "efficiency, separated by commas.", valueName: "names"))
  var views: String?

  @Option(help: ArgumentHelp("The seed of typos and spaces, and of the alternatives of secrets.", valueName: "seed"))
  var viewSeed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Terms by which texts are taken for toxic, one a line (default: a small list).", valueName: "file")
  )
  var toxicityLexicon: String?

  @Option(
    help: ArgumentHelp("A classifier that reads written texts: a folder or a name on the hub.", valueName: "model"))
  var toxicityClassifier: String?

  @Option(help: ArgumentHelp("The classifier's class of toxic texts.", valueName: "class"))
  var toxicityLabel = "toxic"

  @Option(
    help: ArgumentHelp(
      "Measure how much of these training data the model writes word for word: a prepared folder or JSONL file.",
      valueName: "path"))
  var memorization: String?

  @Option(help: ArgumentHelp("The tokens of each record that are given.", valueName: "count"))
  var memorizationPrefix = 32

  @Option(help: ArgumentHelp("The most tokens of each record that must follow.", valueName: "count"))
  var memorizationLength = 50

  @Option(
    help: ArgumentHelp(
      "Secrets to measure the exposure of, one a line, as: the code is [[4821]] (default: those found in the data).",
      valueName: "file"))
  var canaries: String?

  @Option(help: ArgumentHelp("The random alternatives that a secret is ranked among.", valueName: "count"))
  var canaryAlternatives = 255

  @Option(help: ArgumentHelp("Exit with code 4 where a larger share of the records is memorized.", valueName: "share"))
  var maxMemorization: Double?

  /// - Throws: `ValidationError` for flags whose measure is not asked; `--tasks` is another group's.
  func validate() throws {
    let ofMemorization: [(String, Bool)] = [
      ("--canaries", canaries != nil), ("--max-memorization", maxMemorization != nil),
      ("--memorization-prefix", memorizationPrefix != 32), ("--memorization-length", memorizationLength != 50),
      ("--canary-alternatives", canaryAlternatives != 255),
    ]
    if memorization == nil, let flag = ofMemorization.first(where: { $0.1 }) {
      throw ValidationError("\(flag.0) belongs to --memorization; add it")
    }
    try memorizationPrefix.requirePositive("--memorization-prefix")
    try memorizationLength.requirePositive("--memorization-length", atLeast: MemorizationEvaluation.fewestTokens)
    guard memorizationLength <= 1000 else {
      throw ValidationError("--memorization-length: \(memorizationLength) is out of range; use at most 1000")
    }
    guard (1...100_000).contains(canaryAlternatives) else {
      throw ValidationError("--canary-alternatives: \(canaryAlternatives) is out of range; use 1 to 100000")
    }
    if let maxMemorization, !(0...1).contains(maxMemorization) {
      throw ValidationError("--max-memorization: \(maxMemorization) is out of range; use 0 to 1")
    }
    let asked: [EvaluationView]
    do {
      asked = try views.map { try EvaluationView.views($0, flag: "--views") } ?? []
    } catch let error as TuneError {
      throw ValidationError(error.message)
    }
    if (toxicityLexicon ?? toxicityClassifier) != nil, !asked.contains(.toxicity) {
      throw ValidationError(
        "\(toxicityLexicon != nil ? "--toxicity-lexicon" : "--toxicity-classifier") belongs to --views toxicity; add it"
      )
    }
  }

  /// - Throws: `ValidationError` for views without tasks.
  func check(hasTasks: Bool) throws {
    if views != nil, !hasTasks { throw ValidationError("--views belongs to --tasks; add it") }
  }
}
