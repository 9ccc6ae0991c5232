import Foundation

/// BLEU as sacreBLEU 2.6.0 computes it. Scores run from 0 to 100.
///
/// Counts: length of the prediction, length of the closest reference, then for the orders 1...`maximumOrder` the
/// clipped matches, then as many totals. Source: Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine
/// Translation", 2002; Post, "A Call for Clarity in Reporting BLEU Scores", 2018.
public struct BLEU: SacreBLEUMetric {
  /// What stands in for a precision of an order without a match (Chen and Cherry, 2014).
  public enum Smoothing: Sendable, Equatable {
    case none
    /// Half, a quarter, … of one match: sacreBLEU's default.
    case exponential
    /// So much of one match.
    case floor(Double)
    /// So much is added to matches and totals of all orders but the first.
    case addK(Double)
  }

  /// The release of sacreBLEU whose numbers and texts these are; part of its signature.
  public static let referenceVersion = "2.6.0"

  public let tokenizer: any BLEUTokenizer
  public let lowercase: Bool
  public let smoothing: Smoothing
  /// The mean runs only over orders of which the prediction has an n-gram; meant for single sentences.
  public let effectiveOrder: Bool
  public let maximumOrder: Int
  /// Do not warn of predictions that look as if they were tokenized already.
  public let force: Bool

  /// - Precondition: `maximumOrder` is positive.
  public init(
    tokenizer: any BLEUTokenizer = Tokenizer13a(), lowercase: Bool = false, smoothing: Smoothing = .exponential,
    effectiveOrder: Bool = false, maximumOrder: Int = 4, force: Bool = false
  ) {
    precondition(maximumOrder > 0, "BLEU: maximumOrder is \(maximumOrder), must be positive")
    self.tokenizer = tokenizer
    self.lowercase = lowercase
    self.smoothing = smoothing
    self.effectiveOrder = effectiveOrder
    self.maximumOrder = maximumOrder
    self.force = force
  }

  public var name: String { "bleu" }
  public var maximum: Double { 100 }

  public func counts(prediction: String, references: [String]) -> [Double] {
    var table = WordTable()
    let hypothesis = tokens(of: prediction, &table)
    let references = references.map { tokens(of: $0, &table) }
    let matches = clippedMatches(of: hypothesis, in: references, maximumOrder: maximumOrder)
    let totals = (1...maximumOrder).map { ngramCount(hypothesis.count, order: $0) }
    let length = closestLength(to: hypothesis.count, among: references.map { $0.count })
    return ([hypothesis.count, length] + matches + totals).map { Double($0) }
  }

  public func score(_ counts: [Double], examples: Int) -> Double { result(counts).score }

  /// The score of one example with effective order, as sacreBLEU's `sentence_bleu`.
  public func exampleScore(_ counts: [Double]) -> Double { result(counts, effectiveOrder: true).score }

  /// The score of a corpus with all its parts.
  ///
  /// - Throws: `TuneError` when the lists differ in length.
  public func corpus(predictions: [String], references: [[String]]) throws -> BLEUScore {
    result(summed(try counts(predictions: predictions, references: references)))
  }

  /// The score of one prediction with all its parts; `effectiveOrder` should be on.
  public func sentence(prediction: String, references: [String]) -> BLEUScore {
    result(counts(prediction: prediction, references: references))
  }

  /// The score of summed counts with all its parts; no counts are those of an empty corpus.
  public func result(_ counts: [Double]) -> BLEUScore { result(counts, effectiveOrder: effectiveOrder) }

  /// A warning when a hundred or more predictions end in a period with a space before, as tokenized text does.
  public func warning(for predictions: [String]) -> String? {
    guard !force, predictions.lazy.filter({ $0.utf8.suffix(2).elementsEqual(" .".utf8) }).prefix(100).count == 100
    else { return nil }
    return "at least 100 predictions end in a tokenized period (' .'); BLEU expects text that is not tokenized"
  }

  private func tokens(of text: String, _ table: inout WordTable) -> [UInt32] {
    let scalars = PythonText.scalars(of: text)
    let cased = lowercase ? PythonText.lowercased(scalars) : scalars
    let tokens = tokenizer.tokenize(PythonText.strippedAtEnd(cased))
    return table.numbers(of: PythonText.words(of: tokens), in: tokens)
  }

  /// The reference length nearest to a length, the shorter of two; 0 without references.
  private func closestLength(to length: Int, among candidates: [Int]) -> Int {
    candidates.min { (abs($0 - length), $0) < (abs($1 - length), $1) } ?? 0
  }
}

// MARK: Score of counts

extension BLEU {
  private func result(_ counts: [Double], effectiveOrder: Bool) -> BLEUScore {
    let counts = counts.isEmpty ? [Double](repeating: 0, count: 2 + 2 * maximumOrder) : counts
    precondition(counts.count == 2 + 2 * maximumOrder, "BLEU: \(counts.count) counts for order \(maximumOrder)")
    var score = BLEUScore(
      score: 0, counts: Array(counts[2..<2 + maximumOrder]), totals: Array(counts[(2 + maximumOrder)...]),
      precisions: [Double](repeating: 0, count: maximumOrder),
      brevityPenalty: brevityPenalty(length: counts[0], reference: counts[1]),
      predictionLength: Int(counts[0]), referenceLength: Int(counts[1]))
    guard score.counts.contains(where: { $0 != 0 }) else { return score }
    let order = fillPrecisions(&score, effectiveOrder: effectiveOrder)
    let logarithms = score.precisions.prefix(order).reduce(0) { $0 + ($1 == 0 ? Self.logarithmOfZero : log($1)) }
    score.score = score.brevityPenalty * exp(logarithms / Double(order))
    return score
  }

  /// The logarithm that sacreBLEU gives to zero.
  private static let logarithmOfZero = -9_999_999_999.0

  private func brevityPenalty(length: Double, reference: Double) -> Double {
    guard length < reference else { return 1 }
    return length > 0 ? exp(1 - reference / length) : 0
  }

  /// Sets the smoothed precisions in percent, and counts and totals where smoothing adds to them; returns the number
  /// of orders that the mean runs over.
  private func fillPrecisions(_ score: inout BLEUScore, effectiveOrder: Bool) -> Int {
    var divisor = 1.0
    var order = maximumOrder
    for index in 0..<maximumOrder {
      if case .addK(let k) = smoothing, index > 0 {
        score.counts[index] += k
        score.totals[index] += k
      }
      let total = score.totals[index]
      guard total != 0 else { break }
      if effectiveOrder { order = index + 1 }
      if score.counts[index] != 0 {
        score.precisions[index] = 100 * score.counts[index] / total
      } else if smoothing == .exponential {
        divisor *= 2
        score.precisions[index] = 100 / (divisor * total)
      } else if case .floor(let share) = smoothing {
        score.precisions[index] = 100 * share / total
      }
    }
    return order
  }
}
