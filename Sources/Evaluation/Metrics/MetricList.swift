import Basics
import Foundation

/// How the metrics are to be computed, where a metric leaves a choice.
public struct MetricOptions: Sendable {
  /// ROUGE compares Porter stems instead of words.
  public var usesStemmer = false
  /// BLEU as configured; the default is sacreBLEU's.
  public var bleu = BLEU()
  /// TER's words; the default is sacreBLEU's.
  public var tercom = TercomTokenizer()
  /// BLEU and chrF compare in lower case.
  public var lowercase = false
  /// Exact match and F1 of answers by the rules of SQuAD 1.1 or 2.0.
  public var squad = AnswerMatch.Version.squad1
  /// Error rates expand contractions and leave case out.
  public var standardizesWords = false
  /// ROUGE-W's weight.
  public var wlcsWeight = 1.2
  /// The most words between the two of ROUGE-S and -SU; nil for any number.
  public var skipGap: Int? = 4
  /// What the scores of ROUGE-1.5.5 make of several references.
  public var originalReferences = OriginalRouge.References.average
  /// Where METEOR looks for synonyms; nil for none. A folder that is not there is none, too.
  public var wordNetFolder: String? = WordNet.debianFolder

  public init() {}

  func original(_ kind: OriginalRouge.Kind) -> OriginalRougeMetric {
    OriginalRougeMetric(
      OriginalRouge(kind, references: originalReferences, words: usesStemmer ? .stems : .letters))
  }

  func meteor() throws -> METEOR {
    let folder = wordNetFolder.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    return METEOR(wordNet: try folder.map { try WordNet($0) })
  }
}

/// Every metric by name. A new metric is one file and one line here.
private let registered: [(name: String, make: @Sendable (MetricOptions) throws -> any Metric)] = [
  ("rouge1", { RougeMetric(.ngram(1), usesStemmer: $0.usesStemmer) }),
  ("rouge2", { RougeMetric(.ngram(2), usesStemmer: $0.usesStemmer) }),
  ("rouge3", { RougeMetric(.ngram(3), usesStemmer: $0.usesStemmer) }),
  ("rouge4", { RougeMetric(.ngram(4), usesStemmer: $0.usesStemmer) }),
  ("rougeL", { RougeMetric(.longestCommon, usesStemmer: $0.usesStemmer) }),
  ("rougeLsum", { RougeMetric(.longestCommonByLine, usesStemmer: $0.usesStemmer) }),
  ("rouge155-1", { $0.original(.ngram(1)) }),
  ("rouge155-2", { $0.original(.ngram(2)) }),
  ("rouge155-L", { $0.original(.longestCommon) }),
  ("rougeW", { $0.original(.weightedCommon(weight: $0.wlcsWeight)) }),
  ("rougeS", { $0.original(.skipBigram(gap: $0.skipGap, withUnigrams: false)) }),
  ("rougeSU", { $0.original(.skipBigram(gap: $0.skipGap, withUnigrams: true)) }),
  ("bleu", { $0.bleu }),
  ("chrf", { ChrF(lowercase: $0.lowercase) }),
  ("chrf++", { ChrF(wordOrder: 2, lowercase: $0.lowercase) }),
  ("ter", { TranslationEditRate(tokenizer: $0.tercom) }),
  ("meteor", { try $0.meteor() }),
  ("exact_match", { AnswerMetric(.exactMatch, version: $0.squad) }),
  ("token_f1", { AnswerMetric(.f1, version: $0.squad) }),
  ("accuracy", { _ in ClassificationMetric(.accuracy) }),
  ("macro_f1", { _ in ClassificationMetric(.macroF1) }),
  ("micro_f1", { _ in ClassificationMetric(.microF1) }),
  ("weighted_f1", { _ in ClassificationMetric(.weightedF1) }),
  ("matthews_correlation", { _ in ClassificationMetric(.matthewsCorrelation) }),
  ("pearson", { _ in Correlation(.pearson) }),
  ("spearman", { _ in Correlation(.spearman) }),
  ("wer", { ErrorRate(.wordError, standardizes: $0.standardizesWords) }),
  ("cer", { ErrorRate(.characterError, standardizes: $0.standardizesWords) }),
  ("mer", { ErrorRate(.matchError, standardizes: $0.standardizesWords) }),
  ("wil", { ErrorRate(.informationLost, standardizes: $0.standardizesWords) }),
  ("wip", { ErrorRate(.informationPreserved, standardizes: $0.standardizesWords) }),
  ("distinct1", { _ in DistinctNGrams(order: 1) }),
  ("distinct2", { _ in DistinctNGrams(order: 2) }),
  ("length_ratio", { _ in LengthRatio() }),
  ("copy_rate", { _ in SourceOverlap(.copyRate(order: 3)) }),
  ("novelty1", { _ in SourceOverlap(.novelty(order: 1)) }),
  ("novelty2", { _ in SourceOverlap(.novelty(order: 2)) }),
  ("compression", { _ in SourceOverlap(.compression) }),
]

/// The names that `metric(named:)` knows, in the order of the list; both kinds of ROUGE-N go up to 99.
public let metricNames: [String] = registered.map { $0.name }

/// Names that stand for several metrics.
public let metricGroups: [(name: String, metrics: [String])] = [
  ("rouge", ["rouge1", "rouge2", "rougeL", "rougeLsum"]), ("squad", ["exact_match", "token_f1"]),
  ("classification", ["accuracy", "macro_f1", "weighted_f1", "matthews_correlation"]),
]

/// The metric of a name.
///
/// - Throws: `TuneError.usage` for an unknown name, with the nearest known one; `TuneError.data` when the files of a
///   metric are damaged.
public func metric(named name: String, options: MetricOptions = MetricOptions()) throws -> any Metric {
  if let entry = registered.first(where: { $0.name == name }) { return try entry.make(options) }
  if case .ngram(let order) = RougeType(name: name) {
    return RougeMetric(.ngram(order), usesStemmer: options.usesStemmer)
  }
  if name.hasPrefix("rouge155-"), let order = RougeType.order(name.dropFirst(9)) {
    return options.original(.ngram(order))
  }
  throw unknownName(name, kind: "metric", known: metricGroups.map { $0.name } + metricNames)
}

/// The metrics of names, of which some may stand for several; each once.
///
/// - Throws: `TuneError.usage` for an unknown name, with the nearest known one.
public func metrics(named names: [String], options: MetricOptions = MetricOptions()) throws -> [any Metric] {
  var all: [String] = []
  for name in names {
    let parts = metricGroups.first { $0.name == name }?.metrics ?? [name]
    for part in parts where !all.contains(part) { all.append(part) }
  }
  return try all.map { try metric(named: $0, options: options) }
}

/// The error for a name that is not in a list.
///
/// - Parameter listing: what shows a list that is too long for a message; nil where the message has all of it.
func unknownName(_ name: String, kind: String, known: [String], listing: String? = nil) -> TuneError {
  let hint = nearest(name, among: known).map { "did you mean '\($0)'? " } ?? ""
  let all = listing.map { "\($0) lists them" } ?? "Known: \(known.joined(separator: ", "))"
  return .usage("there is no \(kind) '\(name)'; \(hint)\(all)")
}
