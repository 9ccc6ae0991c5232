/// What a ROUGE score counts as common to two texts.
public enum RougeType: Sendable, Hashable {
  /// N-grams of one order from 1 to 99.
  case ngram(Int)
  /// A longest common subsequence of the whole texts.
  case longestCommon
  /// The union of longest common subsequences of each reference line with all lines of the prediction.
  case longestCommonByLine

  /// The type of a name such as "rouge2", "rougeL" or "rougeLsum"; nil for another name.
  public init?(name: String) {
    switch name {
    case "rougeL": self = .longestCommon
    case "rougeLsum": self = .longestCommonByLine
    default:
      guard name.hasPrefix("rouge"), let order = Self.order(name.dropFirst(5)) else { return nil }
      self = .ngram(order)
    }
  }

  /// The orders of n-grams: rouge_score stops at 9.
  static let orders = 1...99

  /// The order that digits without leading zeros say; nil for another text.
  static func order(_ digits: Substring) -> Int? {
    guard let order = Int(digits), orders.contains(order), digits == "\(order)" else { return nil }
    return order
  }

  public var name: String {
    switch self {
    case .ngram(let order): "rouge\(order)"
    case .longestCommon: "rougeL"
    case .longestCommonByLine: "rougeLsum"
    }
  }
}

/// The precision, recall and F-measure of one comparison, each from 0 to 1, or the means of several.
public struct RougeScore: Sendable, Equatable {
  public var precision: Double
  public var recall: Double
  public var fmeasure: Double

  /// Means are given one by one: a mean F-measure is not the F-measure of means.
  public init(precision: Double, recall: Double, fmeasure: Double) {
    self.precision = precision
    self.recall = recall
    self.fmeasure = fmeasure
  }

  /// The score of `hits` units common to a prediction and a reference of so many units.
  init(hits: Int, prediction: Int, reference: Int) {
    precision = Double(hits) / Double(max(prediction, 1))
    recall = Double(hits) / Double(max(reference, 1))
    fmeasure = hits > 0 ? 2 * precision * recall / (precision + recall) : 0
  }
}

/// ROUGE as rouge_score 0.1.2 (and with it Hugging Face `evaluate`) computes it.
///
/// Source: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004. Texts are not split into sentences:
/// "rougeLsum" takes lines.
public struct Rouge: Sendable {
  public let types: [RougeType]
  public let tokenizer: RougeTokenizer

  /// - Precondition: orders of n-grams are from 1 to 99.
  public init(_ types: [RougeType], usesStemmer: Bool = false) {
    for case .ngram(let order) in types { precondition(RougeType.orders.contains(order), "rouge\(order)") }
    self.types = types
    tokenizer = RougeTokenizer(usesStemmer: usesStemmer)
  }

  /// The scores of a prediction, one a type in the order of `types`.
  ///
  /// Of several references each type takes the one with the largest F-measure, the first of equals.
  public func scores(prediction: String, references: [String]) -> [RougeScore] {
    var table = WordTable()
    return scores(prediction: prediction, references: references, &table)
  }

  /// - Parameter table: words of earlier examples, which need not be stemmed again.
  func scores(prediction: String, references: [String], _ table: inout WordTable) -> [RougeScore] {
    table.startComparison()
    let keepsLines = types.contains(.longestCommonByLine)
    let prediction = tokenizer.text(prediction, &table, keepsLines: keepsLines)
    let lines = prediction.lines.map { CommonSubsequence(columns: $0) }
    var best = types.map { _ in RougeScore(hits: 0, prediction: 0, reference: 0) }
    for (number, reference) in references.enumerated() {
      let reference = tokenizer.text(reference, &table, keepsLines: keepsLines)
      let matches = ngramMatches(prediction, reference)
      for (index, type) in types.enumerated() {
        let score =
          switch type {
          case .ngram(let order):
            RougeScore(
              hits: matches[order - 1], prediction: ngramCount(prediction.tokens.count, order: order),
              reference: ngramCount(reference.tokens.count, order: order))
          case .longestCommon:
            RougeScore(
              hits: commonLength(prediction.tokens, reference.tokens, distinct: table.count),
              prediction: prediction.tokens.count,
              reference: reference.tokens.count)
          case .longestCommonByLine:
            RougeScore(
              hits: unionHits(prediction, lines, reference), prediction: prediction.tokens.count,
              reference: reference.tokens.count)
          }
        if number == 0 || score.fmeasure > best[index].fmeasure { best[index] = score }
      }
    }
    return best
  }

  public func scores(prediction: String, reference: String) -> [RougeScore] {
    scores(prediction: prediction, references: [reference])
  }

  private func ngramMatches(_ prediction: RougeText, _ reference: RougeText) -> [Int] {
    let orders = types.compactMap { if case .ngram(let order) = $0 { order } else { nil } }
    guard let maximum = orders.max() else { return [] }
    return clippedMatches(of: prediction.tokens, in: [reference.tokens], maximumOrder: maximum)
  }
}

/// ROUGE of one type as a metric: the mean F-measure of the examples. Counts: precision, recall, F-measure.
public struct RougeMetric: SummedMetric {
  public let type: RougeType
  private let rouge: Rouge

  public init(_ type: RougeType, usesStemmer: Bool = false) {
    self.type = type
    rouge = Rouge([type], usesStemmer: usesStemmer)
  }

  public var name: String { type.name }
  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    let count = references.map { String($0) } ?? "var"
    return "\(name)|nrefs:\(count)|stem:\(rouge.tokenizer.usesStemmer ? "yes" : "no")|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    Self.counts(rouge.scores(prediction: prediction, references: references)[0])
  }

  private static func counts(_ score: RougeScore) -> [Double] { [score.precision, score.recall, score.fmeasure] }

  /// The counts of several types for every example, whose texts are cut into words once for all.
  ///
  /// - Precondition: the metrics treat words alike, and there are as many predictions as lists of references.
  static func counts(_ metrics: [RougeMetric], predictions: [String], references: [[String]]) -> [[[Double]]] {
    let rouge = Rouge(metrics.map { $0.type }, usesStemmer: metrics.first?.usesStemmer ?? false)
    let scores = parallelMap(predictions.count, sharing: WordTable()) { index, table in
      rouge.scores(prediction: predictions[index], references: references[index], &table)
    }
    return metrics.indices.map { index in parallelMap(scores.count) { counts(scores[$0][index]) } }
  }

  var usesStemmer: Bool { rouge.tokenizer.usesStemmer }

  public func score(_ counts: [Double], examples: Int) -> Double { mean(counts, examples: examples).fmeasure }

  /// The mean precision, recall and F-measure.
  public func mean(_ counts: [Double], examples: Int) -> RougeScore {
    guard examples > 0, counts.count == 3 else { return RougeScore(hits: 0, prediction: 0, reference: 0) }
    let number = Double(examples)
    return RougeScore(precision: counts[0] / number, recall: counts[1] / number, fmeasure: counts[2] / number)
  }
}
