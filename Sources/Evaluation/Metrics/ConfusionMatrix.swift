import Basics

/// Which classes are taken for which.
public struct ConfusionMatrix: Sendable, Equatable {
  /// The classes of the references, by their scalars.
  public let labels: [String]
  /// Examples of the class of a row that were predicted to be of the class of a column; the last column counts
  /// predictions that are none of the labels.
  public private(set) var counts: [[Int]]

  /// Labels are compared as `ClassificationMetric` compares them.
  ///
  /// - Precondition: as many predictions as references.
  public init(references: [String], predictions: [String]) {
    precondition(references.count == predictions.count, "\(references.count) references for \(predictions.count)")
    let expected = references.map { Self.label($0) }, found = predictions.map { Self.label($0) }
    let labels = Set(expected).sorted { $0.lexicographicallyPrecedes($1) }
    let places = Dictionary(uniqueKeysWithValues: zip(labels, labels.indices))
    counts = labels.map { _ in [Int](repeating: 0, count: labels.count + 1) }
    for (expected, found) in zip(expected, found) {
      counts[places[expected] ?? 0][places[found] ?? labels.count] += 1
    }
    self.labels = labels.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func label(_ text: String) -> [UInt8] {
    Array(PythonText.string(PythonText.stripped(Array(text.unicodeScalars))).utf8)
  }

  /// The counts of each class, in the order of the labels.
  public var classes: [ClassCounts] {
    labels.indices.map { label in
      ClassCounts(
        correct: counts[label][label], predicted: counts.reduce(0) { $0 + $1[label] },
        support: counts[label].reduce(0, +))
    }
  }

  /// Predictions that are none of the labels.
  public var otherCount: Int { counts.reduce(0) { $0 + $1[labels.count] } }
}
