import Basics

/// A comparison of predicted texts with reference texts: counts of every example and a score of the counts of many.
///
/// The texts are compared once: the score of a corpus, of one example and of a bootstrap resample come from the counts.
/// The idea is sacreBLEU's (Post, "A Call for Clarity in Reporting BLEU Scores", 2018).
public protocol Metric: Sendable {
  /// The name a user writes, such as "rougeL" or "bleu".
  var name: String { get }
  /// What a whole is: 1 for ROUGE, 100 for BLEU. A corpus that equals its references has it, or no errors.
  var maximum: Double { get }
  /// Whether a lower score is the better one, as of error rates.
  var lowerIsBetter: Bool { get }

  /// Everything that changes the number, such as "rougeL|stem:no|tune:0.1.0".
  ///
  /// - Parameter references: references of every example; nil when examples differ in it.
  func signature(references: Int?) -> String

  /// - Throws: `TuneError.data` for texts that cannot be compared, such as words where numbers are needed.
  func check(prediction: String, references: [String]) throws

  /// The sufficient statistics of one example, always the same number of them where their sum is scored. Without
  /// references nothing matches.
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

/// A metric that compares predictions with what they were made from, too.
public protocol SourceMetric: Metric {
  /// - Parameter source: the prompt, or what a translation translates.
  func counts(prediction: String, references: [String], source: String) -> [Double]
}

extension SourceMetric {
  public func counts(prediction: String, references: [String]) -> [Double] {
    counts(prediction: prediction, references: references, source: "")
  }
}

/// The version that signatures of metrics without a signature of their own carry.
let metricsVersion = "0.1.0"

extension Metric {
  public var lowerIsBetter: Bool { false }

  /// The signature with one reference an example.
  public var signature: String { signature(references: 1) }

  public func check(prediction: String, references: [String]) throws {}

  /// The counts of every example, computed on several threads.
  ///
  /// - Parameters:
  ///   - predictions: one text an example.
  ///   - references: the references of each example; there may be different numbers of them.
  ///   - sources: what each prediction was made from; nil where it is not known.
  /// - Throws: `TuneError.data` when the lists differ in length, for texts that the metric cannot compare, and without
  ///   sources where the metric needs them.
  public func counts(
    predictions: [String], references: [[String]], sources: [String]? = nil
  ) throws -> [[Double]] {
    guard predictions.count == references.count else {
      throw TuneError.data(
        "\(name): \(predictions.count) predictions but references for \(references.count) examples; "
          + "give one list of references for every prediction")
    }
    for (index, prediction) in predictions.enumerated() {
      do {
        try check(prediction: prediction, references: references[index])
      } catch let error as TuneError {
        throw TuneError(error.kind, "example \(index + 1): \(error.message)")
      }
    }
    guard let metric = self as? any SourceMetric else {
      return parallelMap(predictions.count) { counts(prediction: predictions[$0], references: references[$0]) }
    }
    guard let sources, sources.count == predictions.count else {
      throw TuneError.data(
        "\(name): compares predictions with what they were made from, and \(sources?.count ?? 0) sources are known for "
          + "\(predictions.count) predictions; give each example its prompt")
    }
    return parallelMap(predictions.count) {
      metric.counts(prediction: predictions[$0], references: references[$0], source: sources[$0])
    }
  }
}

/// The counts of every example for each of several metrics, computed on several threads.
///
/// - Throws: as `Metric.counts(predictions:references:sources:)`.
public func counts(
  of metrics: [any Metric], predictions: [String], references: [[String]], sources: [String]? = nil
) throws -> [[[Double]]] {
  let rouge = metrics.compactMap { $0 as? RougeMetric }
  guard !rouge.isEmpty, predictions.count == references.count,
    rouge.allSatisfy({ $0.usesStemmer == rouge[0].usesStemmer })
  else { return try metrics.map { try $0.counts(predictions: predictions, references: references, sources: sources) } }
  var shared = RougeMetric.counts(rouge, predictions: predictions, references: references)[...]
  return try metrics.map { metric in
    metric is RougeMetric
      ? shared.removeFirst() : try metric.counts(predictions: predictions, references: references, sources: sources)
  }
}

/// What is computed of each example, on several threads.
func parallelMap<Item>(_ count: Int, _ item: @Sendable (Int) -> [Item]) -> [[Item]] {
  parallelMap(count, sharing: ()) { index, _ in item(index) }
}

/// What is computed of each example, on several threads, where the examples of a block share what they learn.
func parallelMap<Item, Shared>(
  _ count: Int, sharing start: Shared, _ item: (Int, inout Shared) -> [Item]
) -> [[Item]] {
  // Texts differ in length: a thread that is done takes the next block.
  let block = max(1, min(256, count / (8 * Threads.count)))
  var rows = [[Item]](repeating: [], count: count)
  rows.withUnsafeMutableBufferPointer { buffer in
    let base = buffer.baseAddress
    parallelFor((count + block - 1) / block) { number in
      var shared = start
      for index in block * number..<min(block * (number + 1), count) { base?[index] = item(index, &shared) }
    }
  }
  return rows
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
