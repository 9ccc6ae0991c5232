/// The words of all predictions for each word of their references: 1 where lengths agree, 2 where answers are twice as long.
///
/// Counts: words of the prediction, words of the first reference.
public struct LengthRatio: SummedMetric {
  public init() {}

  public var name: String { "length_ratio" }
  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    "\(name)|nrefs:\(references.map { String($0) } ?? "var")|tok:none|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    [prediction, references.first ?? ""].map { Double(PythonText.split(Array($0.unicodeScalars)).count) }
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    counts.count == 2 && counts[1] > 0 ? counts[0] / counts[1] : 0
  }
}
