import Basics

extension Conformance {
  static let classificationKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "classification": { test in
      guard let predicted = try test.value("hypotheses").arrayValue, let rows = try test.value("references").arrayValue,
        predicted.count == rows.count
      else { throw TuneError.data("expected as many references as hypotheses") }
      return Labels(expected: rows.map { $0.arrayValue?.first ?? $0 }, predicted: predicted).scores
    }
  ]
}

/// scikit-learn's scores of labels, which are all texts or all whole numbers.
private struct Labels {
  private let labels: [JSON]
  private let classes: [ClassCounts]
  private let matrix: [[Int]]
  private let count: Int

  init(expected: [JSON], predicted: [JSON]) {
    var labels: [JSON] = []
    for label in expected + predicted where !labels.contains(label) { labels.append(label) }
    labels.sort { first, second in
      if let first = first.doubleValue, let second = second.doubleValue { return first < second }
      return (first.stringValue ?? "").unicodeScalars.lexicographicallyPrecedes(
        (second.stringValue ?? "").unicodeScalars)
    }
    var matrix = labels.map { _ in labels.map { _ in 0 } }
    for (first, second) in zip(expected, predicted) {
      guard let row = labels.firstIndex(of: first), let column = labels.firstIndex(of: second) else { continue }
      matrix[row][column] += 1
    }
    self.labels = labels
    self.matrix = matrix
    count = expected.count
    classes = labels.indices.map { label in
      ClassCounts(
        correct: matrix[label][label], predicted: matrix.reduce(0) { $0 + $1[label] },
        support: matrix[label].reduce(0, +))
    }
  }

  var scores: JSON {
    let accuracy = ClassificationScore.accuracy.value(of: classes)
    var object: JSONObject = [
      "accuracy": .number(accuracy), "balanced_accuracy": .number(balancedAccuracy),
      "mcc": .number(ClassificationScore.matthewsCorrelation.value(of: classes)), "labels": .array(labels),
      "macro": triple { values in mean(values.map { ($0.value, 1) }) },
      "weighted": triple { values in mean(values.map { ($0.value, Double($0.support)) }) },
      "micro": ["precision": .number(accuracy), "recall": .number(accuracy), "f1": .number(accuracy)],
      "confusion_matrix": .array(matrix.map { row in .array(row.map { .integer($0) }) }),
      "binary": binary,
    ]
    object["per_class"] = .array(
      zip(labels, classes).map { label, counts in
        [
          "label": label, "precision": .number(counts.precision), "recall": .number(counts.recall),
          "f1": .number(counts.f1), "support": .integer(counts.support),
        ]
      })
    if let kappa = kappa(accuracy) { object["cohen_kappa"] = .number(kappa) }
    return .object(object)
  }

  /// Precision, recall and F1, each averaged over the classes' values with their support.
  private func triple(_ average: ([(value: Double, support: Int)]) -> Double) -> JSON {
    func value(_ of: (ClassCounts) -> Double) -> JSON { .number(average(classes.map { (of($0), $0.support) })) }
    return ["precision": value { $0.precision }, "recall": value { $0.recall }, "f1": value { $0.f1 }]
  }

  private func mean(_ values: [(Double, Double)]) -> Double {
    let weight = values.reduce(0) { $0 + $1.1 }
    return weight == 0 ? 0 : values.reduce(0) { $0 + $1.0 * $1.1 } / weight
  }

  private var balancedAccuracy: Double {
    let found = classes.filter { $0.support > 0 }
    return found.isEmpty ? 0 : found.reduce(0) { $0 + $1.recall } / Double(found.count)
  }

  /// The class 1, for two classes or fewer.
  private var binary: JSON {
    let counts = labels.firstIndex { $0.intValue == 1 }.map { classes[$0] } ?? ClassCounts()
    return ["precision": .number(counts.precision), "recall": .number(counts.recall), "f1": .number(counts.f1)]
  }

  /// Cohen's kappa; nil where chance alone would be right throughout.
  private func kappa(_ accuracy: Double) -> Double? {
    let total = Double(count)
    let chance = classes.reduce(0) { $0 + Double($1.predicted) * Double($1.support) } / (total * total)
    return chance == 1 ? nil : 1 - (1 - accuracy) / (1 - chance)
  }
}
