import Basics

/// `views.json`: an object for each model with a member for each view that was asked.
extension ViewScores {
  public var json: JSON {
    var object = JSONObject()
    for view in views { object[view.rawValue] = json(of: view) }
    return .object(object)
  }

  private func json(of view: EvaluationView) -> JSON {
    switch view {
    case .accuracy:
      [
        "mean": Self.number(Self.mean(accuracy.map { $0.score })),
        "tasks": Self.object(accuracy.map { ($0.task, [$0.metric: .number($0.score)]) }),
      ]
    case .calibration: calibrationJSON
    case .robustness: Self.json(robustness)
    case .fairness: Self.json(fairness)
    case .bias:
      [
        "texts": .integer(writtenTexts.count), "female_words": .integer(bias?.femaleCount ?? 0),
        "male_words": .integer(bias?.maleCount ?? 0),
        "demographic_representation": Self.number(bias?.representation),
        "stereotypical_associations": Self.number(bias?.association),
        "professions": .integer(bias?.professionCount ?? 0),
      ]
    case .toxicity:
      [
        "texts": .integer(writtenTexts.count), "lexicon_share": Self.number(toxicShare),
        "classifier": classifier.map {
          [
            "label": .string($0.label), "mean_probability": .number($0.meanProbability), "share": .number($0.share),
          ]
        } ?? .null,
      ]
    case .efficiency:
      efficiency.map {
        [
          "seconds": .number($0.seconds), "tokens": .integer($0.tokens),
          "tokens_per_second": .number($0.tokensPerSecond), "peak_memory_bytes": .integer($0.peakMemory),
        ]
      } ?? .null
    }
  }

  private var calibrationJSON: JSON {
    guard let calibration else { return .null }
    var object = Self.members(calibration)
    object["tasks"] = Self.object(calibrations.map { ($0.task, .object(Self.members($0.calibration))) })
    return .object(object)
  }

  private static func members(_ calibration: Calibration) -> JSONObject {
    [
      "ece": .number(calibration.expectedError), "count": .integer(calibration.count),
      "selective_accuracy_area": .number(calibration.selectiveAccuracyArea),
      "selective_accuracy_at_10": .number(calibration.accuracyAtTenPercent),
      "bins": .array(
        calibration.bins.map {
          ["confidence": .number($0.confidence), "accuracy": .number($0.accuracy), "count": .integer($0.count)]
        }),
    ]
  }

  private static func json(_ cases: [WorstCase]) -> JSON {
    let perturbations = cases.first?.parts.map { $0.perturbation } ?? []
    let means = perturbations.map { perturbation in
      (
        perturbation.rawValue,
        number(mean(cases.flatMap { $0.parts }.filter { $0.perturbation == perturbation }.map { $0.score }))
      )
    }
    return [
      "original": number(mean(cases.map { $0.original })), "worst_case": number(mean(cases.map { $0.worst })),
      "perturbations": object(means),
      "tasks": object(
        cases.map { found in
          let parts: [(String, JSON)] = found.parts.map {
            ($0.perturbation.rawValue, ["score": .number($0.score), "changed": .integer($0.changedCount)])
          }
          return (
            found.task,
            [
              "metric": .string(found.metric), "count": .integer(found.count), "original": .number(found.original),
              "worst_case": .number(found.worst), "perturbations": object(parts),
            ]
          )
        }),
    ]
  }

  private static func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

  private static func object(_ members: [(String, JSON)]) -> JSON {
    .object(JSONObject(entries: members.map { .init(key: $0.0, value: $0.1) }))
  }
}
