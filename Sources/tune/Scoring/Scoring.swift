import Basics
import Evaluation
import Foundation

/// `tune score`: reads, compares and shows.
struct Scoring {
  private let command: Tune.Score
  private let metrics: [any Metric]
  private let console: Console

  init(_ command: Tune.Score, metrics: [any Metric], console: Console) {
    self.command = command
    self.metrics = metrics
    self.console = console
  }

  func execute() throws {
    let texts = try ScoredTexts(command.files, fields: fields(command.predictionField))
    let counts = try counts(texts)
    let references = sharedReferenceCount(texts.references)
    var rows: [ScoreRow] = []
    let baseline = try command.paired.map { try self.counts(try self.baseline($0, like: texts)) }
    for (index, metric) in metrics.enumerated() {
      var row = ScoreRow(metric: metric, references: references, counts: counts[index])
      try row.measure(
        baseline: baseline?[index], samples: command.bootstrapSamples, trials: command.randomizationTrials,
        seed: command.seed)
      rows.append(row)
    }
    let report = ScoreReport(rows: rows, examples: texts.count, references: references, isPaired: baseline != nil)
    report.show(console)
    let gates = try GateCheck(command.gateOptions) { gate in
      guard let index = metrics.firstIndex(where: { $0.name == gate.metric }) else {
        throw TuneError.runtime("\(gate.metric) was not computed")
      }
      return try gate.result(metrics[index], base: baseline?[index], own: counts[index])
    }
    console.json(report.json(gates: gates))
    try gates.finish(suite: "tune score", scores: report.markdown, console: console)
  }

  private func fields(_ prediction: String?) -> PredictionFields {
    PredictionFields(prediction: prediction, reference: command.referenceField, source: command.sourceField)
  }

  /// The baseline's predictions, with the references of the system's own file.
  private func baseline(_ path: String, like texts: ScoredTexts) throws -> ScoredTexts {
    let files = command.files.count > 1 ? [path] + command.files.dropFirst() : [path]
    let other = try ScoredTexts(files, fields: fields(command.pairedField ?? command.predictionField))
    guard other.count == texts.count else {
      throw TuneError.data(
        "\(path): \(other.count) predictions, but \(command.files[0]) has \(texts.count); both must answer the same "
          + "examples in the same order")
    }
    for index in texts.references.indices where !sameBytes(texts.references[index], other.references[index]) {
      throw TuneError.data(
        "\(other.places[index]): its reference is not that of \(texts.places[index]); both must answer the same examples "
          + "in the same order")
    }
    return other
  }

  private func sameBytes(_ first: [String], _ second: [String]) -> Bool {
    first.count == second.count && zip(first, second).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }

  private func counts(_ texts: ScoredTexts) throws -> [[[Double]]] {
    try Evaluation.counts(
      of: metrics, predictions: texts.predictions, references: texts.references, sources: texts.sources)
  }
}

/// One metric's score, with how sure it is.
struct ScoreRow {
  let metric: any Metric
  let references: Int?
  let counts: [[Double]]
  let score: Double
  private(set) var interval: ClosedRange<Double>?
  private(set) var baseline: Double?
  private(set) var comparison: PairedComparison?
  private(set) var bootstrap: Double?
  private(set) var randomization: Double?

  init(metric: any Metric, references: Int?, counts: [[Double]]) {
    self.metric = metric
    self.references = references
    self.counts = counts
    score = metric.corpusScore(counts)
  }

  /// - Parameter baseline: the counts of the baseline; nil where there is none.
  mutating func measure(baseline other: [[Double]]?, samples: Int, trials: Int, seed: UInt64) throws {
    if let other { baseline = metric.corpusScore(other) }
    let resampling = Resampling(seed: seed)
    if samples > 0 {
      let paired = try PairedBootstrap(samples: samples, seed: seed)
      if let other {
        comparison = try paired.compare(metric, base: other, tuned: counts)
        bootstrap = try resampling.bootstrap(metric, baseline: other, system: counts, samples: samples).pValue
      } else {
        interval = paired.interval(metric, counts)
      }
    }
    if let other, trials > 0 {
      randomization = try resampling.approximateRandomization(metric, baseline: other, system: counts, trials: trials)
        .pValue
    }
  }

  var json: JSON {
    var entry: JSONObject = ["score": .number(score)]
    if let interval { entry["interval"] = [.number(interval.lowerBound), .number(interval.upperBound)] }
    if let baseline {
      entry["baseline"] = .number(baseline)
      entry["difference"] = .number(score - baseline)
    }
    if let comparison {
      entry["difference_interval"] = [
        .number(comparison.interval.lowerBound), .number(comparison.interval.upperBound),
      ]
      entry["better"] = .integer(comparison.wins)
      entry["worse"] = .integer(comparison.losses)
    }
    if let bootstrap { entry["paired_bootstrap_p"] = .number(bootstrap) }
    if let randomization { entry["approximate_randomization_p"] = .number(randomization) }
    entry["signature"] = .string(metric.signature(references: references))
    return .object(entry)
  }
}
