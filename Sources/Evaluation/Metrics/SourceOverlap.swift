/// What a prediction has of the text that it was made from, such as a summary of its article.
///
/// Words are compared in lower case. Source: Grusky et al., "Newsroom", 2018, for compression; See et al., "Get To The
/// Point", 2017, for novel n-grams.
public struct SourceOverlap: SourceMetric, SummedMetric {
  public enum Kind: Sendable, Hashable {
    /// The share of the prediction's words that stand in the source within a run of at least `order` words that both have.
    case copyRate(order: Int)
    /// The share of the prediction's n-grams that the source lacks.
    case novelty(order: Int)
    /// Words of the source for each word of the prediction.
    case compression
  }

  public let kind: Kind

  public init(_ kind: Kind) { self.kind = kind }

  public var name: String {
    switch kind {
    case .copyRate: "copy_rate"
    case .novelty(let order): "novelty\(order)"
    case .compression: "compression"
    }
  }

  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    if case .copyRate(let order) = kind { return "\(name)|n:\(order)|tok:none|case:lc|tune:\(metricsVersion)" }
    return "\(name)|tok:none|case:lc|tune:\(metricsVersion)"
  }

  /// Counts: the part and the whole.
  public func counts(prediction: String, references: [String], source: String) -> [Double] {
    var vocabulary = Vocabulary<ArraySlice<Unicode.Scalar>>()
    func words(_ text: String) -> [UInt32] {
      vocabulary.ids(of: PythonText.split(PythonText.lowercased(Array(text.unicodeScalars))))
    }
    let source = words(source), prediction = words(prediction)
    switch kind {
    case .compression: return [Double(source.count), Double(prediction.count)]
    case .novelty(let order):
      let known = inSource(prediction, source, order: order)
      return [Double(known.filter { !$0 }.count), Double(known.count)]
    case .copyRate(let order):
      var isCopied = [Bool](repeating: false, count: prediction.count)
      for (start, isKnown) in inSource(prediction, source, order: order).enumerated() where isKnown {
        for place in start..<start + order { isCopied[place] = true }
      }
      return [Double(isCopied.filter { $0 }.count), Double(prediction.count)]
    }
  }

  /// Whether the source has each n-gram of the prediction.
  private func inSource(_ prediction: [UInt32], _ source: [UInt32], order: Int) -> [Bool] {
    func grams(_ words: [UInt32]) -> [ArraySlice<UInt32>] {
      (0..<ngramCount(words.count, order: order)).map { words[$0..<$0 + order] }
    }
    let known = Set(grams(source))
    return grams(prediction).map { known.contains($0) }
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    counts.count == 2 && counts[1] > 0 ? counts[0] / counts[1] : 0
  }
}
