import Basics
import Evaluation
import Foundation

/// Scores pairs of texts that are in memory, as the script beside it does with the reference libraries.
///
///     metric-benchmarks METRICS PAIRS [stems]     the seconds that scoring takes, and the scores, as JSON
///
/// METRICS: names between commas. PAIRS: a JSON object with a prediction and a reference a line.
@main
struct MetricBenchmarks {
  static func main() {
    do {
      let arguments = CommandLine.arguments
      guard (3...4).contains(arguments.count) else {
        throw TuneError.usage("expected metric-benchmarks METRICS PAIRS [stems]")
      }
      var options = MetricOptions()
      options.usesStemmer = arguments.count == 4
      let metrics = try metrics(named: arguments[1].split(separator: ",").map { String($0) }, options: options)
      print(try time(metrics, ScoredTexts([arguments[2]])).text())
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit((error as? TuneError)?.exitCode ?? 1)
    }
  }

  private static func time(_ metrics: [any Metric], _ texts: ScoredTexts) throws -> JSON {
    let clock = ContinuousClock()
    var scores = JSONObject()
    let seconds = try clock.measure {
      let counts = try Evaluation.counts(of: metrics, predictions: texts.predictions, references: texts.references)
      for (metric, counts) in zip(metrics, counts) { scores[metric.name] = .number(metric.corpusScore(counts)) }
    }
    return ["seconds": .number(seconds / .seconds(1)), "scores": .object(scores)]
  }
}
