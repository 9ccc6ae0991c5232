import Basics
import Foundation

/// What one document gives to a metric.
enum SampleValue: Sendable, Equatable {
  case number(Double)
  /// The right and the predicted class.
  case classes(gold: Int, predicted: Int)
  /// A sum and its weight.
  case weighted(Double, Int)
  case texts(references: [String], prediction: String)
  case probabilities(gold: Int, [Double])

  /// As the harness writes it to its samples.
  var json: JSON {
    switch self {
    case .number(let value): .number(value)
    case .classes(let gold, let predicted): [.integer(gold), .integer(predicted)]
    case .weighted(let sum, let weight): [.number(sum), .integer(weight)]
    case .texts(let references, let prediction):
      [references.count == 1 ? .string(references[0]) : .array(references.map { .string($0) }), .string(prediction)]
    case .probabilities(let gold, let values): [.integer(gold), .array(values.map { .number($0) })]
    }
  }
}

/// How the values of all documents become a score: lm-evaluation-harness's aggregations by name.
enum Aggregation: String, Sendable, CaseIterable {
  case mean, median, nanmean, perplexity, bleu, chrf, ter, f1, bypass
  case weightedPerplexity = "weighted_perplexity"
  case bitsPerByte = "bits_per_byte"
  case matthewsCorrelation = "matthews_corrcoef"
  case chrfPlusPlus = "chrf++"
  case brierScore = "brier_score"
  /// The mean of the F1 of the first three classes, each against all others: CommitmentBank's.
  case threeClassF1 = "cb_multi_fi"

  init(name: String, task: String) throws {
    guard let found = Self(rawValue: name) else {
      let known = Self.allCases.map { $0.rawValue }
      let hint =
        nearest(name, among: known).map { "did you mean '\($0)'?" } ?? "known: \(known.joined(separator: ", "))"
      throw TuneError.usage("\(task): there is no aggregation '\(name)'; \(hint)")
    }
    self = found
  }

  func score(_ values: [SampleValue]) -> Double { score(count: values.count) { values[$0] } }

  /// The standard error; nil where the harness says "N/A".
  ///
  /// - Parameter iterations: bootstrap samples where there is no formula; 0 for none.
  func standardError(_ values: [SampleValue], iterations: Int) -> Double? {
    guard values.count > 1, iterations > 0 else { return nil }
    switch self {
    case .mean:
      let numbers = values.map { Self.number($0) }
      return Self.deviation(numbers) / Double(numbers.count).squareRoot()
    case .median, .nanmean, .perplexity, .f1, .matthewsCorrelation: return bootstrap(values, iterations)
    case .bleu, .chrf, .chrfPlusPlus, .ter: return bootstrap(values, min(iterations, 100))
    case .weightedPerplexity, .bitsPerByte, .brierScore, .bypass, .threeClassF1: return nil
    }
  }

  /// Chunks of at most 1,000 samples, each with Python's generator seeded by its number.
  private func bootstrap(_ values: [SampleValue], _ iterations: Int) -> Double {
    let chunk = min(1000, iterations), chunks = iterations / chunk
    var scores = [Double](repeating: 0, count: chunks * chunk)
    scores.withUnsafeMutableBufferPointer { buffer in
      let base = buffer.baseAddress
      parallelRanges(chunks) { range in
        for number in range {
          var random = PythonRandom(seed: UInt64(number))
          for sample in 0..<chunk {
            let drawn = values.indices.map { _ in random.choice(below: values.count) }
            base?[number * chunk + sample] = score(count: drawn.count) { values[drawn[$0]] }
          }
        }
      }
    }
    return Self.deviation(scores)
  }

  private func score(count: Int, _ value: (Int) -> SampleValue) -> Double {
    guard count > 0 else { return .nan }
    func numbers() -> [Double] { (0..<count).map { Self.number(value($0)) } }
    switch self {
    case .mean: return Self.mean(numbers())
    case .median: return numbers().sorted()[count / 2]
    case .nanmean:
      let known = numbers().filter { !$0.isNaN }
      return known.isEmpty ? .nan : Self.mean(known)
    case .perplexity: return exp(-Self.mean(numbers()))
    case .weightedPerplexity: return exp(-weightedMean(count, value))
    case .bitsPerByte: return -weightedMean(count, value) / log(2)
    case .bypass: return 999
    case .f1, .matthewsCorrelation, .threeClassF1: return classScore(count, value)
    case .brierScore: return brierScore(count, value)
    case .bleu: return textScore(BLEU(), count, value)
    case .chrf: return textScore(ChrF(), count, value)
    case .chrfPlusPlus: return textScore(ChrF(wordOrder: 2), count, value)
    case .ter: return textScore(TranslationEditRate(), count, value)
    }
  }

  private func weightedMean(_ count: Int, _ value: (Int) -> SampleValue) -> Double {
    var sum = 0.0, weight = 0
    for index in 0..<count {
      guard case .weighted(let part, let own) = value(index) else { continue }
      sum += part
      weight += own
    }
    return sum / Double(weight)
  }

  private func classScore(_ count: Int, _ value: (Int) -> SampleValue) -> Double {
    var classes: [Int: ClassCounts] = [:]
    for index in 0..<count {
      guard case .classes(let gold, let predicted) = value(index) else { continue }
      classes[gold, default: ClassCounts()].support += 1
      classes[predicted, default: ClassCounts()].predicted += 1
      if gold == predicted { classes[gold, default: ClassCounts()].correct += 1 }
    }
    switch self {
    case .matthewsCorrelation:
      return ClassificationScore.matthewsCorrelation.value(of: classes.sorted { $0.key < $1.key }.map { $0.value })
    case .threeClassF1: return (0..<3).reduce(0) { $0 + (classes[$1]?.f1 ?? 0) } / 3
    default: return classes[1]?.f1 ?? 0
    }
  }

  private func brierScore(_ count: Int, _ value: (Int) -> SampleValue) -> Double {
    var sum = 0.0
    for index in 0..<count {
      guard case .probabilities(let gold, let values) = value(index) else { continue }
      sum += values.enumerated().reduce(0) { sum, entry in
        let difference = entry.element - (entry.offset == gold ? 1 : 0)
        return sum + difference * difference
      }
    }
    return sum / Double(count)
  }

  private func textScore(_ metric: any Metric, _ count: Int, _ value: (Int) -> SampleValue) -> Double {
    metric.corpusScore(
      (0..<count).map { index in
        guard case .texts(let references, let prediction) = value(index) else {
          return metric.counts(prediction: "", references: [])
        }
        return metric.counts(prediction: prediction, references: references)
      })
  }

  static func number(_ value: SampleValue) -> Double {
    if case .number(let number) = value { return number }
    return .nan
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Of a sample: divided by one less than their number.
  static func deviation(_ values: [Double]) -> Double {
    let mean = mean(values)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }
}

/// One of a task's metrics.
struct TaskMetric: Sendable {
  let name: String
  let aggregation: Aggregation
  let higherIsBetter: Bool
  /// Of exact match: what is left out before texts are compared.
  let ignores: IgnoredText

  /// The harness's own aggregation and direction of each metric, and the kinds of tasks that have it.
  private static let defaults: [String: (Aggregation, Bool)] = [
    "acc": (.mean, true), "acc_norm": (.mean, true), "acc_bytes": (.mean, true), "acc_mutual_info": (.mean, true),
    "exact_match": (.mean, true), "perplexity": (.perplexity, false), "word_perplexity": (.weightedPerplexity, false),
    "byte_perplexity": (.weightedPerplexity, false), "bits_per_byte": (.bitsPerByte, false), "f1": (.f1, true),
    "mcc": (.matthewsCorrelation, true), "bleu": (.bleu, true), "chrf": (.chrf, true), "chrf++": (.chrfPlusPlus, true),
    "ter": (.ter, false), "brier_score": (.brierScore, false), "bypass": (.bypass, true),
  ]

  /// - Parameter isProcessed: results are made by a function of the task's own, which may give any metric.
  init(_ json: JSON, task: String, isProcessed: Bool) throws {
    guard let name = json["metric"]?.stringValue else {
      throw TuneError.usage("\(task): metric_list: an entry has no metric")
    }
    let known = Self.defaults[name]
    guard known != nil || isProcessed else {
      throw TuneError.usage(
        "\(task): there is no metric '\(name)' here; known: \(Self.defaults.keys.sorted().joined(separator: ", "))")
    }
    self.name = name
    aggregation =
      try json["aggregation"]?.stringValue.map { try Aggregation(name: $0, task: task) } ?? known?.0 ?? .mean
    higherIsBetter = json["higher_is_better"]?.boolValue ?? known?.1 ?? true
    ignores = try IgnoredText(json, task: task)
  }

  private init(name: String) {
    self.name = name
    (aggregation, higherIsBetter) = Self.defaults[name] ?? (.mean, true)
    ignores = IgnoredText()
  }

  /// Of tasks that name none.
  static func defaults(for type: OutputType) -> [TaskMetric] {
    switch type {
    case .logLikelihood: [TaskMetric(name: "perplexity"), TaskMetric(name: "acc")]
    case .rolling: ["word_perplexity", "byte_perplexity", "bits_per_byte"].map { TaskMetric(name: $0) }
    case .multipleChoice: [TaskMetric(name: "acc"), TaskMetric(name: "acc_norm")]
    case .generate: [TaskMetric(name: "exact_match")]
    }
  }
}

/// What exact match leaves out, as Hugging Face's `exact_match`.
struct IgnoredText: Sendable {
  private var patterns: [LinearPattern] = []
  private var ignoresCase = false
  private var ignoresPunctuation = false
  private var ignoresNumbers = false

  init() {}

  init(_ json: JSON, task: String) throws {
    patterns = try (json["regexes_to_ignore"]?.arrayValue ?? []).map {
      try compiled($0.stringValue ?? "", name: "\(task): regexes_to_ignore")
    }
    ignoresCase = json["ignore_case"]?.boolValue ?? false
    ignoresPunctuation = json["ignore_punctuation"]?.boolValue ?? false
    ignoresNumbers = json["ignore_numbers"]?.boolValue ?? false
  }

  func areEqual(_ first: String, _ second: String) -> Bool { remainder(first) == remainder(second) }

  private func remainder(_ text: String) -> [Unicode.Scalar] {
    var scalars = Array(patterns.reduce(text) { $1.replacing(with: "", in: $0) }.unicodeScalars)
    if ignoresCase { scalars = PythonText.lowercased(scalars) }
    if ignoresPunctuation { scalars.removeAll { isASCIIPunctuation($0) } }
    if ignoresNumbers { scalars.removeAll { ("0"..."9").contains($0) } }
    return scalars
  }
}
