import Foundation

/// METEOR as NLTK 3.10.4 computes it: words are matched as they are, by their stems, and by their meanings, and broken
/// order costs.
///
/// Counts: the score of the example, the best of several references. Source: Banerjee and Lavie, "METEOR: An Automatic
/// Metric for MT Evaluation with Improved Correlation with Human Judgments", 2005; `nltk.translate.meteor_score`.
public struct METEOR: SummedMetric {
  /// Weight of precision in the harmonic mean.
  public let alpha: Double
  /// How fast the penalty of broken order grows.
  public let beta: Double
  /// The largest penalty.
  public let gamma: Double
  /// Meanings; nil where words are matched by themselves and by stems alone.
  public let wordNet: WordNet?

  public init(alpha: Double = 0.9, beta: Double = 3, gamma: Double = 0.5, wordNet: WordNet? = nil) {
    self.alpha = alpha
    self.beta = beta
    self.gamma = gamma
    self.wordNet = wordNet
  }

  public var name: String { "meteor" }
  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    "meteor|nrefs:\(references.map { String($0) } ?? "var")|tok:13a|stem:porter|syn:\(wordNet == nil ? "no" : "wordnet-3.0")"
      + "|alpha:\(alpha)|beta:\(beta)|gamma:\(gamma)|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    let prediction = words(of: prediction)
    return [references.reduce(0) { max($0, score(prediction: prediction, reference: words(of: $1))) }]
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    examples == 0 || counts.isEmpty ? 0 : counts[0] / Double(examples)
  }

  private func words(of text: String) -> [String] {
    PythonText.split(Tokenizer13a().tokenize(Array(text.unicodeScalars))).map { PythonText.string($0) }
  }

  /// The score of words that were cut by the caller, from 0 to 1.
  public func score(prediction: [String], reference: [String]) -> Double {
    guard !prediction.isEmpty, !reference.isEmpty else { return 0 }
    let matches = matches(prediction.map { lowercased($0) }, reference.map { lowercased($0) })
    guard !matches.isEmpty else { return 0 }
    let count = Double(matches.count)
    let precision = count / Double(prediction.count), recall = count / Double(reference.count)
    let mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
    let breaks = zip(matches, matches.dropFirst()).filter { before, after in
      after.prediction != before.prediction + 1 || after.reference != before.reference + 1
    }
    let penalty = gamma * pow(Double(1 + breaks.count) / count, beta)
    return (1 - penalty) * mean
  }

  private func lowercased(_ word: String) -> String {
    PythonText.string(PythonText.lowercased(Array(word.unicodeScalars)))
  }

  private typealias Match = (prediction: Int, reference: Int)

  /// A word that has no match yet, and the place where it stands.
  private struct Open {
    let place: Int
    var word: String
  }

  /// The matches in the order of the prediction.
  private func matches(_ prediction: [String], _ reference: [String]) -> [Match] {
    var own = prediction.enumerated().map { Open(place: $0.offset, word: $0.element) }
    var other = reference.enumerated().map { Open(place: $0.offset, word: $0.element) }
    var matches = match(&own, &other) { [Array($0.utf8)] }
    // What is left keeps its stem: NLTK looks up the meanings of stems.
    for index in own.indices { own[index].word = PorterStemmer().stem(own[index].word) }
    for index in other.indices { other[index].word = PorterStemmer().stem(other[index].word) }
    matches += match(&own, &other) { [Array($0.utf8)] }
    matches += match(&own, &other) { word in
      guard let wordNet else { return [Array(word.utf8)] }
      return Set(wordNet.synonyms(of: word).map { Array($0.utf8) })
    }
    return matches.sorted { $0.prediction < $1.prediction }
  }

  /// Takes, for each word of the prediction from the last on, the last word of the reference that it may stand for.
  private func match(
    _ own: inout [Open], _ other: inout [Open], _ keys: (String) -> Set<[UInt8]>
  ) -> [Match] {
    var places: [[UInt8]: [Int]] = [:]
    for (index, open) in other.enumerated() { places[Array(open.word.utf8), default: []].append(index) }
    var matches: [Match] = []
    var takenOwn = Set<Int>(), takenOther = Set<Int>()
    for index in own.indices.reversed() {
      let last = keys(own[index].word).compactMap { key in places[key]?.last.map { (place: $0, key: key) } }
        .max { $0.place < $1.place }
      guard let last else { continue }
      places[last.key]?.removeLast()
      takenOwn.insert(index)
      takenOther.insert(last.place)
      matches.append((own[index].place, other[last.place].place))
    }
    own = own.indices.filter { !takenOwn.contains($0) }.map { own[$0] }
    other = other.indices.filter { !takenOther.contains($0) }.map { other[$0] }
    return matches
  }
}
