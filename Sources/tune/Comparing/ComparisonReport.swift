import Basics
import Datasets
import Evaluation
import Foundation

/// The scores of all contestants on the same items, with paired differences to the base.
struct ComparisonReport {
  /// A contestant's score by one metric.
  struct Score {
    let value: Double
    /// Nil for the base.
    let paired: PairedComparison?
  }

  let metrics: [any Metric]
  let prompts: [PromptExample]
  let contestants: [Contestant]
  let tunedName: String?
  /// [contestant][metric]
  let scores: [[Score]]
  /// The scores of each task; empty where there is one alone.
  let tasks: [TaskScores]
  /// What of the labels is shown; nil where no metric compares labels.
  let labels: LabelReport?
  let errors: ErrorReport

  var base: Contestant { contestants[0] }
  var tunedPlace: Int? { contestants.firstIndex { $0.kind == .tuned } }
  var tuned: Contestant? { tunedPlace.map { contestants[$0] } }
  /// The place of the metric that items are put in order by.
  let mainMetric: Int

  /// - Parameter contestants: the base first.
  init(
    metrics: [any Metric], prompts: [PromptExample], tasks names: [String], contestants: [Contestant],
    tunedName: String?, errors: ErrorAnalysis
  ) throws {
    self.metrics = metrics
    self.prompts = prompts
    self.contestants = contestants
    self.tunedName = tunedName
    let base = contestants[0], tuned = contestants.first { $0.kind == .tuned }
    scores = try contestants.map { contestant in
      try metrics.indices.map { try Self.score(metrics[$0], $0, contestant, base) }
    }
    tasks = TaskScores.all(
      metrics, prompts, names, base: base.answers.counts, tuned: tuned?.answers.counts)
    labels =
      metrics.contains { $0 is ClassificationMetric }
      ? LabelReport(
        references: prompts.map { $0.reference ?? "" }, base: base.answers.texts, tuned: tuned?.answers.texts) : nil
    mainMetric = metrics.firstIndex { $0.name == "rougeL" } ?? 0
    self.errors = errors.report(
      metrics[mainMetric], at: mainMetric, prompts, tasks: names, base: base, tuned: tuned)
  }

  private static func score(
    _ metric: any Metric, _ place: Int, _ contestant: Contestant, _ base: Contestant
  ) throws -> Score {
    let counts = contestant.answers.counts[place], before = base.answers.counts[place]
    let value = metric.corpusScore(counts)
    guard contestant.kind != .base else { return Score(value: value, paired: nil) }
    return Score(value: value, paired: try PairedBootstrap().compare(metric, base: before, tuned: counts))
  }

  /// What became of a gate: it is about the tuned model, or about the base where that is alone.
  func result(of gate: ScoreGate) throws -> GateResult {
    guard let place = metrics.firstIndex(where: { $0.name == gate.metric }) else {
      throw TuneError.usage("\(gate.flag) \"\(gate.text)\": \(gate.metric) is not measured here")
    }
    let own = (tuned ?? base).answers.counts[place]
    return try gate.result(metrics[place], base: tuned.map { _ in base.answers.counts[place] }, own: own)
  }

  // MARK: JSON

  /// The scores as one object.
  var json: JSONObject {
    let entries = metrics.indices.map { JSONObject.Entry(key: metrics[$0].name, value: describe($0)) }
    var object: JSONObject = [
      "tune_version": .string(tuneVersion), "examples": .integer(prompts.count),
      "scores": .object(JSONObject(entries: entries)),
    ]
    let others = contestants.indices.filter { ![.base, .tuned].contains(contestants[$0].kind) }
    if !others.isEmpty {
      object["others"] = .object(
        JSONObject(entries: others.map { .init(key: contestants[$0].name, value: describe(contestant: $0)) }))
    }
    if !tasks.isEmpty {
      object["tasks"] = .object(JSONObject(entries: tasks.map { .init(key: $0.name, value: $0.json) }))
    }
    if let labels { object["classification"] = labels.json }
    object["errors"] = errors.json
    return object
  }

  /// One metric, of base and tuned model.
  private func describe(_ metric: Int) -> JSON {
    var entry: JSONObject = ["base": .number(scores[0][metric].value)]
    if let tunedPlace {
      entry["tuned"] = .number(scores[tunedPlace][metric].value)
      for pair in difference(scores[tunedPlace][metric]) { entry[pair.key] = pair.value }
    }
    entry["signature"] = .string(metrics[metric].signature(references: 1))
    return .object(entry)
  }

  /// All metrics of a baseline or another run.
  private func describe(contestant: Int) -> JSON {
    .object(
      JSONObject(
        entries: metrics.indices.map { metric in
          let score = scores[contestant][metric]
          let entries = [JSONObject.Entry(key: "score", value: .number(score.value))] + difference(score)
          return .init(key: metrics[metric].name, value: .object(JSONObject(entries: entries)))
        }))
  }

  private func difference(_ score: Score) -> [JSONObject.Entry] {
    guard let paired = score.paired else { return [] }
    var entries: [JSONObject.Entry] = [
      .init(key: "difference", value: .number(paired.difference)),
      .init(key: "interval", value: [.number(paired.interval.lowerBound), .number(paired.interval.upperBound)]),
      .init(key: "better", value: .integer(paired.wins)), .init(key: "worse", value: .integer(paired.losses)),
      .init(key: "sign_test_p", value: .number(signTest(better: paired.wins, worse: paired.losses))),
    ]
    if let detectable = paired.minimumDetectableEffect {
      entries.append(.init(key: "minimum_detectable_effect", value: .number(detectable)))
    }
    return entries
  }
}
