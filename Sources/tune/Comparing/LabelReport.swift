import Basics
import Evaluation

/// Precision, recall and F1 of each label and which labels are taken for which, of the base and the tuned model.
struct LabelReport {
  private let base: ConfusionMatrix
  private let tuned: ConfusionMatrix?

  /// References of more different texts name no labels.
  private static let mostLabels = 100
  /// The matrix of more labels is for files alone.
  private static let largestMatrix = 10

  /// - Returns: nil where the references are too many different texts.
  init?(references: [String], base: [String], tuned: [String]?) {
    guard Set(references.map { Array($0.utf8) }).count <= Self.mostLabels else { return nil }
    self.base = ConfusionMatrix(references: references, predictions: base)
    self.tuned = tuned.map { ConfusionMatrix(references: references, predictions: $0) }
  }

  /// Shows the labels of the tuned model, or of the base where it is alone.
  func show(_ console: Console) {
    let matrix = tuned ?? base
    let names = matrix.labels.map { shortened($0) }
    var rows = [[tuned == nil ? "label" : "label (tuned)", "precision", "recall", "f1", "support"]]
    for (name, counts) in zip(names, matrix.classes) {
      let shares = [counts.precision, counts.recall, counts.f1].map { fixed($0, 4) }
      rows.append([name] + shares + [grouped(counts.support)])
    }
    console.line()
    for line in columns(rows) { console.line(line) }
    guard matrix.labels.count <= Self.largestMatrix else { return }
    let hasOthers = matrix.otherCount > 0
    rows = [["expected ↓ predicted →"] + names + (hasOthers ? ["other"] : [])]
    for (name, counts) in zip(names, matrix.counts) {
      rows.append([name] + (hasOthers ? counts : counts.dropLast()).map { grouped($0) })
    }
    console.line()
    for line in columns(rows) { console.line(line) }
  }

  private func shortened(_ label: String) -> String {
    let line = label.split(whereSeparator: \.isNewline).first.map { String($0) } ?? ""
    return line.count > 24 ? "\(line.prefix(23))…" : line
  }

  /// The labels and each model's matrix; null for a model that is not there.
  var json: JSON {
    [
      "labels": .array(base.labels.map { .string($0) }), "base": describe(base),
      "tuned": tuned.map { describe($0) } ?? .null,
    ]
  }

  private func describe(_ matrix: ConfusionMatrix) -> JSON {
    [
      "confusion_matrix": .array(matrix.counts.map { row in .array(row.dropLast().map { .integer($0) }) }),
      "other": .array(matrix.counts.map { .integer($0.last ?? 0) }),
      "per_class": .array(
        zip(matrix.labels, matrix.classes).map { label, counts in
          [
            "label": .string(label), "precision": .number(counts.precision), "recall": .number(counts.recall),
            "f1": .number(counts.f1), "support": .integer(counts.support),
          ]
        }),
    ]
  }
}
