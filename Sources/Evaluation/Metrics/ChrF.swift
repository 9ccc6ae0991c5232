import Foundation

/// chrF, chrF+ and chrF++ as sacreBLEU 2.6.0 computes them: F-scores of n-grams of characters and of words. Scores run
/// from 0 to 100.
///
/// Counts: for each order of characters, then of words, the n-grams of the prediction (0 where the reference has none of
/// the order), those of the reference, and the clipped matches. Of several references the one with the highest score of
/// the example counts, the first of equals. Source: Popović, "chrF: character n-gram F-score for automatic MT
/// evaluation", 2015; "chrF++: words helping character n-grams", 2017.
public struct ChrF: SacreBLEUMetric {
  public let characterOrder: Int
  /// 0 for chrF, 2 for chrF++.
  public let wordOrder: Int
  /// How much more recall weighs than precision.
  public let beta: Int
  public let lowercase: Bool
  /// Whether white space is a character.
  public let keepsWhitespace: Bool
  /// Orders without n-grams count with a tiny score, as in chrF++.py and Moses, instead of not at all.
  public let epsilonSmoothing: Bool

  /// - Precondition: `characterOrder` is positive, the others are not negative.
  public init(
    characterOrder: Int = 6, wordOrder: Int = 0, beta: Int = 2, lowercase: Bool = false, keepsWhitespace: Bool = false,
    epsilonSmoothing: Bool = false
  ) {
    precondition(characterOrder > 0 && wordOrder >= 0 && beta >= 0, "chrF: orders and beta must not be negative")
    self.characterOrder = characterOrder
    self.wordOrder = wordOrder
    self.beta = beta
    self.lowercase = lowercase
    self.keepsWhitespace = keepsWhitespace
    self.epsilonSmoothing = epsilonSmoothing
  }

  public var name: String { "chrf" + String(repeating: "+", count: wordOrder) }
  public var maximum: Double { 100 }

  public var title: String { "chrF\(beta)" + String(repeating: "+", count: wordOrder) }

  public func signatureParts(references: Int?) -> [SignaturePart] {
    [
      .references(references), .init("case", "c", lowercase ? "lc" : "mixed"),
      .init("eff", "e", epsilonSmoothing ? "no" : "yes"), .init("nc", "nc", String(characterOrder)),
      .init("nw", "nw", String(wordOrder)), .init("space", "s", keepsWhitespace ? "yes" : "no"),
      .sacreBLEUVersion,
    ]
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    let prediction = Text(prediction, self)
    var best = [Double](repeating: 0, count: 3 * (characterOrder + wordOrder)), bestScore = -1.0
    for reference in references {
      let counts = counts(prediction, Text(reference, self))
      let score = score(counts, examples: 1)
      if score > bestScore { (best, bestScore) = (counts, score) }
    }
    return best
  }

  private func counts(_ prediction: Text, _ reference: Text) -> [Double] {
    var counts: [Double]
    if isBasic(prediction.characters), isBasic(reference.characters) {
      counts = triples(
        prediction.characters.map { $0.value }, reference.characters.map { $0.value }, maximumOrder: characterOrder)
    } else {
      var characters = Vocabulary<Unicode.Scalar>()
      counts = triples(
        characters.ids(of: prediction.characters), characters.ids(of: reference.characters),
        maximumOrder: characterOrder)
    }
    if wordOrder > 0 {
      var words = Vocabulary<ArraySlice<Unicode.Scalar>>()
      counts += triples(words.ids(of: prediction.words), words.ids(of: reference.words), maximumOrder: wordOrder)
    }
    return counts
  }

  /// Whether characters are numbers small enough as they are.
  private func isBasic(_ characters: [Unicode.Scalar]) -> Bool { characters.allSatisfy { $0.value < 0x3FF } }

  private func triples(_ prediction: [UInt32], _ reference: [UInt32], maximumOrder: Int) -> [Double] {
    let matches = clippedMatches(of: prediction, in: [reference], maximumOrder: maximumOrder)
    return (1...maximumOrder).flatMap { order in
      let available = ngramCount(reference.count, order: order)
      let own = available == 0 ? 0 : ngramCount(prediction.count, order: order)
      return [Double(own), Double(available), Double(matches[order - 1])]
    }
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    let tiny = 1e-16, factor = Double(beta * beta)
    var sum = 0.0, precision = 0.0, recall = 0.0, orders = 0.0
    for index in stride(from: 0, to: counts.count, by: 3) {
      let own = counts[index], available = counts[index + 1], matched = counts[index + 2]
      let p = own > 0 ? matched / own : tiny, r = available > 0 ? matched / available : tiny
      let divisor = factor * p + r
      sum += divisor > 0 ? (1 + factor) * p * r / divisor : tiny
      guard own > 0, available > 0 else { continue }
      (precision, recall, orders) = (precision + p, recall + r, orders + 1)
    }
    if epsilonSmoothing { return 100 * sum / Double(characterOrder + wordOrder) }
    guard orders > 0 else { return 0 }
    (precision, recall) = (precision / orders, recall / orders)
    guard precision + recall > 0 else { return 0 }
    return 100 * ((1 + factor) * precision * recall / (factor * precision + recall))
  }
}

/// The characters and words of a text as chrF compares them.
private struct Text {
  let characters: [Unicode.Scalar]
  let words: [ArraySlice<Unicode.Scalar>]

  init(_ text: String, _ metric: ChrF) {
    let scalars = PythonText.scalars(of: text)
    let cased = metric.lowercase ? PythonText.lowercased(scalars) : scalars
    characters = metric.keepsWhitespace ? cased : cased.filter { !PythonText.isWhitespace($0) }
    words = metric.wordOrder == 0 ? [] : PythonText.split(cased).flatMap { Self.cut($0) }
  }

  /// A word without the punctuation at its end, or else at its start, and that mark.
  private static func cut(_ word: ArraySlice<Unicode.Scalar>) -> [ArraySlice<Unicode.Scalar>] {
    guard word.count > 1, let first = word.first, let last = word.last else { return [word] }
    if isASCIIPunctuation(last) { return [word.dropLast(), word.suffix(1)] }
    return isASCIIPunctuation(first) ? [word.prefix(1), word.dropFirst()] : [word]
  }
}
