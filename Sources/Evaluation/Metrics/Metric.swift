import Basics

/// A comparison of predicted texts with reference texts: counts of every example and a score of the counts of many.
///
/// The texts are compared once: the score of a corpus, of one example and of a bootstrap resample come from the counts.
/// The idea is sacreBLEU's (Post, "A Call for Clarity in Reporting BLEU Scores", 2018).
public protocol Metric: Sendable {
  /// The name a user writes, such as "rougeL" or "bleu".
  var name: String { get }
  /// The score of a corpus that equals its references: 1 for ROUGE, 100 for BLEU.
  var maximum: Double { get }

  /// Everything that changes the number, such as "rougeL|stem:no|tune:0.1.0".
  ///
  /// - Parameter references: references of every example; nil when examples differ in it.
  func signature(references: Int?) -> String

  /// The sufficient statistics of one example, always the same number of them. Without references nothing matches.
  func counts(prediction: String, references: [String]) -> [Double]

  /// The score of a corpus from the counts of its examples; 0 for an empty corpus.
  func corpusScore(_ counts: [[Double]]) -> Double

  /// The score of a single example; differs from that of a corpus of one where a metric smooths single sentences.
  func exampleScore(_ counts: [Double]) -> Double
}

/// A metric whose score needs only the sum of the counts.
public protocol SummedMetric: Metric {
  /// The score of the summed counts of `examples` examples; 0 for no example.
  func score(_ counts: [Double], examples: Int) -> Double
}

extension SummedMetric {
  public func corpusScore(_ counts: [[Double]]) -> Double { score(summed(counts), examples: counts.count) }
  public func exampleScore(_ counts: [Double]) -> Double { score(counts, examples: 1) }
}

/// The version that signatures of metrics without a signature of their own carry.
let metricsVersion = "0.1.0"

extension Metric {
  /// The signature with one reference an example.
  public var signature: String { signature(references: 1) }

  /// The counts of every example, computed on several threads.
  ///
  /// - Parameters:
  ///   - predictions: one text an example.
  ///   - references: the references of each example; there may be different numbers of them.
  /// - Throws: `TuneError` when the two lists differ in length.
  public func counts(predictions: [String], references: [[String]]) throws -> [[Double]] {
    guard predictions.count == references.count else {
      throw TuneError.data(
        "\(name): \(predictions.count) predictions but references for \(references.count) examples; "
          + "give one list of references for every prediction")
    }
    var counts = [[Double]](repeating: [], count: predictions.count)
    counts.withUnsafeMutableBufferPointer { buffer in
      let base = buffer.baseAddress
      parallelRanges(predictions.count, grain: 8) { range in
        for index in range {
          base?[index] = self.counts(prediction: predictions[index], references: references[index])
        }
      }
    }
    return counts
  }
}

/// The number of references that all examples share, nil when they differ or there is no example.
public func sharedReferenceCount(_ references: [[String]]) -> Int? {
  guard let first = references.first?.count, references.allSatisfy({ $0.count == first }) else { return nil }
  return first
}

/// The sum of rows of equal length; empty for no row.
func summed(_ rows: [[Double]]) -> [Double] {
  guard var sum = rows.first else { return [] }
  for row in rows.dropFirst() {
    for column in sum.indices { sum[column] += row[column] }
  }
  return sum
}
