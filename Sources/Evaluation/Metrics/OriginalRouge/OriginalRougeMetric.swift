/// A score of ROUGE-1.5.5 as a metric: the mean F-measure of the examples. Counts: precision, recall, F-measure.
public struct OriginalRougeMetric: SummedMetric {
  private let rouge: OriginalRouge

  public init(_ rouge: OriginalRouge) { self.rouge = rouge }

  public var name: String {
    switch rouge.kind {
    case .ngram(let order): "rouge155-\(order)"
    case .longestCommon: "rouge155-L"
    case .weightedCommon: "rougeW"
    case .skipBigram(_, let withUnigrams): withUnigrams ? "rougeSU" : "rougeS"
    }
  }

  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    var setting = ""
    switch rouge.kind {
    case .weightedCommon(let weight): setting = "|weight:\(weight)"
    case .skipBigram(let gap, _): setting = "|gap:\(gap.map { String($0) } ?? "any")"
    case .ngram, .longestCommon: break
    }
    return "\(name)\(setting)|nrefs:\(references.map { String($0) } ?? "var")|refs:\(rouge.references)"
      + "|stem:\(rouge.words == .stems ? "yes" : "no")|alpha:\(rouge.alpha)|like:ROUGE-1.5.5|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    let score = rouge.score(prediction: prediction, references: references).score
    return [score.precision, score.recall, score.fmeasure]
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    examples == 0 || counts.isEmpty ? 0 : counts[2] / Double(examples)
  }
}
