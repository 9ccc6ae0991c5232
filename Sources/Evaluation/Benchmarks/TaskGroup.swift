import Basics

/// Several tasks under one name, with scores over all of them.
public struct TaskGroup: Sendable {
  /// A score of a group and how tasks of different sizes weigh.
  public struct Aggregate: Sendable {
    let metric: String
    /// By the number of documents, else each task alike.
    let weightBySize: Bool
    /// Nil for all that its tasks have.
    let filters: [String]?
  }

  public let name: String
  public let alias: String
  public let version: JSON
  /// Names of tasks, tags and other groups.
  public let members: [String]
  /// What a task counts of a benchmark's score; 1 where it is not here.
  let weights: [String: Double]
  public let aggregates: [Aggregate]

  /// - Throws: `TuneError.usage` for a file that is no group.
  public init(_ json: JSON, origin: String) throws {
    guard let name = json["group"]?.stringValue, let members = json["task"]?.arrayValue else {
      throw TuneError.usage("\(origin): expected a group's name and the list of its tasks under 'task'")
    }
    self.name = name
    alias = json["group_alias"]?.stringValue ?? name
    version = json["metadata"]?["version"] ?? .string("N/A")
    self.members = try members.map { member in
      guard let text = member.stringValue ?? member["group"]?.stringValue ?? member["task"]?.stringValue else {
        throw TuneError.usage("\(origin): task: expected names of tasks")
      }
      return text
    }
    weights = Dictionary(
      members.compactMap { member in
        member["task"]?.stringValue.flatMap { name in member["weight"]?.doubleValue.map { (name, $0) } }
      }, uniquingKeysWith: { $1 })
    let list = json["aggregate_metric_list"]?.arrayValue ?? json["aggregate_metric_list"].map { [$0] } ?? []
    aggregates = try list.map { entry in
      guard let metric = entry["metric"]?.stringValue else {
        throw TuneError.usage("\(origin): aggregate_metric_list: an entry has no metric")
      }
      if let other = entry["aggregation"]?.stringValue, other != "mean" {
        throw TuneError.usage("\(origin): aggregate_metric_list: the aggregation '\(other)' is unknown; use mean")
      }
      let filters = entry["filter_list"].map {
        $0.stringValue.map { [$0] } ?? $0.arrayValue?.compactMap { $0.stringValue } ?? []
      }
      return Aggregate(metric: metric, weightBySize: entry["weight_by_size"]?.boolValue ?? true, filters: filters)
    }
  }

  /// The group's scores over the scores of its tasks.
  ///
  /// Source: `aggregate_subtask_metrics`, `pooled_sample_stderr` and `unweighted_mean_stderr` of lm-evaluation-harness.
  public func scores(
    _ tasks: [Part], aggregates: [Aggregate]? = nil
  ) -> [(score: TaskScore, sampleCount: Int)] {
    (aggregates ?? self.aggregates).flatMap { aggregate in
      if aggregate.metric == Self.benchmarkScore { return benchmarkScore(tasks).map { [$0] } ?? [] }
      let found = tasks.flatMap { $0.scores }.filter { $0.metric == aggregate.metric }
      let filters = aggregate.filters ?? Array(Set(found.map { $0.filter })).sorted()
      return filters.compactMap { filter in
        let parts = tasks.compactMap { task in
          task.scores.first { $0.metric == aggregate.metric && $0.filter == filter }.map {
            (score: $0, count: task.count)
          }
        }
        return Self.combined(parts, aggregate, filter)
      }
    }
  }

  /// A task's scores, with the number of documents that were asked.
  public typealias Part = (name: String, scores: [TaskScore], count: Int)

  /// The name of a score that no task has: GLUE's and SuperGLUE's.
  private static let benchmarkScore = "score"

  /// The mean over tasks of the mean of each one's metrics, as GLUE and SuperGLUE make their score; no standard error.
  ///
  /// Source: Wang et al., "GLUE", 2018; "SuperGLUE", 2019.
  private func benchmarkScore(_ tasks: [Part]) -> (score: TaskScore, sampleCount: Int)? {
    var sum = 0.0, total = 0.0
    for task in tasks where !task.scores.isEmpty {
      let weight = weights[task.name] ?? 1
      sum += weight * task.scores.reduce(0) { $0 + $1.value } / Double(task.scores.count)
      total += weight
    }
    guard total > 0 else { return nil }
    return (
      TaskScore(
        metric: Self.benchmarkScore, filter: "none", value: sum / total, standardError: nil, higherIsBetter: true),
      tasks.reduce(0) { $0 + $1.count }
    )
  }

  private static func combined(
    _ parts: [(score: TaskScore, count: Int)], _ aggregate: Aggregate, _ filter: String
  ) -> (score: TaskScore, sampleCount: Int)? {
    guard let first = parts.first else { return nil }
    let sizes = parts.map { Double($0.count) }, weights = aggregate.weightBySize ? sizes : parts.map { _ in 1 }
    let value = zip(parts, weights).reduce(0) { $0 + $1.0.score.value * $1.1 } / weights.reduce(0, +)
    let errors = parts.compactMap { $0.score.standardError }
    var error: Double?
    if errors.count == parts.count {
      let total = sizes.reduce(0, +)
      if aggregate.weightBySize {
        let pooled =
          zip(sizes, errors).reduce(0) { $0 + ($1.0 - 1) * $1.1 * $1.1 * $1.0 } / (total - Double(parts.count))
        error = (pooled / total).squareRoot()
      } else {
        error = errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(errors.count)
      }
    }
    return (
      TaskScore(
        metric: aggregate.metric, filter: filter, value: value, standardError: error,
        higherIsBetter: first.score.higherIsBetter), parts.reduce(0) { $0 + $1.count }
    )
  }
}
