import Basics
import Datasets
import Evaluation

/// The scores of base and tuned model on the examples of one task.
struct TaskScores {
  let number: Int
  let name: String
  private let examples: Int
  private let scores: [(metric: any Metric, base: Double, tuned: Double?)]

  /// The tasks that have examples; none where there is one alone.
  ///
  /// - Parameters:
  ///   - base: the counts of each metric and example.
  ///   - tuned: the same; nil without a tuned model.
  static func all(
    _ metrics: [any Metric], _ prompts: [PromptExample], _ names: [String], base: [[[Double]]], tuned: [[[Double]]]?
  ) -> [TaskScores] {
    guard names.count > 1 else { return [] }
    let places = Dictionary(grouping: prompts.indices) { prompts[$0].task }
    return names.enumerated().compactMap { number, name in
      guard let own = places[number] else { return nil }
      let scores = metrics.enumerated().map { index, metric in
        (
          metric: metric, base: metric.corpusScore(own.map { base[index][$0] }),
          tuned: tuned.map { counts in metric.corpusScore(own.map { counts[index][$0] }) }
        )
      }
      return TaskScores(number: number, name: name, examples: own.count, scores: scores)
    }
  }

  /// A table of one metric: ROUGE-L, or else the first.
  static func show(_ tasks: [TaskScores], _ console: Console) {
    guard let scores = tasks.first?.scores else { return }
    let column = scores.firstIndex { $0.metric.name == "rougeL" } ?? 0
    let decimals = scores[column].metric.maximum > 1 ? 2 : 4
    var rows = [[scores[column].metric.name, "examples", "base"] + (scores[column].tuned == nil ? [] : ["tuned"])]
    for task in tasks.prefix(mostShown) {
      let values = [task.scores[column].base, task.scores[column].tuned].compactMap { $0 }
      rows.append([task.name, grouped(task.examples)] + values.map { fixed($0, decimals) })
    }
    console.line()
    for line in columns(rows) { console.answer(line) }
    if tasks.count > mostShown { console.answer("… and \(tasks.count - mostShown) more") }
    console.line()
  }

  /// So many tasks are shown; `scores.json` has all.
  private static let mostShown = 20

  var json: JSON {
    var object: JSONObject = ["examples": .integer(examples)]
    for score in scores {
      var entry: JSONObject = ["base": .number(score.base)]
      if let tuned = score.tuned { entry["tuned"] = .number(tuned) }
      object[score.metric.name] = .object(entry)
    }
    return .object(object)
  }
}
