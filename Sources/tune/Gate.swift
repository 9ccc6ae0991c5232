import Basics
import Evaluation

/// A lower bound on a score that CI insists on: `rougeL=0.30`.
struct Gate {
  let metric: String
  let minimum: Double

  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
    guard parts.count == 2, let minimum = Double(parts[1]), minimum.isFinite else {
      throw TuneError.usage("--fail-under: '\(text)' is not of the form metric=value, such as rougeL=0.30")
    }
    metric = parts[0]
    self.minimum = minimum
    guard (try? Evaluation.metric(named: metric)) != nil else {
      let hint = nearest(metric, among: metricNames).map { "did you mean '\($0)'?" }
      throw TuneError.usage(
        "--fail-under: there is no metric '\(metric)'; " + (hint ?? "use \(metricNames.joined(separator: ", "))"))
    }
  }
}
