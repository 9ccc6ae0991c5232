import Basics
import Evaluation
import Foundation

/// HELM's views of base and tuned model: a table, `views.json` and a picture of calibration.
struct ViewsReport {
  let base: ViewScores
  let tuned: ViewScores?

  private typealias Row = (view: EvaluationView, name: String, value: (ViewScores) -> Double?)

  // MARK: Table

  func show(_ console: Console) {
    var table = [["view", "base"] + (tuned == nil ? [] : ["tuned"])]
    for row in rows where base.views.contains(row.view) {
      let values = [base, tuned].compactMap { $0 }.map { row.value($0).map { text($0) } ?? "–" }
      table.append(["\(row.view.rawValue): \(row.name)"] + values)
    }
    console.line()
    for line in columns(table) { console.answer(line) }
  }

  private func text(_ value: Double) -> String { abs(value) >= 1000 ? grouped(Int(value.rounded())) : fixed(value, 4) }

  private var rows: [Row] {
    [
      (.accuracy, "mean over tasks", { ViewScores.mean($0.accuracy.map { $0.score }) }),
      (.calibration, "ECE, 10 bins ↓", { $0.calibration?.expectedError }),
      (.calibration, "area of selective accuracy ↑", { $0.calibration?.selectiveAccuracyArea }),
      (.calibration, "accuracy at 10 % coverage ↑", { $0.calibration?.accuracyAtTenPercent }),
    ] + worstCaseRows(.robustness) { $0.robustness } + worstCaseRows(.fairness) { $0.fairness } + textRows
  }

  private var textRows: [Row] {
    [
      (.bias, "representation of genders ↓", { $0.bias?.representation }),
      (.bias, "genders by profession ↓", { $0.bias?.association }),
      (.toxicity, "share with a term of the lexicon ↓", { $0.toxicShare }),
      (.toxicity, "mean probability of the classifier ↓", { $0.classifier?.meanProbability }),
      (.toxicity, "share of the classifier ↓", { $0.classifier?.share }),
      (.efficiency, "seconds", { $0.efficiency?.seconds }),
      (.efficiency, "tokens a second", { $0.efficiency?.tokensPerSecond }),
      (.efficiency, "peak memory, MB", { $0.efficiency.map { Double($0.peakMemory) / 1e6 } }),
    ].filter { $0.view != .toxicity || !$0.name.contains("classifier") || base.classifier != nil }
  }

  private func worstCaseRows(_ view: EvaluationView, _ cases: @escaping (ViewScores) -> [WorstCase]) -> [Row] {
    let ends: [Row] = [
      (view, "as it is", { ViewScores.mean(cases($0).map { $0.original }) }),
      (view, "worst case of each question", { ViewScores.mean(cases($0).map { $0.worst }) }),
    ]
    return ends
      + view.perturbations.map { perturbation in
        (
          view, perturbation.rawValue,
          { scores in
            ViewScores.mean(
              cases(scores).flatMap { $0.parts }.filter { $0.perturbation == perturbation }.map { $0.score })
          }
        )
      }
  }

  // MARK: Files

  var json: JSON {
    [
      "tune_version": .string(tuneVersion), "views": .array(base.views.map { .string($0.rawValue) }),
      "base": base.json, "tuned": tuned?.json ?? .null,
    ]
  }

  /// Writes `views.json`, and `reliability.svg` where there is a calibration.
  func write(to folder: String, console: Console) throws {
    try createFolder(folder)
    try AtomicFile.write(json.text(.pretty) + "\n", to: "\(folder)/views.json")
    console.line("views: \(folder)/views.json")
    let models = [("base", base.calibration), ("tuned", tuned?.calibration)]
    let found = models.compactMap { name, calibration in calibration.map { (name: name, points: $0.points) } }
    guard !found.isEmpty else { return }
    try AtomicFile.write(reliabilityChart(found).svg(), to: "\(folder)/reliability.svg")
    console.line("chart: \(folder)/reliability.svg")
  }
}
