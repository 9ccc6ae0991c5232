import Basics
import Datasets
import Evaluation

/// Which metrics `tune eval` computes: those that are asked for, or else those that fit the data.
struct MetricChoice {
  private let command: Tune.Eval

  init(_ command: Tune.Eval) { self.command = command }

  /// - Parameter isClassifier: the answers are names of classes, whatever the references are.
  func metrics(for prompts: [PromptExample], isClassifier: Bool) throws -> [any Metric] {
    var names = chosen
    if names.isEmpty {
      names = isClassifier || Self.areLabels(prompts.map { $0.reference ?? "" }) ? ["classification"] : ["rouge"]
    }
    return try Evaluation.metrics(
      named: names + command.gateOptions.gates.metricNames(), options: command.metricFlags.options)
  }

  private var chosen: [String] {
    get {
      let flags = [
        (command.rouge, "rouge"), (command.bleu, "bleu"), (command.accuracy, "accuracy"),
        (command.macroF1, "macro_f1"), (command.microF1, "micro_f1"), (command.weightedF1, "weighted_f1"),
        (command.matthewsCorrelation, "matthews_correlation"),
      ]
      let named = (command.metric ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      return flags.filter { $0.0 }.map { $0.1 } + named
    }
  }

  /// Whether references name classes: at most 20 different ones of one line and 48 characters, each four times on average.
  static func areLabels(_ references: [String]) -> Bool {
    let isShort = references.allSatisfy { $0.unicodeScalars.count <= 48 && !$0.utf8.contains(UInt8(ascii: "\n")) }
    let different = Set(references.map { Array($0.utf8) }).count
    return isShort && (2...20).contains(different) && different * 4 <= references.count
  }
}
