import Basics

/// Texts that name classes, compared as whole labels.
///
/// A label is a text without the white space around it; two are equal when their bytes are, so case counts. Of several
/// references the predicted one counts, else the first. Counts: the codes of the expected and of the predicted class.
public struct ClassificationMetric: Metric {
  private let scored: ClassificationScore

  public init(_ score: ClassificationScore) { scored = score }

  public var name: String { scored.rawValue }
  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    "\(name)|nrefs:\(references.map { String($0) } ?? "var")|case:mixed|zero_division:0|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    let predicted = Self.code(of: prediction), expected = references.map { Self.code(of: $0) }
    return [expected.contains(predicted) ? predicted : expected.first ?? Self.noClass, predicted]
  }

  /// 53 bits of a label's hash, which a number holds exactly: a thousand labels have the same one once in 10^10 times.
  private static func code(of label: String) -> Double {
    Double(stableHash(PythonText.string(PythonText.stripped(Array(label.unicodeScalars)))) >> 11)
  }

  /// Stands where there is no reference; no label has this code.
  private static let noClass = -1.0

  public func corpusScore(_ counts: [[Double]]) -> Double {
    var classes: [Double: ClassCounts] = [:]
    for row in counts {
      classes[row[0], default: ClassCounts()].support += 1
      classes[row[1], default: ClassCounts()].predicted += 1
      if row[0] == row[1] { classes[row[0], default: ClassCounts()].correct += 1 }
    }
    return scored.value(of: classes.sorted { $0.key < $1.key }.map { $0.value })
  }

  /// 1 for a right label, 0 for a wrong one.
  public func exampleScore(_ counts: [Double]) -> Double { counts[0] == counts[1] ? 1 : 0 }
}
