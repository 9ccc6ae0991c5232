/// TER as sacreBLEU 2.6.0 computes it: edits for each word of the reference, in percent. Lower is better; an answer that
/// has nothing of its reference may exceed 100.
///
/// Counts: the edits, the fewest of several references, and the average length of the references. Source: Snover et al.,
/// "A Study of Translation Edit Rate with Targeted Human Annotation", 2006.
public struct TranslationEditRate: SacreBLEUMetric {
  public let tokenizer: TercomTokenizer

  public init(tokenizer: TercomTokenizer = TercomTokenizer()) { self.tokenizer = tokenizer }

  public var name: String { "ter" }
  public var maximum: Double { 100 }
  public var lowerIsBetter: Bool { true }

  public var title: String { "TER" }

  public func signatureParts(references: Int?) -> [SignaturePart] {
    func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }
    return [
      .references(references), .init("case", "c", tokenizer.isCaseSensitive ? "mixed" : "lc"),
      .init("tok", "t", "tercom"), .init("norm", "nr", yes(tokenizer.isNormalized)),
      .init("punct", "pn", yes(!tokenizer.dropsPunctuation)), .init("asian", "as", yes(tokenizer.supportsAsian)),
      .sacreBLEUVersion,
    ]
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    guard !references.isEmpty else { return [0, 0] }
    var vocabulary = Vocabulary<ArraySlice<Unicode.Scalar>>()
    let words = vocabulary.ids(of: tokenizer.words(of: prediction))
    let references = references.map { vocabulary.ids(of: tokenizer.words(of: $0)) }
    let edits = references.map { ShiftSearch.edits(words, $0) }.min() ?? 0
    let length = references.reduce(0) { $0 + $1.count }
    return [Double(edits), Double(length) / Double(references.count)]
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    guard counts.count == 2 else { return 0 }
    if counts[1] > 0 { return 100 * (counts[0] / counts[1]) }
    return counts[0] > 0 ? 100 : 0
  }
}
