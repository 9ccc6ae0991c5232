import Basics
import Datasets
import Evaluation

/// Which metrics `tune eval` computes: those that are asked for, or else those that fit the data.
struct MetricChoice {
  private static let rouge = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
  /// Micro F1 equals accuracy here.
  private static let classification = ["accuracy", "macro_f1", "weighted_f1", "matthews_correlation"]

  private let command: Tune.Eval
  private let gates: [Gate]

  init(_ command: Tune.Eval, _ gates: [Gate]) {
    self.command = command
    self.gates = gates
  }

  /// - Parameter isClassifier: the answers are names of classes, whatever the references are.
  func metrics(for prompts: [PromptExample], isClassifier: Bool) throws -> [any Metric] {
    var names = chosen
    if names.isEmpty {
      names = isClassifier || Self.areLabels(prompts.map { $0.reference ?? "" }) ? Self.classification : Self.rouge
    }
    for gate in gates where !names.contains(gate.metric) { names.append(gate.metric) }
    var options = MetricOptions()
    options.usesStemmer = command.useStemmer
    return try names.map { try metric(named: $0, options: options) }
  }

  private var chosen: [String] {
    let flags = [
      (command.accuracy, "accuracy"), (command.macroF1, "macro_f1"), (command.microF1, "micro_f1"),
      (command.weightedF1, "weighted_f1"), (command.matthewsCorrelation, "matthews_correlation"),
    ]
    return (command.rouge ? Self.rouge : []) + (command.bleu ? ["bleu"] : [])
      + flags.filter { $0.0 }.map { $0.1 }
  }

  /// Whether references name classes: at most 20 different ones of one line and 48 characters, each four times on average.
  static func areLabels(_ references: [String]) -> Bool {
    let isShort = references.allSatisfy { $0.unicodeScalars.count <= 48 && !$0.utf8.contains(UInt8(ascii: "\n")) }
    let different = Set(references.map { Array($0.utf8) }).count
    return isShort && (2...20).contains(different) && different * 4 <= references.count
  }
}
