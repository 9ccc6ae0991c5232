import Basics

/// How the metrics are to be computed, where a metric leaves a choice.
public struct MetricOptions: Sendable {
  /// ROUGE compares Porter stems instead of words.
  public var usesStemmer = false
  /// BLEU as configured; the default is sacreBLEU's.
  public var bleu = BLEU()

  public init() {}
}

/// Every metric by name. A new metric is one file and one line here.
private let registered: [(name: String, make: @Sendable (MetricOptions) -> any Metric)] = [
  ("rouge1", { RougeMetric(.ngram(1), usesStemmer: $0.usesStemmer) }),
  ("rouge2", { RougeMetric(.ngram(2), usesStemmer: $0.usesStemmer) }),
  ("rouge3", { RougeMetric(.ngram(3), usesStemmer: $0.usesStemmer) }),
  ("rouge4", { RougeMetric(.ngram(4), usesStemmer: $0.usesStemmer) }),
  ("rougeL", { RougeMetric(.longestCommon, usesStemmer: $0.usesStemmer) }),
  ("rougeLsum", { RougeMetric(.longestCommonByLine, usesStemmer: $0.usesStemmer) }),
  ("bleu", { $0.bleu }),
  ("accuracy", { _ in ClassificationMetric(.accuracy) }),
  ("macro_f1", { _ in ClassificationMetric(.macroF1) }),
  ("micro_f1", { _ in ClassificationMetric(.microF1) }),
  ("weighted_f1", { _ in ClassificationMetric(.weightedF1) }),
  ("matthews_correlation", { _ in ClassificationMetric(.matthewsCorrelation) }),
]

/// The names that `metric(named:)` knows, in the order of the list.
public let metricNames: [String] = registered.map { $0.name }

/// The metric of a name.
///
/// - Throws: `TuneError.usage` for an unknown name, with the nearest known one.
public func metric(named name: String, options: MetricOptions = MetricOptions()) throws -> any Metric {
  if let entry = registered.first(where: { $0.name == name }) { return entry.make(options) }
  throw unknownName(name, kind: "metric", known: metricNames)
}

/// The error for a name that is not in a list.
func unknownName(_ name: String, kind: String, known: [String]) -> TuneError {
  let hint = nearest(name, among: known).map { "did you mean '\($0)'? " } ?? ""
  return .usage("there is no \(kind) '\(name)'; \(hint)Known: \(known.joined(separator: ", "))")
}
