import ArgumentParser
import Basics
import Evaluation

/// What CI insists on, and where it is told.
struct GateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Exit with code 4 when a score is lower, such as rougeL=0.30; may be given again.", valueName: "metric=value"))
  var failUnder: [String] = []

  @Option(
    help: ArgumentHelp(
      "Exit with code 4 unless this holds, such as \"rougeL >= base+0.02 @95%\" or \"ter <= 60\"; may be given again.",
      valueName: "condition"))
  var gate: [String] = []

  @Option(help: ArgumentHelp("Write the gates as JUnit's XML, a test each.", valueName: "file"))
  var junit: String?

  @Option(
    help: ArgumentHelp(
      "Add the scores and gates in Markdown to this file, such as \"$GITHUB_STEP_SUMMARY\".", valueName: "file"))
  var stepSummary: String?

  func validate() throws {
    if stepSummary?.isEmpty == true {
      throw ValidationError("--step-summary: the name is empty; is $GITHUB_STEP_SUMMARY set?")
    }
    if junit != nil, gate.isEmpty, failUnder.isEmpty {
      throw ValidationError("--junit needs something to tell; add --gate or --fail-under")
    }
  }

  var isEmpty: Bool { gate.isEmpty && failUnder.isEmpty && junit == nil && stepSummary == nil }

  /// All conditions, those of --fail-under first.
  ///
  /// - Throws: `TuneError.usage` for a text that is no condition.
  var gates: [ScoreGate] {
    get throws { try failUnder.map { try ScoreGate(failUnder: $0) } + gate.map { try ScoreGate($0) } }
  }
}

extension [ScoreGate] {
  /// The metrics that gates name; each is checked before any work begins.
  ///
  /// - Throws: `TuneError.usage` for a name that is neither a metric nor one of `others`.
  func metricNames(besides others: [String] = []) throws -> [String] {
    try filter { !others.contains($0.metric) }.map { gate in
      guard (try? metric(named: gate.metric)) != nil else {
        let known = Evaluation.metricNames + others
        let hint = nearest(gate.metric, among: known).map { "did you mean '\($0)'?" }
        throw TuneError.usage(
          "\(gate.flag): there is no metric '\(gate.metric)'; " + (hint ?? "use \(known.joined(separator: ", "))"))
      }
      return gate.metric
    }
  }
}
