import Basics
import Foundation

/// Finds the texts that are most like a query, by their words.
///
/// Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3.4, as Lucene
/// has it: the inverse document frequency stays positive, ln(1 + (N − n + 0.5) / (n + 0.5)), and the factor k₁ + 1, which
/// changes no order, is left out (Kamphuis et al., "Which BM25 Do You Mean?", 2020).
public struct BM25: Sendable {
  private let saturation: Double
  private let lengthWeight: Double
  private let meanLength: Double
  private let lengths: [Int]
  /// The texts that have a word, and how often.
  private let postings: [String: [(text: Int, count: Int)]]

  /// - Parameters:
  ///   - texts: what is searched.
  ///   - saturation: k₁, how soon more of a word counts for nothing.
  ///   - lengthWeight: b, how much long texts are held back, 0 to 1.
  public init(_ texts: [String], saturation: Double = 1.2, lengthWeight: Double = 0.75) {
    self.saturation = saturation
    self.lengthWeight = lengthWeight
    var lengths: [Int] = [], postings: [String: [(text: Int, count: Int)]] = [:]
    for (index, text) in texts.enumerated() {
      let words = Self.words(text)
      lengths.append(words.count)
      for (word, count) in Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +) {
        postings[word, default: []].append((index, count))
      }
    }
    self.lengths = lengths
    self.postings = postings
    meanLength = max(1, Double(lengths.reduce(0, +)) / Double(max(1, lengths.count)))
  }

  /// The places of the likest texts, the likest first; of equal ones the earlier. Texts without a common word come last.
  public func nearest(to query: String, count: Int) -> [Int] {
    let scores = scores(of: query)
    return scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(count).map { $0 }
  }

  /// How alike each text is; 0 without a common word.
  public func scores(of query: String) -> [Double] {
    var scores = [Double](repeating: 0, count: lengths.count)
    // Sorted, so that sums are the same in every run.
    for word in Set(Self.words(query)).sorted() {
      guard let found = postings[word] else { continue }
      let containing = Double(found.count)
      let rarity = log(1 + (Double(lengths.count) - containing + 0.5) / (containing + 0.5))
      for (text, count) in found {
        let length = 1 - lengthWeight + lengthWeight * Double(lengths[text]) / meanLength
        scores[text] += rarity * Double(count) / (Double(count) + saturation * length)
      }
    }
    return scores
  }

  private static func words(_ text: String) -> [String] { AnswerWords(text).lowercased }
}
